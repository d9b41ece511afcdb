// Results as a file: a CSV that spreadsheets read, too. A line for each window:
//
//   file,group,begin_s,label,decided,score yes,score no      begin_s: seconds from the begin of the file
//   a.wav,anna,0,yes,yes,0.98828125,0.01171875               label: empty where nobody said
//
// and of a regression file,group,begin_s,target,predicted.
#pragma once
#include <filesystem>

#include "mote/compiler/base/expected.h"
#include "mote/evaluate/results.h"

namespace mote {

std::string write_results(const Results& results);

Expected<Results> read_results(const std::filesystem::path& path);

// `b` with its windows in the order of those of `a`, and its classes, too. Refuses results of other windows or classes,
// or windows of which they know other truths, and names the first one.
Expected<Results> align(const Results& a, const Results& b);

}  // namespace mote
