#include "mote/project/project.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mote/compiler/base/file_set.h"
#include "mote/data/image.h"

namespace mote {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  if (text.empty()) return lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

namespace {

// A value of the file as settings hold it; none for tables and dates.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_integer()) return std::to_string(v->get());
  if (const auto* v = node.as_floating_point()) return fmt::format("{}", v->get());
  if (const auto* v = node.as_boolean()) return v->get() ? "true" : "false";
  const auto* array = node.as_array();
  if (!array) return std::nullopt;
  std::string text;
  for (const toml::node& each : *array) {
    if (each.is_array() || each.is_table()) return std::nullopt;
    const auto item = text_of(each);
    if (!item) return std::nullopt;
    text += (text.empty() ? "" : "\n") + *item;
  }
  return text;
}

class ProjectReader {
 public:
  ProjectReader(std::string_view toml, const std::filesystem::path& file) : file_(file), toml_(toml) {
    project_.folder = file.parent_path();
  }

  Expected<Project> read() {
    toml::table root;
    try {
      root = toml::parse(toml_);
    } catch (const toml::parse_error& e) {
      complain(e.source(), std::string(e.description()));
      return failure();
    }
    for (const auto& [key, node] : root) read_top(key.str(), node);
    for (const Section& s : project_sections())
      if (!project_.sections.count(s.name)) read_section(s, toml::table{}, {});
    if (complaints_.empty()) check_features();
    if (!complaints_.empty()) return failure();
    return std::move(project_);
  }

 private:
  void complain(const toml::source_region& at, const std::string& what) {
    complaints_ += fmt::format("{}{}:{}: {}", complaints_.empty() ? "" : "\n", file_.filename().string(),
                               std::max<uint32_t>(at.begin.line, 1), what);
  }

  Error failure() const { return {Code::malformed, complaints_}; }

  void read_top(std::string_view key, const toml::node& node) {
    if (key == "block") return read_blocks(node);
    std::vector<std::string_view> names{"block"};
    for (const Section& s : project_sections()) {
      names.push_back(s.name);
      if (s.name != key) continue;
      if (const auto* table = node.as_table()) return read_section(s, *table, node.source());
      return complain(node.source(), fmt::format("{} is a section: [{}]", key, key));
    }
    const auto nearest = find_nearest(key, names);
    complain(node.source(), nearest ? fmt::format("there is no section [{}]; did you mean [{}]?", key, *nearest)
                                    : fmt::format("there is no section [{}]; docs/PROJECT.md lists them", key));
  }

  // The keys of a table, each checked by itself so that all that is wrong is found.
  std::map<std::string, std::string> read_keys(const std::string& name, std::span<const Setting> schema,
                                               const toml::table& table) {
    std::map<std::string, std::string> values;
    for (const auto& [key, node] : table) {
      const auto text = text_of(node);
      if (!text) {
        complain(node.source(), fmt::format("{}: {} is neither a value nor a list of values", name, key.str()));
        continue;
      }
      const std::map<std::string, std::string> one{{std::string(key.str()), *text}};
      if (const auto checked = check_settings(name, schema, one); !checked)
        complain(node.source(), checked.error().what);
      else values.insert(one.begin(), one.end());
    }
    return values;
  }

  void read_section(const Section& s, const toml::table& table, const toml::source_region&) {
    const std::string name = fmt::format("[{}]", s.name);
    project_.sections.emplace(s.name, *check_settings(name, s.settings, read_keys(name, s.settings, table)));
  }

  void read_blocks(const toml::node& node) {
    const auto* list = node.as_array();
    if (!list) return complain(node.source(), "blocks are written as [[block]], one for each");
    for (const toml::node& each : *list)
      if (const auto* table = each.as_table()) read_block(*table);
      else complain(each.source(), "a block is a table: [[block]]");
  }

  void read_block(const toml::table& table) {
    std::vector<std::string_view> names;
    for (const BlockDef* known : all_blocks()) names.push_back(known->name);
    const auto type = table["type"].value<std::string>();
    const BlockDef* block = type ? find_block(*type) : nullptr;
    if (!block) {
      const auto nearest = type ? find_nearest(*type, names) : std::nullopt;
      return complain(table.source(),
                      !type     ? "a block needs a type, such as type = \"mfcc\""
                      : nearest ? fmt::format("there is no block \"{}\"; did you mean \"{}\"?", *type, *nearest)
                                : fmt::format("there is no block \"{}\"; docs/PROJECT.md lists them", *type));
    }
    std::vector<Setting> schema(block_keys().begin(), block_keys().end());
    schema.insert(schema.end(), block->settings.begin(), block->settings.end());
    BlockConfig config{*type, read_keys(*type, schema, table)};
    config.settings.erase("type");
    if (auto name = config.settings.extract("name")) config.name = name.mapped();
    if (auto input = config.settings.extract("input")) config.input = input.mapped();
    for (auto [key, value] : {std::pair{"int8_low", &config.int8_low}, {"int8_high", &config.int8_high}})
      if (auto given = config.settings.extract(key)) *value = std::stod(given.mapped());
    blocks_at_.push_back(table.source());
    project_.blocks.push_back(std::move(config));
  }

  void check_features() {
    if (const auto signal = signal_of(project_); !signal) return complain({}, signal.error().what);
    if (const auto hop = hop_of(project_); !hop) return complain({}, hop.error().what);
    for (size_t i = 0; i < project_.blocks.size(); ++i)
      if (const auto graph = make_block_graph(project_, i); !graph) complain(blocks_at_[i], graph.error().what);
    if (!complaints_.empty() || project_.blocks.empty()) return;
    if (const auto graph = make_feature_graph(*signal_of(project_), project_.blocks, *hop_of(project_)); !graph)
      complain(blocks_at_[0], graph.error().what);
  }

  std::filesystem::path file_;
  std::string_view toml_;
  Project project_;
  std::vector<toml::source_region> blocks_at_;
  std::string complaints_;
};

}  // namespace

const Settings& Project::section(std::string_view name) const {
  const auto found = sections.find(name);
  MOTE_ASSERT(found != sections.end());
  return found->second;
}

bool is_project(const std::filesystem::path& file) { return file.extension() == ".toml"; }

Expected<Project> parse_project(std::string_view toml, const std::filesystem::path& file) {
  return ProjectReader(toml, file).read();
}

Expected<Project> read_project(const std::filesystem::path& file) {
  const std::filesystem::path path = std::filesystem::is_directory(file) ? file / "mote.toml" : file;
  MOTE_TRY(const Bytes bytes, read_file(path.string()));
  return parse_project({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

namespace {

constexpr double kMostSamples = 1 << 28;  // beyond any chip, and within 32 bits with their axes

// Seconds in samples; a whole number.
Expected<int32_t> samples_of(const char* what, double seconds, double rate_hz) {
  const double samples = seconds * rate_hz;
  if (samples > kMostSamples)
    return unsupported(fmt::format("[input]: a {} of {} s at {} Hz is {:.6g} samples; at most {:.6g} are supported",
                                   what, seconds, rate_hz, samples, kMostSamples));
  const auto whole = static_cast<int32_t>(std::lround(samples));
  if (std::abs(samples - whole) > 0.01)
    return unsupported(
        fmt::format("[input]: a {} of {} s at {} Hz is {:.6g} samples; {:.6g} s would be a whole number of them", what,
                    seconds, rate_hz, samples, std::max(whole, 1) / rate_hz));
  return whole;
}

// The pixels of a picture, which all come while the next one is waited for.
Expected<Signal> picture_of(const Settings& input, int32_t channels) {
  const int32_t width = input.integer("width"), height = input.integer("height");
  if (width == 0 || height == 0) return unsupported("[input]: a picture needs width and height");
  if (int64_t{width} * height > kMaxPixels)
    return unsupported(fmt::format("[input]: a picture of {} x {}; at most {} pixels", width, height, kMaxPixels));
  if (channels != 1 && channels != 3)
    return unsupported(
        fmt::format("[input]: a picture with {} axes; grey, or red, green and blue are supported", channels));
  const int32_t pixels = width * height;
  return Signal{input.number("rate_hz") * pixels, pixels, channels, 1.0 / 255, width};
}

}  // namespace

Expected<std::vector<double>> full_scales_of(const Project& project) {
  const Settings& input = project.section("input");
  const std::vector<std::string> texts = lines_of(input.choice("ranges"));
  const size_t axes = lines_of(input.choice("axes")).size();
  if (!texts.empty() && texts.size() != axes)
    return malformed(fmt::format("[input] ranges: {} of them for {} axes", texts.size(), axes));
  std::vector<double> ranges;
  for (const std::string& text : texts) {
    double range = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), range);
    if (error != std::errc() || end != text.data() + text.size() || !(range >= 1e-9 && range <= 1e9))
      return malformed(fmt::format("[input] ranges: \"{}\"; numbers from 1e-9 to 1e9 are allowed", text));
    ranges.push_back(range);
  }
  return ranges;
}

bool takes_pictures(const Project& project) { return project.section("input").choice("kind") == "image"; }

Expected<Signal> signal_of(const Project& project) {
  const Settings& input = project.section("input");
  const auto count = static_cast<int32_t>(lines_of(input.choice("axes")).size());
  if (count == 0) return unsupported("[input] axes: none is named; [\"x\"] is one axis");
  if (takes_pictures(project)) return picture_of(input, count);
  Signal signal;
  signal.rate_hz = input.number("rate_hz");
  MOTE_TRY(signal.samples, samples_of("window", input.number("window"), signal.rate_hz));
  signal.axes = count;
  MOTE_TRY(const std::vector<double> ranges, full_scales_of(project));
  signal.scale = (ranges.empty() ? input.number("range") : 1) / 32768;
  if (signal.samples < 1) return unsupported("[input]: a window holds no sample");
  return signal;
}

Expected<int32_t> hop_of(const Project& project) {
  const Settings& input = project.section("input");
  const double hop = input.number("hop");
  if (takes_pictures(project) || hop >= input.number("window")) return 0;
  MOTE_TRY(const int32_t samples, samples_of("hop", hop, input.number("rate_hz")));
  if (hop > 0 && samples == 0) return unsupported(fmt::format("[input]: a hop of {} s holds no sample", hop));
  return samples;
}

Expected<int32_t> period_of(const Project& project) {
  MOTE_TRY(const Signal signal, signal_of(project));
  const double hop = project.section("input").number("hop");
  if (takes_pictures(project) || hop == 0) return signal.samples;
  return samples_of("hop", hop, signal.rate_hz);
}

double seconds_per_window(const Project& project) {
  const Settings& input = project.section("input");
  if (takes_pictures(project)) return 1 / input.number("rate_hz");
  return input.number("hop") > 0 ? input.number("hop") : input.number("window");
}

}  // namespace mote
