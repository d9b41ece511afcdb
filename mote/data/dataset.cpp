#include "mote/data/dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "mote/compiler/base/file_set.h"
#include "mote/data/label_table.h"
#include "mote/data/lines.h"
#include "mote/data/samples.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr const char *kSensorFile = "sensor.json", *kLabelsFile = "labels.csv";

bool is_data_file(const fs::path& path) {
  static constexpr std::array endings{".wav",  ".csv", ".tsv", ".npy",  ".json",
                                      ".cbor", ".png", ".jpg", ".jpeg", ".bmp"};
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string name = path.filename().string();
  return name != "labels.csv" && name != "sensor.json" && !name.starts_with('.') &&
         std::find(endings.begin(), endings.end(), ending) != endings.end();
}

std::string normal_split(const std::string& split) {
  static const std::map<std::string, std::string> names{{"training", "train"}, {"validation", "val"}, {"valid", "val"},
                                                        {"dev", "val"},        {"testing", "test"},   {"split", ""}};
  const auto at = names.find(split);
  return at == names.end() ? split : at->second;
}

bool is_split(const std::string& name) {
  const std::string split = normal_split(name);
  return split == "train" || split == "val" || split == "test";
}

// A file named by a list; it has to lie below the folder of the list.
Status check_file(const Dataset& d, const std::string& file) {
  const fs::path path = fs::path(file).lexically_normal();
  if (file.empty()) return malformed("the name of the file is empty");
  if (path.is_absolute() || *path.begin() == "..")
    return malformed(
        fmt::format("the file {} lies outside the folder {}; files are named from there", file, d.root.string()));
  std::error_code ec;
  if (!fs::is_regular_file(d.root / path, ec))
    return Error{Code::io, fmt::format("there is no file {}", (d.root / path).string())};
  return {};
}

// ---- labels.csv ----

struct Table {
  std::map<std::string, size_t> columns;
  std::vector<std::string_view> fields;
  std::string_view field(const std::string& column) const {
    const auto at = columns.find(column);
    return at == columns.end() || at->second >= fields.size() ? std::string_view() : trim(fields[at->second]);
  }
};

Status choose_group_column(Dataset& d, const LabelTable& labels, const std::string& wanted) {
  d.group_column = wanted;
  for (const char* known : kGroupColumns)
    if (d.group_column.empty() && labels.find(known)) d.group_column = known;
  if (wanted.empty() || labels.find(wanted)) return {};
  std::string names;
  for (const std::string& name : labels.columns) names += (names.empty() ? "" : ", ") + name;
  return malformed(fmt::format("has no column \"{}\" of groups; its columns are: {}", wanted, names));
}

Expected<TimeRange> parse_range(const Table& table) {
  TimeRange range{0, 0, std::string(table.field("label"))};
  const bool read = parse_number(table.field("begin_s"), false, range.begin_s) &&
                    parse_number(table.field("end_s"), false, range.end_s);
  if (!read || !(range.begin_s >= 0) || !(range.end_s >= range.begin_s))
    return malformed(fmt::format(
        "the range is \"{}\" to \"{}\"; seconds from the begin of the file are expected, the end not before the begin",
        table.field("begin_s"), table.field("end_s")));
  return range;
}

Status add_row(Dataset& d, const Table& table, std::map<std::string, size_t>& index) {
  Item item{std::string(table.field("file")),
            std::string(table.field("label")),
            std::string(table.field(d.group_column)),
            normal_split(std::string(table.field("split"))),
            {}};
  const bool ranged = table.columns.count("begin_s") && !table.field("begin_s").empty();
  const auto [at, is_new] = index.try_emplace(item.file, d.items.size());
  if (item.group == "-") item.group.clear();
  if (is_new) {
    MOTE_TRY_STATUS(check_file(d, item.file));
    if (ranged) item.label.clear();
    d.items.push_back(std::move(item));
  } else if (!ranged || d.items[at->second].ranges.empty()) {
    return malformed(
        fmt::format("the file {} is listed twice; several labels of a file need begin_s and end_s", at->first));
  }
  if (!ranged) return {};
  MOTE_TRY(TimeRange range, parse_range(table));
  d.items[at->second].ranges.push_back(std::move(range));
  return {};
}

Expected<Dataset> read_labels_csv(const fs::path& path, const std::string& group_column) {
  Dataset d{path.parent_path(), path.filename().string(), "", {}, "", {}, {}, {}};
  MOTE_TRY(const LabelTable labels, read_label_table(path));
  MOTE_TRY_STATUS(choose_group_column(d, labels, group_column));
  Table table;
  for (size_t i = 0; i < labels.columns.size(); ++i) table.columns.emplace(labels.columns[i], i);
  std::map<std::string, size_t> index;
  for (const LabelTable::Row& row : labels.rows) {
    table.fields.assign(row.fields.begin(), row.fields.end());
    if (auto status = add_row(d, table, index); !status)
      return std::move(status.error()).at(fmt::format("line {}", row.line));
  }
  if (d.items.empty()) return malformed("lists no file");
  return d;
}

// ---- info.labels ----

std::string text_at(const nlohmann::json& j, const char* key) {
  return j.is_object() && j.contains(key) && j[key].is_string() ? j[key].get<std::string>() : "";
}

Expected<Item> parse_info(const nlohmann::json& entry) {
  if (!entry.is_object() || text_at(entry, "path").empty()) return malformed("an entry of \"files\" has no \"path\"");
  Item item{text_at(entry, "path"), "", "", normal_split(text_at(entry, "category")), {}};
  const nlohmann::json label = entry.contains("label") ? entry["label"] : nlohmann::json();
  const std::string type = text_at(label, "type");
  if (type == "label") item.label = text_at(label, "label");
  else if (type != "unlabeled" && !type.empty())
    return unsupported(
        fmt::format("the label of {} has the type \"{}\"; \"label\" and \"unlabeled\" are read", item.file, type));
  return item;
}

Expected<Dataset> read_info_labels(const fs::path& path) {
  Dataset d{path.parent_path(), path.filename().string(), "", {}, "", {}, {}, {}};
  MOTE_TRY(const Bytes bytes, read_file(path));
  const auto j = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!j.is_object() || !j.contains("files") || !j["files"].is_array())
    return malformed("is not JSON with a list \"files\"");
  for (const auto& entry : j["files"]) {
    MOTE_TRY(Item item, parse_info(entry));
    MOTE_TRY_STATUS(check_file(d, item.file));
    d.items.push_back(std::move(item));
  }
  if (d.items.empty()) return malformed("lists no file");
  return d;
}

// ---- folders ----

// "train/walk/1.csv": a split where the first folder is named like one, and the last folder as the label.
Item item_of(const std::string& file) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(file).parent_path()) parts.push_back(part.string());
  Item item{file, "", "", "", {}};
  if (!parts.empty() && is_split(parts.front())) item.split = normal_split(parts.front()), parts.erase(parts.begin());
  if (!parts.empty()) item.label = parts.back();
  return item;
}

// A list of labels beside a recording: "100_beats.csv" of "100.wav". It has a column "label" and either begin_s and
// end_s, or one that ends in "sample": the number of the frame where something happened.
struct Sidecar {
  Table table;
  std::string sample_column;
};

std::optional<Sidecar> sidecar_of(std::string_view header) {
  Sidecar s;
  std::string unquoted;
  if (!split_fields(header, ',', s.table.fields, unquoted)) return std::nullopt;
  for (size_t i = 0; i < s.table.fields.size(); ++i) s.table.columns.emplace(trim(s.table.fields[i]), i);
  if (!s.table.columns.count("label") || s.table.columns.size() > 3) return std::nullopt;
  if (s.table.columns.count("begin_s") && s.table.columns.count("end_s")) return s;
  for (const auto& [name, at] : s.table.columns)
    if (name.ends_with("sample")) s.sample_column = name;
  return s.sample_column.empty() ? std::nullopt : std::optional(s);
}

Expected<TimeRange> parse_event(const Sidecar& s, double rate_hz) {
  if (s.sample_column.empty()) return parse_range(s.table);
  double frame = 0;
  if (!parse_number(s.table.field(s.sample_column), false, frame) || !(frame >= 0))
    return malformed(fmt::format("the frame is \"{}\"; a number from 0 is expected", s.table.field(s.sample_column)));
  return TimeRange{frame / rate_hz, frame / rate_hz, std::string(s.table.field("label"))};
}

// True: `path` is a sidecar, and its labels are now those of the item.
Expected<bool> read_sidecar(const fs::path& path, const fs::path& recording, Item& item) {
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  LineReader lines(std::move(in));
  std::string_view line;
  MOTE_TRY(const bool any, lines.next(line));
  auto sidecar = any ? sidecar_of(line) : std::nullopt;
  if (!sidecar) return false;
  MOTE_TRY(const auto reader, open_samples(recording, {}));
  std::string unquoted;
  for (;;) {
    MOTE_TRY(const bool more, lines.next(line));
    if (!more) return true;
    if (trim(line).empty()) continue;
    MOTE_TRY_STATUS(split_fields(line, ',', sidecar->table.fields, unquoted));
    auto range = parse_event(*sidecar, reader->sensor().rate_hz);
    if (!range) return std::move(range.error()).at(fmt::format("{}: line {}", path.string(), lines.number()));
    item.ranges.push_back(*std::move(range));
  }
}

// Takes the sidecars of WAV files out of the list.
Status take_sidecars(Dataset& d) {
  std::map<std::string, size_t> recordings;
  for (size_t i = 0; i < d.items.size(); ++i)
    if (d.items[i].file.ends_with(".wav")) recordings[d.items[i].file.substr(0, d.items[i].file.size() - 4)] = i;
  std::vector<bool> taken(d.items.size());
  for (size_t i = 0; i < d.items.size(); ++i) {
    const std::string& file = d.items[i].file;
    const auto of = file.ends_with(".csv") ? recordings.find(file.substr(0, file.rfind('_'))) : recordings.end();
    if (of == recordings.end()) continue;
    MOTE_TRY(const bool is_sidecar, read_sidecar(d.root / file, d.path_of(d.items[of->second]), d.items[of->second]));
    taken[i] = is_sidecar;
  }
  std::vector<Item> kept;
  for (size_t i = 0; i < d.items.size(); ++i)
    if (!taken[i]) kept.push_back(std::move(d.items[i]));
  d.items = std::move(kept);
  return {};
}

Expected<Dataset> read_folder(const fs::path& folder) {
  Dataset d{folder, "a folder for each class", "", {}, "", {}, {}, {}};
  std::error_code ec;
  for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (it->is_regular_file(ec) && is_data_file(it->path()))
      d.items.push_back(item_of(it->path().lexically_relative(folder).generic_string()));
  if (ec) return Error{Code::io, "cannot be read: " + ec.message()};
  std::sort(d.items.begin(), d.items.end(), [](const Item& a, const Item& b) { return a.file < b.file; });
  if (d.items.empty())
    return malformed(
        "holds no recordings; expected are a labels.csv, an info.labels, or a folder for each class with files "
        ".wav, .csv, .npy, .json, .cbor, .png, .jpg or .bmp");
  MOTE_TRY_STATUS(take_sidecars(d));
  const bool labelled = std::any_of(d.items.begin(), d.items.end(), [](const Item& i) { return !i.label.empty(); });
  if (!labelled) d.origin = "a folder";
  return d;
}

Expected<Dataset> read_any(const fs::path& path, const std::string& group_column) {
  std::error_code ec;
  if (path.filename() == "info.labels") return read_info_labels(path);
  if (path.filename() == "labels.csv") return read_labels_csv(path, group_column);
  if (!fs::is_directory(path, ec)) {
    if (!fs::exists(path, ec))
      return Error{Code::io, "is not there; a folder, a labels.csv or a recording is expected"};
    return Dataset{path.parent_path(), "one file", "", {}, "", {{path.filename().string(), "", "", "", {}}}, {}, {}};
  }
  if (fs::exists(path / "labels.csv", ec)) return read_labels_csv(path / "labels.csv", group_column);
  if (fs::exists(path / "info.labels", ec)) return read_info_labels(path / "info.labels");
  return read_folder(path);
}

}  // namespace

Expected<Dataset> open_dataset(const fs::path& path, const std::string& group_column) {
  auto d = read_any(path, group_column);
  if (d && !group_column.empty() && d->group_column.empty())
    d = malformed(
        fmt::format("groups by \"{}\" are asked for, but {} has no columns; groups come from a column of a labels.csv: "
                    "mote data split --write makes one, to which the column can be added",
                    group_column, d->origin));
  if (!d) return std::move(d.error()).at(path.string());
  MOTE_TRY(d->recorded_by, read_sensor_json(path));
  d->contract = d->recorded_by;
  if (d->contract) d->contract_origin = kSensorFile;
  return d;
}

Expected<std::optional<Sensor>> read_sensor_json(const fs::path& dataset) {
  std::error_code ec;
  const fs::path file = (fs::is_directory(dataset, ec) ? dataset : dataset.parent_path()) / kSensorFile;
  if (!fs::exists(file, ec)) return std::optional<Sensor>();
  MOTE_TRY(const Bytes bytes, read_file(file));
  auto sensor = parse_sensor({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!sensor) return std::move(sensor.error()).at(file.string());
  return std::optional(*std::move(sensor));
}

std::string write_labels(const Dataset& d) {
  const bool ranged = std::any_of(d.items.begin(), d.items.end(), [](const Item& i) { return !i.ranges.empty(); });
  std::string text = "file,label," + (d.group_column.empty() ? "group" : csv_field(d.group_column)) + ",split" +
                     (ranged ? ",begin_s,end_s\n" : "\n");
  auto row = [&](const Item& item, const std::string& label, const std::string& range) {
    text += csv_field(item.file) + "," + csv_field(label) + "," + csv_field(item.group) + "," + csv_field(item.split) +
            (ranged ? "," + range : "") + "\n";
  };
  for (const Item& item : d.items) {
    if (item.ranges.empty()) row(item, item.label, ",");
    for (const TimeRange& r : item.ranges) row(item, r.label, fmt::format("{},{}", r.begin_s, r.end_s));
  }
  return text;
}

Expected<std::string> write_splits(const Dataset& d) {
  if (d.origin != kLabelsFile) return write_labels(d);
  MOTE_TRY(LabelTable table, read_label_table(d.root / kLabelsFile));
  const size_t split = table.find_or_add("split");
  std::map<std::string, std::string> split_of;
  for (const Item& item : d.items) split_of[item.file] = item.split;
  for (LabelTable::Row& row : table.rows) {
    std::string& field = row.fields[split];
    const std::string& wanted = split_of[table.field(row, "file")];
    if (normal_split(field) != wanted) field = wanted;
  }
  return write_label_table(table);
}

}  // namespace mote
