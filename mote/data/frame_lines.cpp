#include "mote/data/frame_lines.h"

#include <algorithm>
#include <cmath>

#include "mote/data/lines.h"

namespace mote {
namespace {

constexpr size_t kLongestLine = 1 << 16, kMostAxes = 4096;

bool is_delimiter(char c) { return c == ',' || c == ';' || c == '\t' || c == ' '; }

// The words between delimiters; several blanks are one.
std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = static_cast<size_t>(
        std::find_if(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), is_delimiter) - line.begin());
    const std::string_view word = trim(line.substr(at, end - at));
    const bool is_blank = end < line.size() && line[end] != ',' && line[end] != ';';
    if (!word.empty() || !(is_blank || end == line.size())) words.push_back(word);
    at = end + 1;
  }
  return words;
}

bool is_name(std::string_view word) {
  return !word.empty() && std::isalpha(static_cast<unsigned char>(word[0])) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}

}  // namespace

void FrameLines::take(std::string_view text, double time_s) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    rest_ += text.substr(0, end);
    if (end == text.npos) {
      if (rest_.size() > kLongestLine) rest_.clear(), drop_line_ = true, ++damaged_;
      return;
    }
    text.remove_prefix(end + 1);
    take_line(rest_, time_s);
    rest_.clear();
  }
}

void FrameLines::finish() {
  if (!rest_.empty()) take_line(rest_, last_s_);
  rest_.clear();
}

void FrameLines::take_line(std::string_view line, double time_s) {
  if (drop_line_) {
    drop_line_ = false;
    return;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::vector<std::string_view> words = split_words(line);
  if (words.empty()) return;
  fields_.clear();
  for (std::string_view word : words) {
    double value = 0;
    if (parse_number(word, false, value) && std::isfinite(value)) fields_.push_back(static_cast<float>(value));
  }
  if (fields_.size() == words.size() && words.size() <= kMostAxes) return take_frame(time_s);
  const bool are_names = frames() == 0 && first_.empty() && std::all_of(words.begin(), words.end(), is_name) &&
                         (axes_ == 0 || axes_ == words.size());
  if (are_names) names_.assign(words.begin(), words.end());
  else if (fields_.empty()) ++text_;
  else ++damaged_, ++n_;
}

void FrameLines::take_frame(double time_s) {
  if (axes_ == 0 && first_.empty()) {  // how many there are is known when a second line has as many
    first_ = fields_, begin_s_ = last_s_ = time_s;
    return;
  }
  if (axes_ == 0 && first_.size() != fields_.size()) {
    first_ = fields_, begin_s_ = last_s_ = time_s, ++damaged_;
    return;
  }
  auto add = [&](const std::vector<float>& frame, double at_s) {
    if (values_.empty()) begin_s_ = at_s;
    values_.insert(values_.end(), frame.begin(), frame.end());
    arrivals_.push_back({at_s, static_cast<int64_t>(n_)});
    const double t = at_s - begin_s_, k = n_++;
    last_s_ = at_s, t_ += t, tt_ += t * t, k_ += k, tk_ += t * k;
  };
  if (axes_ == 0) {
    axes_ = fields_.size();
    if (names_.size() != axes_) names_.clear();
    add(first_, begin_s_);
  }
  if (fields_.size() == axes_) return add(fields_, time_s);
  ++damaged_, ++n_;
}

double FrameLines::rate_hz() const {
  const auto n = static_cast<double>(frames());
  if (n < 10 || last_s_ - begin_s_ < 0.5) return 0;
  return (tk_ - t_ * k_ / n) / (tt_ - t_ * t_ / n);
}

// Frames that came after a pause that may be a stall.
std::vector<size_t> FrameLines::find_pauses() const {
  constexpr double kShortest = 0.1, kTimesUsual = 4;
  constexpr size_t kFewest = 20;
  std::vector<double> pauses;
  auto pause_before = [&](size_t i) { return arrivals_[i].time_s - arrivals_[i - 1].time_s; };
  for (size_t i = 1; i < arrivals_.size(); ++i)
    if (pause_before(i) > 0) pauses.push_back(pause_before(i));
  if (pauses.size() < kFewest) return {};
  const auto usual = pauses.begin() + static_cast<std::ptrdiff_t>(pauses.size() * 19 / 20);
  std::nth_element(pauses.begin(), usual, pauses.end());
  const double least = std::max(kShortest, kTimesUsual * *usual);
  std::vector<size_t> found;
  for (size_t i = 1; i < arrivals_.size(); ++i)
    if (pause_before(i) > least) found.push_back(i);
  return found;
}

// The common slope of the lines through what came between pauses, with the least squares; without what may have come
// late at once: twice the frames of the pause.
double FrameLines::rate_between(const std::vector<size_t>& pauses) const {
  double tt = 0, tk = 0;
  for (size_t p = 0; p <= pauses.size(); ++p) {
    const size_t end = p < pauses.size() ? pauses[p] : arrivals_.size();
    size_t begin = 0;
    if (p > 0) {
      const size_t pause = pauses[p - 1];
      begin = pause + static_cast<size_t>(2 * rate_hz() * (arrivals_[pause].time_s - arrivals_[pause - 1].time_s));
    }
    if (begin >= end) continue;
    double t_mean = 0, k_mean = 0;
    const auto n = static_cast<double>(end - begin);
    for (size_t i = begin; i < end; ++i)
      t_mean += arrivals_[i].time_s / n, k_mean += static_cast<double>(arrivals_[i].step) / n;
    for (size_t i = begin; i < end; ++i) {
      const double t = arrivals_[i].time_s - t_mean;
      tt += t * t, tk += t * (static_cast<double>(arrivals_[i].step) - k_mean);
    }
  }
  return tt > 0 ? tk / tt : 0;
}

// Steps by which all is later from there on. The frames that were delivered soonest tell.
int64_t FrameLines::lost_at(size_t pause, double rate_hz) const {
  constexpr size_t kNear = 200;
  auto soonest = [&](size_t begin, size_t end) {
    double least = INFINITY;
    for (size_t i = begin; i < end; ++i)
      least = std::min(least, arrivals_[i].time_s - static_cast<double>(arrivals_[i].step) / rate_hz);
    return least;
  };
  const double late =
      soonest(pause, std::min(pause + kNear, arrivals_.size())) - soonest(pause - std::min(pause, kNear), pause);
  return std::max<int64_t>(0, std::llround(late * rate_hz));
}

FrameLines::Timing FrameLines::timing() const {
  Timing timing;
  for (const Arrival& a : arrivals_) timing.steps.push_back(a.step);
  const std::vector<size_t> pauses = find_pauses();
  const double rate = pauses.empty() || rate_hz() == 0 ? 0 : rate_between(pauses);
  if (!(rate > 0)) return timing;
  timing.rate_hz = rate;
  for (size_t pause : pauses) {
    const int64_t lost = lost_at(pause, rate);
    for (size_t i = pause; i < timing.steps.size(); ++i) timing.steps[i] += lost;
    timing.stalls += lost > 0, timing.lost += lost;
  }
  return timing;
}

}  // namespace mote
