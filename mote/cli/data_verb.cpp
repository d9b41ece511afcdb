#include "mote/cli/data_verb.h"

#include <fmt/core.h>

#include "mote/project/data.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

// What the command line leaves open is as the project says.
Expected<Dataset> open_of_project(DataVerb& verb, const fs::path& file) {
  if (!verb.group.empty()) return malformed("a project says the groups itself: [data] group");
  MOTE_TRY(verb.project, read_project(file));
  const ReadOptions said = reading_of(*verb.project);
  for (auto member : {&ReadOptions::columns, &ReadOptions::ignore})
    if ((verb.read.*member).empty()) verb.read.*member = said.*member;
  for (auto member : {&ReadOptions::time_column, &ReadOptions::label_column})
    if ((verb.read.*member).empty()) verb.read.*member = said.*member;
  verb.resample |= verb.project->section("data").choice("mismatch") == "resample";
  return open_data(*verb.project);
}

}  // namespace

void FileProgress::operator()(size_t done, size_t all) const {
  if (std::chrono::steady_clock::now() - start_ < std::chrono::seconds(2)) return;
  show_progress(fmt::format("{}: {} of {} files", what_, done, all));
}

void FileProgress::bytes(int64_t done, int64_t all) const {
  if (std::chrono::steady_clock::now() - start_ < std::chrono::seconds(2)) return;
  show_progress(fmt::format("{}: {:.1f} MB{}", what_, static_cast<double>(done) / 1e6,
                            all > 0 ? fmt::format(" of {:.1f} MB", static_cast<double>(all) / 1e6) : ""));
}

Expected<Dataset> open_data_of(DataVerb& verb) {
  const std::string& d = verb.delimiter;
  if (d.size() > 1 && d != "tab" && d != "blank")
    return malformed(fmt::format("--delimiter {} is not one character, \"tab\" or \"blank\"", d));
  if (!d.empty()) verb.read.delimiter = d == "tab" ? '\t' : d == "blank" ? ' ' : d[0];
  const fs::path file = find_project(verb.path);
  MOTE_TRY(Dataset data, file.empty() ? open_dataset(verb.path, verb.group) : open_of_project(verb, file));
  verb.read.contract = data.recorded_by;
  return data;
}

std::vector<Scan> scan_items(const Dataset& d, const DataVerb& verb, bool with_fingerprints) {
  const FileProgress progress("reading");
  auto scans = scan_all(d, verb.read, with_fingerprints, [&](size_t done) { progress(done, d.items.size()); });
  show_progress("");
  return scans;
}

std::string about(const Dataset& d, const std::string& path) {
  std::string text =
      fmt::format("{}: {} file{}, from {}", path, d.items.size(), d.items.size() == 1 ? "" : "s", d.origin);
  return text + (d.group_column.empty() ? "" : "; groups by " + d.group_column);
}

Json about_json(const Dataset& d, const std::string& path) {
  Json j{{"path", path}, {"origin", d.origin}, {"files", d.items.size()}, {"group_column", d.group_column}};
  if (d.contract) j["contract"] = to_json(*d.contract);
  return j;
}

std::string shown(const std::string& name, const char* nothing) { return name.empty() ? nothing : name; }

Json to_json(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& f : faults) {
    Json fault{{"level", f.level == Fault::error ? "error" : "warning"}, {"file", f.file}, {"what", f.what}};
    if (f.time_s >= 0) fault["time_s"] = f.time_s;
    list.push_back(std::move(fault));
  }
  return list;
}

void print_faults(const std::vector<Fault>& faults) {
  for (const Fault& f : faults)
    fmt::print("{:<8} {}{}{}\n", f.level == Fault::error ? "error" : "warning", f.file.empty() ? "" : f.file + ": ",
               f.time_s >= 0 ? fmt::format("at {:.3f} s: ", f.time_s) : "", f.what);
}

}  // namespace mote
