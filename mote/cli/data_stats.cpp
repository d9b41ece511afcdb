// mote data stats: labels, durations and values.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mote/cli/data_verb.h"
#include "mote/data/check.h"

namespace mote {
namespace {

std::string minutes(double seconds) {
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  return seconds < 7200 ? fmt::format("{:.3g} min", seconds / 60) : fmt::format("{:.3g} h", seconds / 3600);
}

struct LabelStats {
  size_t files = 0;
  double seconds = 0;
  std::map<std::string, size_t> in_split;  // files
};

// Seconds of each label: of the whole file, of its ranges, or of its frames.
std::map<std::string, LabelStats> count_labels(const Dataset& d, const std::vector<Scan>& scans) {
  std::map<std::string, LabelStats> stats;
  auto add = [&](const std::string& label, const Item& item, double seconds) {
    LabelStats& s = stats[label];
    ++s.files, ++s.in_split[item.split];
    s.seconds += seconds;
  };
  for (size_t i = 0; i < scans.size(); ++i) {
    const Item& item = d.items[i];
    std::map<std::string, double> of_file;
    for (const TimeRange& r : item.ranges) of_file[r.label] += r.end_s - r.begin_s;
    if (item.label.empty())
      for (const auto& [label, frames] : scans[i].label_frames)
        of_file[label] += scans[i].duration_s * static_cast<double>(frames) /
                          static_cast<double>(std::max<int64_t>(scans[i].frames, 1));
    if (of_file.empty()) of_file[item.label] = scans[i].duration_s;
    for (const auto& [label, seconds] : of_file) add(label, item, seconds);
  }
  return stats;
}

// Over all files with the same axes as the usual one, each frame counting the same.
std::vector<AxisStats> pool_axes(const std::vector<Scan>& scans, const Sensor& usual) {
  std::vector<AxisStats> pooled(usual.axes.size(), AxisStats{INFINITY, -INFINITY, 0, 0});
  std::vector<double> squares(usual.axes.size());
  double frames = 0;
  for (const Scan& s : scans) {
    if (s.frames == 0 || !std::equal(s.sensor.axes.begin(), s.sensor.axes.end(), usual.axes.begin(), usual.axes.end()))
      continue;
    const auto n = static_cast<double>(s.frames);
    frames += n;
    for (size_t a = 0; a < pooled.size(); ++a) {
      pooled[a].min = std::min(pooled[a].min, s.axes[a].min), pooled[a].max = std::max(pooled[a].max, s.axes[a].max);
      const double off = s.axes[a].mean - pooled[a].mean;
      pooled[a].mean += off * n / frames;
      squares[a] += n * s.axes[a].deviation * s.axes[a].deviation + off * off * n * (frames - n) / frames;
    }
  }
  for (size_t a = 0; a < pooled.size(); ++a) pooled[a].deviation = frames > 0 ? std::sqrt(squares[a] / frames) : 0;
  return pooled;
}

void print_stats(const Dataset& d, const DataVerb& verb, const std::vector<Scan>& scans,
                 const std::map<std::string, LabelStats>& labels, const Sensor& usual,
                 const std::vector<AxisStats>& axes) {
  fmt::print("{}\n\n", about(d, verb.path));
  std::set<std::string> splits, groups;
  for (const Item& item : d.items) splits.insert(item.split), groups.insert(item.group);
  std::vector<std::vector<std::string>> rows{{"label", "files"}};
  for (const std::string& s : splits) rows[0].push_back(shown(s, "no split"));
  const bool timed = !scans[0].is_picture;
  if (timed) rows[0].push_back("time");
  for (const auto& [label, stats] : labels) {
    rows.push_back({shown(label, "no label"), std::to_string(stats.files)});
    for (const std::string& s : splits)
      rows.back().push_back(std::to_string(stats.in_split.count(s) ? stats.in_split.at(s) : 0));
    if (timed) rows.back().push_back(stats.seconds > 0 ? minutes(stats.seconds) : "not known");
  }
  print_table(rows);
  if (!d.group_column.empty()) fmt::print("\n{} groups ({})\n", groups.size(), d.group_column);
  if (!timed) return;
  double shortest = INFINITY, longest = 0, all = 0;
  int64_t frames = 0;
  for (const Scan& s : scans)
    shortest = std::min(shortest, s.duration_s), longest = std::max(longest, s.duration_s), all += s.duration_s,
    frames += s.frames;
  fmt::print("\n{}\n", describe(usual));
  if (all > 0) fmt::print("{} in all, files of {} to {}; ", minutes(all), minutes(shortest), minutes(longest));
  fmt::print("{} frames\n\n", frames);
  rows = {{"axis", "unit", "min", "max", "mean", "deviation"}};
  for (size_t a = 0; a < axes.size(); ++a)
    rows.push_back({usual.axes[a].name, usual.axes[a].unit, fmt::format("{:.5g}", axes[a].min),
                    fmt::format("{:.5g}", axes[a].max), fmt::format("{:.5g}", axes[a].mean),
                    fmt::format("{:.5g}", axes[a].deviation)});
  print_table(rows);
}

// A file that cannot be read ends a verb that is about values.
Status all_read(const std::vector<Scan>& scans) {
  for (const Scan& s : scans)
    if (s.content.empty()) return Error{Code::malformed, s.faults[0].what, s.file};
  return {};
}

}  // namespace

Expected<int> run_data_stats(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open_data_of(verb));
  const std::vector<Scan> scans = scan_items(d, verb, false);
  MOTE_TRY_STATUS(all_read(scans));
  const auto labels = count_labels(d, scans);
  const Sensor usual = usual_sensor(scans);
  const std::vector<AxisStats> axes = pool_axes(scans, usual);
  if (!json) {
    print_stats(d, verb, scans, labels, usual, axes);
    return 0;
  }
  Json j = about_json(d, verb.path);
  j["labels"] = Json::object();
  for (const auto& [label, s] : labels)
    j["labels"][label] = {{"files", s.files}, {"seconds", s.seconds}, {"splits", s.in_split}};
  j["sensor"] = to_json(usual);
  for (size_t a = 0; a < axes.size(); ++a) {
    Json& axis = j["sensor"]["axes"][a];
    axis["min"] = axes[a].min, axis["max"] = axes[a].max, axis["mean"] = axes[a].mean,
    axis["deviation"] = axes[a].deviation;
  }
  for (const Scan& s : scans) {
    Json item{{"file", s.file}};
    if (s.is_picture) item.update({{"width", s.width}, {"height", s.height}, {"channels", s.channels}});
    else item.update({{"frames", s.frames}, {"seconds", s.duration_s}, {"rate_hz", s.sensor.rate_hz}});
    j["items"].push_back(std::move(item));
  }
  fmt::print("{}", dump(j));
  return 0;
}

}  // namespace mote
