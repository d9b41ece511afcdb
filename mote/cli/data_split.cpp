// mote data split: parts in which no group and no copy is twice.
#include <fmt/core.h>

#include <cmath>
#include <map>
#include <set>

#include "mote/cli/data_verb.h"
#include "mote/compiler/base/file_set.h"
#include "mote/data/check.h"
#include "mote/data/split.h"
#include "mote/project/data.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

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
  const std::vector<Copy> copies = find_copies(scan_items(d, verb, true));
  if (verb.folds > 0) {
    MOTE_TRY_STATUS(split_into_folds(d, verb.folds, pairs_of(copies)));
  } else {
    MOTE_TRY(const std::vector<Part> parts, parts_of(verb));
    split_by_group(d, parts, pairs_of(copies));
  }
  return copies;
}

}  // namespace

Expected<int> run_data_split(DataVerb& verb, bool json) {
  MOTE_TRY(Dataset d, open_data_of(verb));
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

}  // namespace mote
