#include "mote/blocks/block.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "mote/compiler/ir/op_def.h"
#include "mote/ops/rescale/rescale.op.h"

namespace mote {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string join(std::span<const std::string_view> words) {
  std::string text;
  for (std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

Status check_value(std::string_view block, const Setting& s, const std::string& value) {
  auto refuse = [&](const std::string& allowed) {
    return unsupported(fmt::format("{}: {} = {}; allowed is {}{}{}", block, s.name, value, allowed,
                                   s.unit.empty() ? "" : " ", s.unit));
  };
  if (s.kind == Setting::choice) {
    const auto choices = split_words(s.choices);
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) return refuse(join(choices));
    return {};
  }
  if (s.kind == Setting::flag) return value == "true" || value == "false" ? Status() : refuse("true or false");
  if (s.kind == Setting::text || s.kind == Setting::texts) return {};
  const auto number = parse_number(value);
  const std::string allowed =
      fmt::format("{} from {} to {}", s.kind == Setting::integer ? "a whole number" : "a number", s.low, s.high);
  if (!number || *number < s.low || *number > s.high) return refuse(allowed);
  if (s.kind == Setting::integer && *number != std::floor(*number)) return refuse(allowed);
  return {};
}

}  // namespace

std::optional<std::string_view> find_nearest(std::string_view name, std::span<const std::string_view> names) {
  std::optional<std::string_view> nearest;
  size_t least = name.size() / 3 + 1;
  for (std::string_view candidate : names)
    if (const size_t distance = candidate.starts_with(name) ? 1 : edit_distance(name, candidate);
        distance <= least && (!nearest || distance < least))
      nearest = candidate, least = distance;
  return nearest;
}

double Settings::number(std::string_view name) const {
  const auto found = values_.find(name);
  MOTE_ASSERT(found != values_.end());
  return parse_number(found->second).value_or(0);
}

const std::string& Settings::choice(std::string_view name) const {
  const auto found = values_.find(name);
  MOTE_ASSERT(found != values_.end());
  return found->second;
}

Expected<Settings> check_settings(std::string_view block, std::span<const Setting> schema,
                                  const std::map<std::string, std::string>& given) {
  Settings settings;
  std::vector<std::string_view> names;
  for (const Setting& s : schema) names.push_back(s.name), settings.values_[std::string(s.name)] = s.default_value;
  for (const auto& [name, value] : given) {
    const auto s = std::find_if(schema.begin(), schema.end(), [&](const Setting& it) { return it.name == name; });
    if (s == schema.end()) {
      const auto nearest = find_nearest(name, names);
      return unsupported(fmt::format(
          "{}: there is no setting \"{}\"; {}", block, name,
          nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("there are {}", join(names))));
    }
    MOTE_TRY_STATUS(check_value(block, *s, value));
    settings.values_[name] = value;
  }
  return settings;
}

const BlockDef* find_block(std::string_view name) {
  for (const BlockDef* block : all_blocks())
    if (block->name == name) return block;
  return nullptr;
}

namespace {

constexpr std::string_view kSensor = "samples";

// A block of a graph, checked; `input` is the index of the link whose samples it takes, or -1 for the sensor's.
struct Link {
  const BlockDef* block = nullptr;
  Settings settings;
  std::string_view name;
  int32_t input = -1;
  bool is_input = false;  // of another one
  Signal takes, makes;
};

Expected<std::vector<Link>> check_blocks(std::span<const BlockConfig> blocks) {
  std::vector<Link> links;
  std::vector<std::string_view> names{kSensor};
  for (const BlockConfig& config : blocks) {
    Link link;
    link.block = find_block(config.block);
    if (!link.block) {
      std::vector<std::string_view> known;
      for (const BlockDef* block : all_blocks()) known.push_back(block->name);
      return unsupported(fmt::format("there is no block \"{}\"; there are {}", config.block, join(known)));
    }
    MOTE_TRY(link.settings, check_settings(link.block->name, link.block->settings, config.settings));
    link.name = config.name.empty() ? config.block : config.name;
    if (std::find(names.begin(), names.end(), link.name) != names.end())
      return unsupported(fmt::format("two inputs are named \"{}\"; give one of them another name", link.name));
    names.push_back(link.name);
    links.push_back(std::move(link));
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), blocks[i].input);
    if (found == names.end())
      return unsupported(
          fmt::format("{}: there is no input \"{}\"; there are {}", links[i].name, blocks[i].input, join(names)));
    links[i].input = static_cast<int32_t>(found - names.begin()) - 1;
    if (links[i].input < 0) continue;
    Link& from = links[static_cast<size_t>(links[i].input)];
    if (!from.block->makes)
      return unsupported(fmt::format("{}: its input \"{}\" makes features, not samples", links[i].name, from.name));
    from.is_input = true;
  }
  return links;
}

// The links such that each stands behind the one whose samples it takes.
Expected<std::vector<size_t>> order_links(const std::vector<Link>& links) {
  std::vector<size_t> order;
  std::vector<bool> done(links.size(), false);
  while (order.size() < links.size()) {
    const size_t before = order.size();
    for (size_t i = 0; i < links.size(); ++i)
      if (!done[i] && (links[i].input < 0 || done[static_cast<size_t>(links[i].input)]))
        done[i] = true, order.push_back(i);
    if (order.size() > before) continue;
    const auto stuck = static_cast<size_t>(std::find(done.begin(), done.end(), false) - done.begin());
    return unsupported(fmt::format("{}: its input is made from its own output", links[stuck].name));
  }
  return order;
}

Status check_kind(const Link& link) {
  const bool is_picture = link.takes.width > 0;
  if (is_picture == link.block->takes_pictures) return {};
  return unsupported(fmt::format("{}: it takes {}; the sensor makes {}", link.name,
                                 is_picture ? "samples in time" : "pictures",
                                 is_picture ? "pictures" : "samples in time"));
}

// The least number of the sensor's samples that become a whole number of the signal's, and that number.
struct Period {
  int32_t sensor, made;
};
Period period_of(const Signal& sensor, const Signal& signal) {
  const int32_t common = std::gcd(sensor.samples, signal.samples);
  return {sensor.samples / common, signal.samples / common};
}

// How many of the sensor's samples a row may hold at most for this block, which moves along in whole rows.
Expected<int32_t> row_of_link(const Signal& sensor, const Link& link) {
  MOTE_TRY(const int32_t step, link.block->row_samples(link.takes, link.settings));
  const Period period = period_of(sensor, link.takes);
  if (step % period.made != 0)
    return unsupported(fmt::format(
        "{}: it moves along by {} samples, and every {} of the sensor's become {}; allowed are multiples of {} "
        "({:.6g} s)",
        link.name, step, period.sensor, period.made, period.made, period.made / link.takes.rate_hz));
  return std::gcd(step, link.takes.samples) / period.made * period.sensor;
}

// Finds the signal of every link, and how many of the sensor's samples a row can hold.
Expected<int32_t> find_row(const Signal& sensor, int32_t hop, std::vector<Link>& links,
                           const std::vector<size_t>& order) {
  int32_t row = std::gcd(sensor.samples, hop);
  for (size_t i : order) {
    Link& link = links[i];
    link.takes = link.input < 0 ? sensor : links[static_cast<size_t>(link.input)].makes;
    MOTE_TRY_STATUS(check_kind(link));
    MOTE_TRY(const int32_t suits, row_of_link(sensor, link));
    row = std::gcd(row, suits);
    if (!link.block->makes) continue;
    MOTE_TRY(link.makes, link.block->makes(link.takes, link.settings));
  }
  for (const Link& link : links) {
    if (!link.block->makes) continue;
    const Period period = period_of(sensor, link.makes);
    if (hop % period.sensor != 0)
      return unsupported(
          fmt::format("{}: a hop of {} samples, of which every {} become {}; it has to be a multiple of {} ({:.6g} s)",
                      link.name, hop, period.sensor, period.made, period.sensor, period.sensor / sensor.rate_hz));
    if (row % period.sensor != 0)
      return unsupported(
          fmt::format("{}: rows of {} samples, which suit all blocks, hold no whole number of its samples; allowed are "
                      "multiples of {}",
                      link.name, row, period.sensor));
  }
  return row;
}

}  // namespace

namespace {

// In the steps that the configuration asks for, if it does.
Expected<TensorId> quantize_features(Graph& graph, TensorId features, const BlockConfig& config, const Link& link) {
  const double low = config.int8_low, high = config.int8_high;
  if (low == 0 && high == 0) return features;
  if (link.is_input) return unsupported(fmt::format("{}: other blocks take what it makes; it stays int16", link.name));
  if (!(low <= 0 && high >= 0))
    return unsupported(fmt::format("{}: int8 from {} to {}; 0 has to be in between", link.name, low, high));
  if (graph.at(features).type != DType::int16)
    return unsupported(fmt::format("{}: its features are {} already", link.name, name_of(graph.at(features).type)));
  const auto scale = static_cast<float>((high - low) / 255);
  const auto zero = static_cast<int32_t>(std::lround(-128 - low / double{scale}));
  Tensor out;
  out.name = "quantised_features";
  out.quant = {{scale}, {std::clamp(zero, -128, 127)}, 0};
  return append(graph, make_rescale({}, features, kNone), std::move(out));
}

}  // namespace

Expected<Graph> make_feature_graph(const Signal& signal, std::span<const BlockConfig> blocks, int32_t hop) {
  if (signal.samples < 1 || signal.axes < 1 || !(signal.rate_hz > 0) || !(signal.scale > 0))
    return unsupported("a signal needs samples, axes, a rate and a scale, all above 0");
  if (signal.width > 0 && (signal.samples % signal.width != 0 || hop != 0 || (signal.axes != 1 && signal.axes != 3)))
    return unsupported("a picture needs whole rows, and one channel or three; it does not slide");
  MOTE_TRY(std::vector<Link> links, check_blocks(blocks));
  MOTE_TRY(const std::vector<size_t> order, order_links(links));
  MOTE_TRY(const int32_t row, find_row(signal, hop, links, order));
  Graph graph;
  graph.name = "features";
  Tensor samples;
  samples.name = kSensor;
  samples.type = signal.width > 0 ? DType::uint8 : DType::int16;
  samples.shape = {1, signal.samples / row, row * signal.axes};
  if (signal.width > 0) samples.shape = {1, signal.samples / signal.width, signal.width, signal.axes};
  samples.quant = {{static_cast<float>(signal.scale)}, {0}, 0};
  graph.inputs = {graph.add(std::move(samples))};
  std::vector<TensorId> made(links.size());
  for (size_t i : order) {
    const Link& link = links[i];
    const TensorId in = link.input < 0 ? graph.inputs[0] : made[static_cast<size_t>(link.input)];
    MOTE_TRY(made[i], link.block->attach(graph, in, link.takes, link.settings));
    MOTE_TRY(made[i], quantize_features(graph, made[i], blocks[i], link));
  }
  for (size_t i = 0; i < links.size(); ++i)
    if (!links[i].is_input) graph.outputs.push_back(made[i]);
  return graph;
}

}  // namespace mote
