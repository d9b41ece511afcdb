// Recordings as streams of frames. A frame is one value per axis at one moment; readers hand out a chunk of frames at a
// time, so that a recording of any length takes the same memory.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "mote/data/sensor.h"

namespace mote {

struct Chunk {
  std::vector<float> values;     // frame by frame; NaN: the file has no value there
  std::vector<double> times_s;   // a time per frame, where the file has them; else empty
  std::vector<uint32_t> labels;  // an index into label_names() per frame, where the file has labels; else empty

  void clear() { values.clear(), times_s.clear(), labels.clear(); }
};

// What a user says about files that do not say it themselves, or say it wrongly. Empty: as found.
struct ReadOptions {
  // Of CSV. A column is told by its name, or by its number from 1.
  char delimiter = 0;
  std::string header;                // "yes" or "no"
  std::string time_column;           // or "none"
  std::string time_unit;             // "s", "ms", "us", "ns" or "iso"
  std::string label_column;          // or "none"
  std::vector<std::string> columns;  // the axes, in this order; empty: all columns that are left
  std::vector<std::string> ignore;   // columns that are no axes
  // Of any format.
  std::vector<std::string> units;  // "g" for all axes, or "ax=g"
  double rate_hz = 0;              // of files that do not say it
  double range = 0;
  std::optional<Sensor> contract;  // of their data set (sensor.json): stands in for what files and user leave open
  // Of acquisitions: the key that their signature has to fit; empty: it is not looked at.
  std::string hmac_key;
};

class SampleReader {
 public:
  virtual ~SampleReader() = default;

  // What the file says, or the user said over it; there is at least one axis.
  const Sensor& sensor() const { return sensor_; }
  size_t axis_count() const { return sensor_.axes.size(); }
  Status apply(const ReadOptions& options);

  // Replaces `chunk` by the next frames, at most max_frames (at least 1); no values: the end.
  virtual Status read(Chunk& chunk, size_t max_frames) = 0;

  // Frames in all; -1 where only reading to the end tells.
  virtual int64_t frame_count() const { return -1; }

  // Labels of frames met so far.
  virtual const std::vector<std::string>& label_names() const;

  // How the file was understood, for people: the format, and for each thing found what it is and how to set it.
  struct Finding {
    std::string what, found, option;
  };
  virtual std::vector<Finding> findings() const = 0;

 protected:
  Sensor sensor_;
};

constexpr size_t kChunkFrames = 4096;

// A reader of what `in` holds, by its first bytes and then by the ending of `name`. Errors say where in the file.
Expected<std::unique_ptr<SampleReader>> open_samples(std::unique_ptr<std::istream> in, const std::string& name,
                                                     const ReadOptions& options);
Expected<std::unique_ptr<SampleReader>> open_samples(const std::filesystem::path& path, const ReadOptions& options);

// Each format. They are told apart by open_samples; the names below are for it and for tests.
Expected<std::unique_ptr<SampleReader>> open_wav(std::unique_ptr<std::istream> in);
Expected<std::unique_ptr<SampleReader>> open_csv(std::unique_ptr<std::istream> in, const ReadOptions& options);
Expected<std::unique_ptr<SampleReader>> open_npy(std::unique_ptr<std::istream> in);
Expected<std::unique_ptr<SampleReader>> open_acquisition(std::unique_ptr<std::istream> in, const ReadOptions& options);

// All frames, for recordings that are known to be short.
struct Recording {
  Sensor sensor;
  std::vector<float> values;
  std::vector<double> times_s;
  std::vector<std::string> labels;  // of each frame, or empty
  size_t frames() const { return sensor.axes.empty() ? 0 : values.size() / sensor.axes.size(); }
};
Expected<Recording> read_all(SampleReader& reader, size_t max_frames);

}  // namespace mote
