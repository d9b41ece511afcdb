#include "mote/evaluate/truth.h"

#include <algorithm>

namespace mote {

std::vector<TimeRange> ranges_of_frames(const std::vector<std::string>& labels, double rate_hz) {
  std::vector<TimeRange> ranges;
  for (size_t begin = 0, end = 0; begin < labels.size(); begin = end) {
    while (end < labels.size() && labels[end] == labels[begin]) ++end;
    if (!labels[begin].empty())
      ranges.push_back({static_cast<double>(begin) / rate_hz, static_cast<double>(end) / rate_hz, labels[begin]});
  }
  return ranges;
}

std::optional<std::string> label_of_window(const std::string& file_label, const std::vector<TimeRange>& ranges,
                                           double begin_s, double end_s) {
  if (ranges.empty()) return file_label.empty() ? std::nullopt : std::optional(file_label);
  const TimeRange* best = nullptr;
  double most = 0;
  bool touched = false;
  for (const TimeRange& range : ranges) {
    if (range.begin_s >= end_s || (range.end_s <= begin_s && range.begin_s < begin_s)) continue;
    touched = true;
    const double covered = std::min(range.end_s, end_s) - std::max(range.begin_s, begin_s);
    const bool counts = covered >= (end_s - begin_s) / 2 || (range.begin_s >= begin_s && range.end_s <= end_s);
    if (counts && (!best || covered > most)) best = &range, most = covered;
  }
  if (best) return best->label;
  return touched ? std::nullopt : std::optional(std::string());
}

}  // namespace mote
