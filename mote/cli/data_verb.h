// What the verbs of mote data share: their options, the data set they are about, and how they speak of it.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "mote/cli/cli.h"
#include "mote/data/check.h"
#include "mote/project/project.h"

namespace mote {

// The options of all verbs.
struct DataVerb {
  std::string path = ".";
  std::string group;
  ReadOptions read;
  std::string delimiter;
  // split
  size_t folds = 0;
  std::vector<std::string> parts;
  bool leave_one_out = false, again = false, write = false;
  // import, export
  std::string output, contract, to_unit, format, sign_key;
  double to_rate = 0, max_gap_s = 0;
  bool resample = false;
  // get
  bool accept = false;
  // Where the path is one.
  std::optional<Project> project;
};

// The verbs; each returns the program's exit code.
Expected<int> run_data_list(DataVerb& verb, bool json);
Expected<int> run_data_stats(DataVerb& verb, bool json);
Expected<int> run_data_check(DataVerb& verb, bool json);
Expected<int> run_data_split(DataVerb& verb, bool json);
Expected<int> run_data_convert(DataVerb& verb, bool json);  // import and export
Expected<int> run_data_get(DataVerb& verb, bool json);

// Says how far a verb has come, where it takes longer than two seconds.
class FileProgress {
 public:
  explicit FileProgress(std::string what) : what_(std::move(what)) {}
  void operator()(size_t done, size_t all) const;  // files
  void bytes(int64_t done, int64_t all) const;     // all <= 0: not known

 private:
  std::string what_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The data set of verb.path. Of a project, what the command line leaves open is as it says, and verb.project is set.
Expected<Dataset> open_data_of(DataVerb& verb);

// Reads every file, with progress.
std::vector<Scan> scan_items(const Dataset& d, const DataVerb& verb, bool with_fingerprints);

// The first line of every answer, for people and as JSON.
std::string about(const Dataset& d, const std::string& path);
Json about_json(const Dataset& d, const std::string& path);

// A name, or `nothing` where it is empty.
std::string shown(const std::string& name, const char* nothing);

Json to_json(const std::vector<Fault>& faults);
void print_faults(const std::vector<Fault>& faults);

}  // namespace mote
