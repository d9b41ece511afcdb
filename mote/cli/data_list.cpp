// mote data list: what a data set holds, and how its files are read.
#include <fmt/core.h>

#include <map>

#include "mote/cli/data_verb.h"

namespace mote {
namespace {

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

}  // namespace

Expected<int> run_data_list(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open_data_of(verb));
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

}  // namespace mote
