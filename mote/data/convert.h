// Writes a data set anew, as a folder of its own: labels.csv, sensor.json (the contract that all its files keep) and
// the files under their old names with other endings. Pictures are copied as they are.
#pragma once
#include <functional>

#include "mote/data/conform.h"
#include "mote/data/dataset.h"
#include "mote/data/scan.h"

namespace mote {

enum class FileFormat {
  plain,         // WAV stays WAV (16 bits where it was integers, else floats); all else becomes CSV
  csv,           // a header "name [unit]"; frames with labels have a last column "label"
  npy,           // float32 [frames, axes]; labels of frames are left out
  edge_impulse,  // acquisitions in JSON, and info.labels
};

struct Conversion {
  ReadOptions read;
  Conforming conforming;
  FileFormat format = FileFormat::plain;
  std::string sign_key;     // for Edge Impulse; empty: not signed
  bool needs_rate = false;  // refuse files of unknown rate: another one is asked for
};

// What the files have to keep to: that of the set, what it leaves open as in its first recording, with what the user
// sets.
Expected<Sensor> target_contract(const Dataset& dataset, const ReadOptions& options, double rate_hz,
                                 const std::string& unit);

// `folder` is new or empty; it is written beside and moved into place at the end. Returns what is to be known of it:
// values beyond the range, or clipped where the format ends there, and units that are only called so.
Expected<std::vector<Fault>> convert(const Dataset& dataset, const Sensor& contract, const Conversion& how,
                                     const std::filesystem::path& folder, const std::function<void(size_t)>& progress);

}  // namespace mote
