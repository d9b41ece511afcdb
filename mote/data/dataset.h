// A data set: files with labels, and what keeps its parts apart. Told by a labels.csv, by Edge Impulse's info.labels,
// by a folder for each class (where NAME_anything.csv beside NAME.wav may list labels in time), or by one file alone.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "mote/data/sensor.h"

namespace mote {

struct TimeRange {
  double begin_s = 0, end_s = 0;  // equal: an event
  std::string label;
};

struct Item {
  std::string file;   // below Dataset::root
  std::string label;  // of the whole file; empty: it has none
  std::string group;  // who or what was recorded: all of a group belong into one split
  std::string split;  // "train", "val", "test", a fold, or empty
  std::vector<TimeRange> ranges;
};

struct Dataset {
  std::filesystem::path root;
  std::string origin;              // for people: "labels.csv"
  std::string group_column;        // of labels.csv, or empty
  std::optional<Sensor> contract;  // of sensor.json beside the files, or of a project
  std::string contract_origin;     // "sensor.json"
  std::vector<Item> items;
  std::vector<double> full_scales;    // of the contract's axes, where they are not all contract->range
  std::optional<Sensor> recorded_by;  // of sensor.json: what files are that do not say it themselves

  std::filesystem::path path_of(const Item& item) const { return root / item.file; }
};

// `path`: a folder, a labels.csv, an info.labels, or one recording or picture. labels.csv is a table whose first line
// names its columns: "file" is needed; "label", "split" and "begin_s" with "end_s" (a row for each range) are known;
// the column of groups is `group_column` or, where that is empty, the first of kGroupColumns that is there.
Expected<Dataset> open_dataset(const std::filesystem::path& path, const std::string& group_column);

// The sensor.json of a data set, which lies in its folder or beside its list of files; none: there is none.
Expected<std::optional<Sensor>> read_sensor_json(const std::filesystem::path& dataset);

inline constexpr const char* kGroupColumns[] = {"group",       "subject", "speaker",          "user",   "person",
                                                "participant", "patient", "machine",          "device", "session",
                                                "recording",   "day",     "subject_or_source"};

// A labels.csv of the data set.
std::string write_labels(const Dataset& dataset);

// The same where it has none; else its own, with another column "split" and all else as it was.
Expected<std::string> write_splits(const Dataset& dataset);

}  // namespace mote
