#include "mote/blocks/block.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "mote/compiler/ir/op_def.h"

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

Expected<TensorId> append(Graph& graph, Op op, Tensor out) {
  op.source = static_cast<int32_t>(graph.ops.size());
  const TensorId id = graph.add(std::move(out));
  op.out = {id};
  MOTE_TRY(const std::vector<OutputType> types, op.def->infer(op, graph));
  graph.at(id).type = types[0].type;
  graph.at(id).shape = types[0].shape;
  graph.ops.push_back(std::move(op));
  return id;
}

Expected<Graph> make_feature_graph(const Signal& signal, std::span<const BlockConfig> blocks) {
  if (signal.samples < 1 || signal.axes < 1 || !(signal.rate_hz > 0) || !(signal.scale > 0))
    return unsupported("a signal needs samples, axes, a rate and a scale, all above 0");
  int32_t row = signal.samples;
  std::vector<std::pair<const BlockDef*, Settings>> checked;
  for (const BlockConfig& config : blocks) {
    const BlockDef* block = find_block(config.block);
    if (!block) {
      std::vector<std::string_view> names;
      for (const BlockDef* known : all_blocks()) names.push_back(known->name);
      return unsupported(fmt::format("there is no block \"{}\"; there are {}", config.block, join(names)));
    }
    MOTE_TRY(Settings settings, check_settings(block->name, block->settings, config.settings));
    MOTE_TRY(const int32_t step, block->row_samples(signal, settings));
    row = std::gcd(row, step);
    checked.emplace_back(block, std::move(settings));
  }
  Graph graph;
  graph.name = "features";
  Tensor samples;
  samples.name = "samples";
  samples.type = DType::int16;
  samples.shape = {1, signal.samples / row, row * signal.axes};
  samples.quant = {{static_cast<float>(signal.scale)}, {0}, 0};
  graph.inputs = {graph.add(std::move(samples))};
  for (const auto& [block, settings] : checked) {
    MOTE_TRY(const TensorId out, block->attach(graph, graph.inputs[0], signal, settings));
    graph.outputs.push_back(out);
  }
  return graph;
}

}  // namespace mote
