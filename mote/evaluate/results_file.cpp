#include "mote/evaluate/results_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "mote/data/lines.h"

namespace mote {
namespace {

constexpr std::string_view kScore = "score ";
constexpr size_t kFirstScore = 5;  // columns before it
constexpr std::string_view kClassColumns[] = {"file", "group", "begin_s", "label", "decided"};
constexpr std::string_view kNumberColumns[] = {"file", "group", "begin_s", "target", "predicted"};
constexpr std::string_view kSoundColumns[] = {"file", "group", "begin_s", "si_sdr_before", "si_sdr"};

Error unlike_results(const std::string& what) {
  return malformed(what + "; a file that mote test --save wrote is expected");
}

Status read_header(const std::vector<std::string_view>& fields, Results& results) {
  const auto are = [&](const auto& columns) {
    return std::equal(fields.begin(), fields.end(), std::begin(columns), std::end(columns));
  };
  results.is_sound = are(kSoundColumns);
  if (results.is_sound || are(kNumberColumns)) return {};
  if (fields.size() <= kFirstScore || !std::equal(std::begin(kClassColumns), std::end(kClassColumns), fields.begin()))
    return unlike_results("its first line names other columns than file,group,begin_s,label,decided,score ...");
  for (size_t i = kFirstScore; i < fields.size(); ++i) {
    if (!fields[i].starts_with(kScore)) return unlike_results(fmt::format("the column \"{}\" is no score", fields[i]));
    results.classes.emplace_back(fields[i].substr(kScore.size()));
  }
  return {};
}

Status read_numbers(const std::vector<std::string_view>& fields, size_t from, std::vector<float>& scores) {
  for (size_t i = from; i < fields.size(); ++i) {
    double score = 0;
    if (!parse_number(fields[i], false, score)) return unlike_results(fmt::format("\"{}\" is no number", fields[i]));
    scores.push_back(static_cast<float>(score));
  }
  return {};
}

Status read_window(const std::vector<std::string_view>& fields, Results& results) {
  const size_t columns = kFirstScore + results.classes.size();
  if (fields.size() != columns)
    return unlike_results(fmt::format("there are {} fields, of {} columns", fields.size(), columns));
  JudgedWindow window;
  window.file = fields[0], window.group = fields[1];
  if (!parse_number(fields[2], false, window.begin_s))
    return unlike_results(fmt::format("the begin \"{}\" is no number", fields[2]));
  const std::string_view truth = fields[3];
  if (results.is_regression()) {
    if (!truth.empty() && !parse_number(truth, false, window.target))
      return unlike_results(fmt::format("the target \"{}\" is no number", truth));
  } else if (!truth.empty()) {
    const auto at = std::find(results.classes.begin(), results.classes.end(), truth);
    if (at == results.classes.end()) return unlike_results(fmt::format("the label \"{}\" has no score", truth));
    window.label = static_cast<int32_t>(at - results.classes.begin());
  }
  results.windows.push_back(std::move(window));
  return read_numbers(fields, results.is_regression() ? 4 : kFirstScore, results.scores);
}

std::string name_of(const JudgedWindow& window) { return fmt::format("{} at {} s", window.file, window.begin_s); }

// Empty where nobody said.
std::string truth_of(const Results& results, const JudgedWindow& window) {
  if (results.is_regression()) return std::isnan(window.target) ? "" : fmt::format("{}", window.target);
  return window.label < 0 ? "" : results.classes[static_cast<size_t>(window.label)];
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none (a regression)" : text;
}

// Where b has the scores of each class of a.
Expected<std::vector<size_t>> match_classes(const Results& a, const Results& b) {
  if (a.is_regression() && b.is_regression() && a.is_sound == b.is_sound) return std::vector<size_t>{0};
  std::vector<size_t> columns;
  for (const std::string& name : a.classes)
    columns.push_back(static_cast<size_t>(std::find(b.classes.begin(), b.classes.end(), name) - b.classes.begin()));
  if (a.classes.size() == b.classes.size() &&
      std::all_of(columns.begin(), columns.end(), [&](size_t c) { return c < b.classes.size(); }))
    return columns;
  return malformed(
      fmt::format("one result has the classes {}; the other one {}; those of the same classes can be "
                  "compared",
                  join(a.classes), join(b.classes)));
}

}  // namespace

std::string write_results(const Results& results) {
  std::string text = results.is_sound          ? "file,group,begin_s,si_sdr_before,si_sdr"
                     : results.is_regression() ? "file,group,begin_s,target,predicted"
                                               : "file,group,begin_s,label,decided";
  for (const std::string& name : results.classes) text += "," + csv_field(std::string(kScore) + name);
  const std::vector<int32_t> decided = decide(results);
  for (size_t i = 0; i < results.windows.size(); ++i) {
    const JudgedWindow& window = results.windows[i];
    text += fmt::format("\n{},{},{},", csv_field(window.file), csv_field(window.group), window.begin_s);
    text += csv_field(truth_of(results, window));
    if (!results.is_regression()) text += "," + csv_field(results.classes[static_cast<size_t>(decided[i])]);
    for (float score : results.scores_of(i)) text += fmt::format(",{}", score);
  }
  return text + "\n";
}

Expected<Results> read_results(const std::filesystem::path& path) {
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) return Error{Code::io, "cannot be read; mote test --save FILE writes such a file", path.string()};
  LineReader lines(std::move(in));
  Results results;
  std::vector<std::string_view> fields;
  std::string_view line;
  std::string unquoted;
  for (bool first = true;; first = false) {
    auto more = lines.next(line);
    if (!more) return std::move(more.error()).at(path.string());
    if (!*more) break;
    auto status = split_fields(line, ',', fields, unquoted);
    if (status) status = first ? read_header(fields, results) : read_window(fields, results);
    if (!status) return std::move(status.error()).at(fmt::format("{}: line {}", path.string(), lines.number()));
  }
  if (results.windows.empty()) return unlike_results("holds no windows").at(path.string());
  return results;
}

Expected<Results> align(const Results& a, const Results& b) {
  MOTE_TRY(const std::vector<size_t> columns, match_classes(a, b));
  if (a.windows.size() != b.windows.size())
    return malformed(
        fmt::format("one result has {} windows, the other one {}; those of the same windows can be compared",
                    a.windows.size(), b.windows.size()));
  std::map<std::string, size_t> of_b;
  for (size_t i = 0; i < b.windows.size(); ++i) of_b[name_of(b.windows[i])] = i;
  Results aligned{a.classes, a.windows, {}, a.is_sound};
  for (JudgedWindow& window : aligned.windows) {
    const auto at = of_b.find(name_of(window));
    if (at == of_b.end())
      return malformed(
          fmt::format("only one result has the window {}; those of the same windows can be compared", name_of(window)));
    const JudgedWindow& other = b.windows[at->second];
    if (!a.is_sound && truth_of(a, window) != truth_of(b, other))
      return malformed(fmt::format("{}: one result says it is \"{}\", the other one \"{}\"", name_of(window),
                                   truth_of(a, window), truth_of(b, other)));
    window.target = other.target;  // of sound, over the time for which there is an output
    for (size_t column : columns) aligned.scores.push_back(b.scores_of(at->second)[column]);
  }
  return aligned;
}

}  // namespace mote
