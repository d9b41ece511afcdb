// One pass over a recording or a picture: what it holds, what is wrong with it, and what tells it from others.
#pragma once
#include <functional>
#include <map>

#include "mote/data/dataset.h"
#include "mote/data/fingerprint.h"
#include "mote/data/samples.h"

namespace mote {

// A fault of the data, for people. Errors make a data set unfit to learn from; of warnings its owner has to know.
struct Fault {
  enum Level { warning, error } level = warning;
  std::string file;    // empty: of the whole set
  double time_s = -1;  // from the begin of the file; negative: it has no time
  std::string what;
};

struct AxisStats {
  double min = 0, max = 0, mean = 0, deviation = 0;
  double min_s = -1, max_s = -1;  // when they are there first; negative: it is not known
};

struct Scan {
  std::string file;
  // Of recordings.
  Sensor sensor;
  int64_t frames = 0;
  double duration_s = 0;  // by the times, or by the rate; 0: not known
  std::vector<AxisStats> axes;
  std::map<std::string, int64_t> label_frames;  // of files with a label for each frame
  std::vector<SampleReader::Finding> findings;
  std::vector<uint16_t> fingerprint;
  // Of pictures.
  bool is_picture = false;
  int width = 0, height = 0, channels = 0;
  ImageHash hash{};

  std::string content;  // SHA-256 of the samples or pixels
  std::vector<Fault> faults;
};

// Faults found here: values missing or not finite; channels that stand still (the same value for 1 s and 50 frames at
// least, for sound half a second); channels that are clipped (three frames and more at the end of the range or, where
// that is not known, more than once at the extreme of the file, if that lies 2 standard deviations from the mean and
// 0.1 % of the frames are there); gaps (a step of more than 1.5 times the usual one), times that do not grow, and steps
// that scatter by more than a quarter.
Expected<Scan> scan_samples(SampleReader& reader, const std::string& file, bool with_fingerprint);
Expected<Scan> scan_picture(std::span<const uint8_t> bytes, const std::string& file);

// A file of either kind, as labels.csv names it.
Expected<Scan> scan_file(const std::filesystem::path& path, const std::string& file, const ReadOptions& options,
                         bool with_fingerprint);

// All items; `progress` is told how many are done. A file that cannot be read is a fault of it.
std::vector<Scan> scan_all(const Dataset& dataset, const ReadOptions& options, bool with_fingerprints,
                           const std::function<void(size_t)>& progress);

}  // namespace mote
