#include "mote/project/data.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "mote/compiler/base/file_set.h"
#include "mote/data/check.h"
#include "mote/data/conform.h"
#include "mote/data/label_table.h"

namespace mote {
namespace {

std::string join(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

// `dataset`: a folder, or the list of the files in its folder.
bool is_below(const std::filesystem::path& file, const std::filesystem::path& dataset) {
  std::error_code ec;
  const auto root = std::filesystem::is_directory(dataset, ec) ? dataset : dataset.parent_path();
  const auto relative = std::filesystem::relative(file, root, ec);
  return !ec && !relative.empty() && *relative.begin() != "..";
}

Status check_recording(const std::filesystem::path& path, const ReadOptions& options, const Sensor& contract,
                       bool converts) {
  auto reader = open_samples(path, options);
  if (!reader) {
    reader.error().where.clear();  // the caller names the file as the list does
    return std::move(reader.error());
  }
  if (!converts) {
    const std::vector<std::string> breaches = contract_breaches(contract, (*reader)->sensor());
    return breaches.empty() ? Status() : malformed(join(breaches));
  }
  auto conforming = conform(*std::move(reader), contract, {.resample = true});
  return conforming ? Status() : Status(std::move(conforming.error()));
}

}  // namespace

std::filesystem::path find_project(const std::filesystem::path& path) {
  std::error_code ec;
  if (is_project(path)) return path;
  return std::filesystem::exists(path / "mote.toml", ec) ? path / "mote.toml" : std::filesystem::path();
}

Sensor contract_of(const Project& project) {
  const Settings& input = project.section("input");
  Sensor contract;
  contract.rate_hz = input.number("rate_hz");
  if (input.choice("ranges").empty()) contract.range = input.number("range");
  for (const std::string& name : lines_of(input.choice("axes")))
    contract.axes.push_back({name, normal_unit(input.choice("unit"))});
  return contract;
}

ReadOptions reading_of(const Project& project) {
  const Settings& data = project.section("data");
  ReadOptions options;
  options.columns = lines_of(data.choice("columns"));
  options.ignore = lines_of(data.choice("ignore"));
  options.time_column = data.choice("time_column");
  options.label_column = data.choice("label_column");
  return options;
}

Expected<ReadOptions> reading_of(const Project& project, const std::filesystem::path& file) {
  ReadOptions options = reading_of(project);
  if (is_below(file, data_path_of(project))) {
    MOTE_TRY(options.contract, read_sensor_json(data_path_of(project)));
  }
  return options;
}

std::filesystem::path data_path_of(const Project& project) {
  return project.folder / project.section("data").choice("path");
}

Expected<Dataset> open_data(const Project& project) {
  MOTE_TRY(Dataset d, open_dataset(data_path_of(project), project.section("data").choice("group")));
  d.contract = contract_of(project);
  d.contract_origin = "[input]";
  MOTE_TRY(d.full_scales, full_scales_of(project));
  if (project.section("split").choice("use") == "groups")
    for (Item& item : d.items) item.split.clear();
  return d;
}

Expected<std::vector<Part>> parts_of(const Project& project) {
  const Settings& split = project.section("split");
  const double val = split.number("validation"), test = split.number("test");
  if (val + test >= 1)
    return malformed(fmt::format("[split]: {} for validation and {} for test leave nothing to train with", val, test));
  std::vector<Part> parts{{"train", 1 - val - test}, {"val", val}, {"test", test}};
  std::erase_if(parts, [](const Part& part) { return part.share <= 0; });
  return parts;
}

Status split_data(const Project& project, Dataset& d) {
  MOTE_TRY(const std::vector<Part> parts, parts_of(project));
  std::vector<Copy> copies = find_same_files(d);
  if (project.section("split").choice("use") == "column") {
    for (const Item& item : d.items)
      if (item.split.empty())
        return malformed(fmt::format(
            "[split]: use = column, but {} says no split for {}; a column \"split\" with train, val or test is needed",
            d.origin, item.file));
  } else {
    split_by_group(d, parts, pairs_of(copies));
  }
  std::erase_if(copies, [&](const Copy& c) { return d.items[c.a].split == d.items[c.b].split; });
  for (const Fault& leak : check_leaks(d, copies))
    return malformed("[split]: " + (leak.file.empty() ? "" : leak.file + " ") + leak.what);
  return {};
}

Expected<Image> read_picture(const Project& project, const std::filesystem::path& path) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const Bytes bytes, read_file(path.string()));
  MOTE_TRY(Image image, read_image(bytes));
  const int width = signal.width, height = signal.samples / signal.width;
  const bool converts = project.section("data").choice("mismatch") == "resample";
  if (!converts && (image.width != width || image.height != height))
    return malformed(
        fmt::format("is a picture of {} x {}; [input] says {} x {}, and [data] mismatch = resample converts",
                    image.width, image.height, width, height));
  return with_channels(take_again(image, width, height), signal.axes);
}

std::vector<Fault> check_data(const Project& project, const Dataset& d) {
  const Sensor contract = contract_of(project);
  const bool converts = project.section("data").choice("mismatch") == "resample";
  const bool wants_pictures = takes_pictures(project);
  ReadOptions options = reading_of(project);
  options.contract = d.recorded_by;
  std::vector<Fault> faults;
  for (const Item& item : d.items) {
    auto check = [&]() -> Status {
      MOTE_TRY(const bool picture, is_picture(d.path_of(item)));
      if (picture != wants_pictures)
        return malformed(fmt::format("is a {}; [input] kind = {} takes {}", picture ? "picture" : "recording",
                                     project.section("input").choice("kind"),
                                     wants_pictures ? "pictures" : "recordings"));
      if (!picture) return check_recording(d.path_of(item), options, contract, converts);
      const auto image = read_picture(project, d.path_of(item));
      return image ? Status() : Status(image.error());
    };
    if (const Status status = check(); !status) faults.push_back({Fault::error, item.file, -1, status.error().what});
  }
  return faults;
}

std::vector<Scan> scan_data(const Project& project, const Dataset& d) {
  ReadOptions options = reading_of(project);
  options.contract = d.recorded_by;
  return scan_all(d, options, true, [](size_t) {});
}

Expected<std::map<std::string, std::string>> references_of(const Project& project, const Dataset& dataset) {
  std::map<std::string, std::string> references;
  const std::string& column = project.section("data").choice("reference");
  if (column.empty()) return references;
  const std::filesystem::path list = dataset.root / "labels.csv";
  MOTE_TRY(const LabelTable labels, read_label_table(list));
  if (!labels.find(column))
    return malformed(fmt::format("has no column \"{}\" of references; its columns are: {}", column,
                                 fmt::join(labels.columns, ", ")))
        .at(list.string());
  for (const LabelTable::Row& row : labels.rows) {
    const std::string& reference = labels.field(row, column);
    if (reference.empty()) continue;
    const std::filesystem::path path = std::filesystem::path(reference).lexically_normal();
    if (path.is_absolute() || *path.begin() == "..")
      return malformed(
                 fmt::format("the reference {} lies outside of the folder of labels.csv, from which files are named",
                             reference))
          .at(list.string());
    references[labels.field(row, "file")] = reference;
  }
  if (references.empty())
    return malformed(fmt::format("the column \"{}\" names no reference", column)).at(list.string());
  return references;
}

std::vector<Fault> check_references(const Project& project, const Dataset& dataset,
                                    const std::map<std::string, std::string>& references) {
  Dataset all = dataset;
  all.items.clear();
  for (const Item& item : dataset.items)
    if (const auto at = references.find(item.file); at != references.end())
      all.items.push_back({at->second, "", "", "", {}});
  return check_data(project, all);
}

}  // namespace mote
