// What is true of a window, by the labels of its recording.
#pragma once
#include <optional>

#include "mote/data/dataset.h"

namespace mote {

// Runs of frames with the same label as ranges; frames without a label are in none.
std::vector<TimeRange> ranges_of_frames(const std::vector<std::string>& labels, double rate_hz);

// Without ranges: the label of the file. With ranges: that of the range which covers most of the window, if that is
// half of the window or the range lies inside whole; empty where no range touches the window; none where it is not
// clear, or nobody said: such windows are not judged by themselves.
std::optional<std::string> label_of_window(const std::string& file_label, const std::vector<TimeRange>& ranges,
                                           double begin_s, double end_s);

}  // namespace mote
