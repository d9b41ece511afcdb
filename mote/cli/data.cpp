// mote data: recordings, pictures and their labels.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <set>

#include "mote/cli/cli.h"
#include "mote/compiler/base/file_set.h"
#include "mote/data/check.h"
#include "mote/data/convert.h"
#include "mote/data/fetch.h"
#include "mote/data/split.h"
#include "mote/project/data.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

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

// ---- what all of them do ----

class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)) {}
  void operator()(size_t done, size_t all) const {
    if (std::chrono::steady_clock::now() - start_ < std::chrono::seconds(2)) return;
    show_progress(fmt::format("{}: {} of {} files", what_, done, all));
  }
  void bytes(int64_t done, int64_t all) const {
    if (std::chrono::steady_clock::now() - start_ < std::chrono::seconds(2)) return;
    show_progress(fmt::format("{}: {:.1f} MB{}", what_, static_cast<double>(done) / 1e6,
                              all > 0 ? fmt::format(" of {:.1f} MB", static_cast<double>(all) / 1e6) : ""));
  }

 private:
  std::string what_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

Expected<Dataset> open(DataVerb& verb) {
  const std::string& d = verb.delimiter;
  if (d.size() > 1 && d != "tab" && d != "blank")
    return malformed(fmt::format("--delimiter {} is not one character, \"tab\" or \"blank\"", d));
  if (!d.empty()) verb.read.delimiter = d == "tab" ? '\t' : d == "blank" ? ' ' : d[0];
  const fs::path file = find_project(verb.path);
  MOTE_TRY(Dataset data, file.empty() ? open_dataset(verb.path, verb.group) : open_of_project(verb, file));
  verb.read.contract = data.recorded_by;
  return data;
}

std::vector<Scan> scan(const Dataset& d, const DataVerb& verb, bool with_fingerprints) {
  const Progress progress("reading");
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

std::string minutes(double seconds) {
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  return seconds < 7200 ? fmt::format("{:.3g} min", seconds / 60) : fmt::format("{:.3g} h", seconds / 3600);
}

// ---- list ----

// How the first recording is read, as the others will be.
struct Understood {
  std::string file;
  std::vector<SampleReader::Finding> findings;
};

Expected<Understood> understand(const Dataset& d, const DataVerb& verb) {
  const Item& item = d.items[0];
  MOTE_TRY(const Scan scan, [&]() -> Expected<Scan> {
    auto reader = open_samples(d.path_of(item), verb.read);
    if (!reader) return scan_file(d.path_of(item), item.file, verb.read, false);  // a picture, or an error
    Scan s;
    s.findings = (*reader)->findings();
    s.sensor = (*reader)->sensor();
    return s;
  }());
  Understood u{item.file, scan.findings};
  if (scan.is_picture)
    u.findings.push_back(
        {"format", fmt::format("picture, {} x {}, {} channels", scan.width, scan.height, scan.channels), ""});
  else u.findings.push_back({"sensor", describe(scan.sensor), "--rate --unit --range"});
  return u;
}

// "742 N, 1 V": how many ranges or events have which label; --json lists them.
std::string summary_of(const std::vector<TimeRange>& ranges) {
  std::map<std::string, size_t> counts;
  for (const TimeRange& r : ranges) ++counts[r.label];
  std::string text;
  for (const auto& [label, n] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, label);
  return text;
}

Expected<int> list(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open(verb));
  MOTE_TRY(const Understood u, understand(d, verb));
  if (json) {
    Json j = about_json(d, verb.path);
    for (const auto& f : u.findings)
      j["read_as"].push_back({{"what", f.what}, {"found", f.found}, {"option", f.option}});
    for (const Item& item : d.items) {
      j["items"].push_back({{"file", item.file}, {"label", item.label}, {"group", item.group}, {"split", item.split}});
      for (const TimeRange& r : item.ranges)
        j["items"].back()["ranges"].push_back({{"begin_s", r.begin_s}, {"end_s", r.end_s}, {"label", r.label}});
    }
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("{}\nhow {} is read, and what sets it otherwise\n", about(d, verb.path), u.file);
  for (const auto& f : u.findings) fmt::print("  {:<10} {:<48} {}\n", f.what, f.found, f.option);
  if (d.contract) fmt::print("  {:<10} {}\n", "contract", describe(*d.contract));
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows{{"file", "label", "group", "split"}};
  for (const Item& item : d.items) {
    const std::string label = item.ranges.empty() ? item.label : summary_of(item.ranges);
    rows.push_back({item.file, label, item.group, item.split});
  }
  print_table(rows);
  return 0;
}

// ---- stats ----

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

std::string shown(const std::string& name, const char* nothing) { return name.empty() ? nothing : name; }

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

Expected<int> stats(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open(verb));
  const std::vector<Scan> scans = scan(d, verb, false);
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

// ---- check ----

Json list_of(const std::vector<Fault>& faults) {
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

Expected<int> check(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open(verb));
  const std::vector<Scan> scans = scan(d, verb, true);
  std::vector<Fault> faults;
  auto take = [&](const std::vector<Fault>& more) { faults.insert(faults.end(), more.begin(), more.end()); };
  for (const Scan& s : scans) take(s.faults);
  take(check_sensors(scans, d));
  take(check_range(scans, d));
  take(check_label_times(scans, d));
  take(check_leaks(d, find_copies(scans)));
  const auto errors =
      std::count_if(faults.begin(), faults.end(), [](const Fault& f) { return f.level == Fault::error; });
  if (json) {
    Json j = about_json(d, verb.path);
    j["errors"] = errors, j["warnings"] = static_cast<int64_t>(faults.size()) - errors;
    j["faults"] = list_of(faults);
    fmt::print("{}", dump(j));
    return errors > 0;
  }
  fmt::print("{}\n", about(d, verb.path));
  print_faults(faults);
  fmt::print("{} errors, {} warnings\n", errors, static_cast<int64_t>(faults.size()) - errors);
  return errors > 0;
}

// ---- split ----

Expected<std::vector<Part>> parts_of(const DataVerb& verb) {
  if (verb.parts.empty()) return default_parts();
  std::vector<Part> parts;
  double sum = 0;
  for (const std::string& text : verb.parts) {
    const size_t equal = text.find('=');
    char* end = nullptr;
    const double share = equal == text.npos ? 0 : std::strtod(&text[equal + 1], &end);
    if (equal == 0 || equal == text.npos || *end != 0 || !(share > 0) || !std::isfinite(share))
      return malformed(fmt::format("--part {} is not NAME=SHARE with a share above 0, as in train=0.8", text));
    parts.push_back({text.substr(0, equal), share});
    sum += share;
  }
  for (Part& p : parts) p.share /= sum;
  return parts;
}

// Returns the copies that are kept together. A project is split as all its verbs split it.
Expected<std::vector<Copy>> split_set(const DataVerb& verb, Dataset& d) {
  if (verb.project && verb.parts.empty() && verb.folds == 0 && !verb.leave_one_out) {
    MOTE_TRY_STATUS(split_data(*verb.project, d));
    return find_same_files(d);
  }
  if (verb.leave_one_out) {
    MOTE_TRY_STATUS(leave_one_group_out(d, pairs_of(find_same_files(d))));
    return std::vector<Copy>();
  }
  const std::vector<Copy> copies = find_copies(scan(d, verb, true));
  if (verb.folds > 0) {
    MOTE_TRY_STATUS(split_into_folds(d, verb.folds, pairs_of(copies)));
  } else {
    MOTE_TRY(const std::vector<Part> parts, parts_of(verb));
    split_by_group(d, parts, pairs_of(copies));
  }
  return copies;
}

Expected<int> split(DataVerb& verb, bool json) {
  MOTE_TRY(Dataset d, open(verb));
  if (verb.again || verb.leave_one_out)
    for (Item& item : d.items) item.split.clear();
  MOTE_TRY(const std::vector<Copy> copies, split_set(verb, d));
  const fs::path file = d.root / "labels.csv";
  if (verb.write) {
    MOTE_TRY(const std::string text, write_splits(d));
    MOTE_TRY_STATUS(write_file(file, text.data(), text.size()));
  }
  std::map<std::string, std::map<std::string, size_t>> counts;
  std::map<std::string, std::set<std::string>> groups;
  std::set<std::string> labels;
  for (const Item& item : d.items) {
    ++counts[item.split][item.label];
    if (!item.group.empty()) groups[item.split].insert(item.group);
    labels.insert(item.label);
  }
  if (json) {
    Json j = about_json(d, verb.path);
    j["splits"] = counts;
    for (const Item& item : d.items) j["items"].push_back({{"file", item.file}, {"split", item.split}});
    if (verb.write) j["written"] = file.string();
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("{}\n\n", about(d, verb.path));
  std::vector<std::vector<std::string>> rows{{"label"}};
  for (const auto& [name, of] : counts) rows[0].push_back(name);
  for (const std::string& label : labels) {
    rows.push_back({shown(label, "no label")});
    for (const auto& [name, of] : counts) rows.back().push_back(std::to_string(of.count(label) ? of.at(label) : 0));
  }
  rows.push_back({"groups"});
  for (const auto& [name, of] : counts)
    rows.back().push_back(d.group_column.empty() ? "-" : std::to_string(groups[name].size()));
  print_table(rows);
  if (!copies.empty()) fmt::print("\n{} pairs of copies are kept together\n", copies.size());
  fmt::print("\n{}\n",
             verb.write ? "written to " + file.string() : "nothing is written; --write puts it into labels.csv");
  return 0;
}

// ---- import and export ----

FileFormat format_of(const DataVerb& verb) {
  if (verb.format == "csv") return FileFormat::csv;
  if (verb.format == "npy") return FileFormat::npy;
  return verb.format == "edge-impulse" ? FileFormat::edge_impulse : FileFormat::plain;
}

Expected<int> convert_set(DataVerb& verb, bool json) {
  MOTE_TRY(Dataset d, open(verb));
  if (!verb.contract.empty()) {
    MOTE_TRY(const Bytes bytes, read_file(verb.contract));
    auto contract = parse_sensor({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!contract) return std::move(contract.error()).at(verb.contract);
    d.contract = *std::move(contract);
  }
  MOTE_TRY(const Sensor contract, target_contract(d, verb.read, verb.to_rate, verb.to_unit));
  const Conversion how{verb.read, {verb.resample, verb.max_gap_s}, format_of(verb), verb.sign_key, verb.to_rate > 0};
  const Progress progress("writing");
  MOTE_TRY(const std::vector<Fault> faults,
           convert(d, contract, how, verb.output, [&](size_t done) { progress(done, d.items.size()); }));
  show_progress("");
  if (json) {
    Json j = about_json(d, verb.path);
    j["folder"] = verb.output, j["sensor"] = to_json(contract), j["faults"] = list_of(faults);
    fmt::print("{}", dump(j));
    return 0;
  }
  print_faults(faults);
  fmt::print("{}: {} files written\n", verb.output, d.items.size());
  if (!contract.axes.empty()) fmt::print("sensor.json: {}\n", describe(contract));
  return 0;
}

// ---- get ----

void describe_manifest(const Manifest& m) {
  int64_t bytes = 0;
  for (const RemoteFile& f : m.files) bytes = bytes < 0 || f.bytes < 0 ? -1 : bytes + f.bytes;
  fmt::print(stderr, "{}\n  licence   {}\n  citation  {}\n", m.name, m.licence, m.citation);
  if (!m.source.empty()) fmt::print(stderr, "  source    {}\n", m.source);
  if (!m.note.empty()) fmt::print(stderr, "  note      {}\n", m.note);
  fmt::print(stderr, "  files     {}, {}\n", m.files.size(),
             bytes < 0 ? "of unknown size" : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6));
}

bool accepts_licence() {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO)) return false;
  fmt::print(stderr, "fetch it under this licence? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Expected<int> get(DataVerb& verb, bool json) {
  MOTE_TRY(const Bytes bytes, read_file(verb.path));
  auto manifest = parse_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!manifest) return std::move(manifest.error()).at(verb.path);
  describe_manifest(*manifest);
  if (!verb.accept && !accepts_licence())
    return malformed("nothing was fetched: the licence has to be accepted, on a terminal or by --accept-licence");
  Json files = Json::array();
  for (const RemoteFile& f : manifest->files) {
    const Progress progress(f.path);
    MOTE_TRY_STATUS(fetch_file(f, verb.output, [&](int64_t done) { progress.bytes(done, f.bytes); }));
    show_progress("");
    files.push_back((fs::path(verb.output) / f.path).string());
    if (!json) fmt::print("{}: its SHA-256 is right\n", files.back().get<std::string>());
  }
  if (json)
    fmt::print("{}", dump({{"name", manifest->name},
                           {"licence", manifest->licence},
                           {"citation", manifest->citation},
                           {"files", files}}));
  return 0;
}

// ---- the command line ----

void add_reading(CLI::App& verb, DataVerb& v) {
  verb.add_option("path", v.path,
                  "A folder, a labels.csv, an info.labels, one file, or a project: its mote.toml or its folder")
      ->capture_default_str();
  verb.add_option("--group", v.group,
                  "The column of labels.csv whose values must not be in two splits: subject, machine, day ...");
  verb.add_option("--rate", v.read.rate_hz, "Frames a second (Hz), for files that do not say it")
      ->check(CLI::Range(1e-6, 1e9));
  verb.add_option("--unit", v.read.units, "Unit of all axes, or AXIS=UNIT: g, m/s2, deg/s ...");
  verb.add_option("--range", v.read.range, "Full scale of the sensor, in its unit")->check(CLI::PositiveNumber);
  verb.add_option("--delimiter", v.delimiter, "Of CSV: one character, \"tab\" or \"blank\"");
  verb.add_option("--header", v.read.header, "Whether the first line of CSV has names")
      ->check(CLI::IsMember({"yes", "no"}));
  verb.add_option("--time-column", v.read.time_column, "Of CSV: its name, its number from 1, or \"none\"");
  verb.add_option("--time-unit", v.read.time_unit, "Of the time column")
      ->check(CLI::IsMember({"s", "ms", "us", "ns", "iso"}));
  verb.add_option("--label-column", v.read.label_column,
                  "Of CSV with a label for each row: its name, its number, or \"none\"");
  verb.add_option("--columns", v.read.columns, "The axes, in this order")->delimiter(',');
  verb.add_option("--ignore", v.read.ignore, "Columns that are no axes")->delimiter(',');
  verb.add_option("--hmac-key", v.read.hmac_key, "Refuse Edge Impulse acquisitions that were not signed with this key");
}

void add_writing(CLI::App& verb, DataVerb& v) {
  verb.add_option("--output,-o", v.output, "The folder to write; new or empty")->required();
  verb.add_option("--contract", v.contract,
                  "A sensor.json that all files have to keep; without: that of the set, or of its first file");
  verb.add_option("--to-rate", v.to_rate, "The rate to write (Hz)")->check(CLI::Range(1e-6, 1e9));
  verb.add_option("--to-unit", v.to_unit, "The unit to write");
  verb.add_flag("--resample", v.resample, "Change rates and fill gaps; without it, files that need it are refused");
  verb.add_option("--max-gap", v.max_gap_s, "With --resample: the longest gap (s) that is filled; three steps without")
      ->check(CLI::PositiveNumber);
}

constexpr const char* kFooter =
    "A data set is a folder for each class, a labels.csv (file,label and, where known, subject,split) or Edge Impulse's\n"
    "info.labels; files are WAV, CSV, NumPy, Edge Impulse's JSON and CBOR, PNG, JPEG and BMP. docs/DATA.md has the details.";

}  // namespace

void add_data(CLI::App& app, Chosen& chosen) {
  CLI::App* data =
      app.add_subcommand("data", "Look over recordings and pictures with labels, check, split, convert and fetch them");
  data->footer(kFooter);
  data->require_subcommand(1);
  auto v = std::make_shared<DataVerb>();
  auto add = [&](const char* name, const char* text, const char* example, Expected<int> (*run)(DataVerb&, bool)) {
    CLI::App* verb = data->add_subcommand(name, text);
    add_reading(*verb, *v);
    add_json(*verb, chosen);
    verb->footer(std::string("Example: ") + example);
    verb->callback([&chosen, v, run] { chosen.run = [&chosen, v, run] { return run(*v, chosen.json); }; });
    return verb;
  };
  add("list", "What a data set holds, and how its files are read", "mote data list recordings/walk.csv --rate 50",
      list);
  add("stats", "Labels, durations and values", "mote data stats recordings", stats);
  add("check",
      "Find gaps, clipped and stuck channels, mistaken units, copies and leaks; exit code 1 if there are errors",
      "mote data check recordings --group subject", check);
  CLI::App* parts =
      add("split", "Part a data set so that no group and no copy is in two parts, with equal shares of labels",
          "mote data split recordings --group subject --part train=0.8 --part test=0.2 --write", split);
  auto* given = parts->add_option("--part", v->parts, "NAME=SHARE; without: train=0.6 val=0.2 test=0.2");
  auto* folds = parts->add_option("--folds", v->folds, "Parts of equal size for cross-validation")
                    ->check(CLI::Range(2, 1000))
                    ->excludes(given);
  parts->add_flag("--leave-one-out", v->leave_one_out, "Every group is a part of its own")
      ->excludes(given)
      ->excludes(folds);
  parts->add_flag("--again", v->again,
                  "Forget the splits that labels.csv has; without, only files that lack one get one");
  parts->add_flag("--write", v->write, "Write labels.csv");
  add_writing(
      *add("import", "Write recordings anew in one form: one rate, one unit, one order of axes, with their contract",
           "mote data import recordings --rate 62.5 --unit g --to-unit m/s2 -o data", convert_set),
      *v);
  CLI::App* out =
      add("export", "Write a data set for other programs", "mote data export data --format npy -o arrays", convert_set);
  add_writing(*out, *v);
  out->add_option("--format", v->format, "csv, npy or edge-impulse")
      ->required()
      ->check(CLI::IsMember({"csv", "npy", "edge-impulse"}));
  CLI::App* fetch =
      data->add_subcommand("get", "Fetch a public data set by its manifest; licence and citation are shown first");
  fetch->add_option("manifest", v->path, "A JSON file: name, licence, citation and files with url, path and sha256")
      ->required();
  fetch->add_option("--output,-o", v->output, "The folder for its files")->required();
  fetch->add_flag("--accept-licence", v->accept, "Fetch without asking");
  add_json(*fetch, chosen);
  fetch->footer("Example: mote data get speech.json -o speech\nWhat was broken off is continued by the same command.");
  fetch->callback([&chosen, v] { chosen.run = [&chosen, v] { return get(*v, chosen.json); }; });
  out->add_option("--sign-key", v->sign_key, "Sign Edge Impulse acquisitions with this key");
}

}  // namespace mote
