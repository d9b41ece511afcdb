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

}  // namespace mote
