#include "mote/compiler/ir/costs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mote {
namespace {

using Json = nlohmann::json;

struct Factor {
  const char* key;
  double KernelCost::*member;
};
constexpr Factor kFactors[] = {{"step", &KernelCost::step},
                               {"pixel", &KernelCost::pixel},
                               {"value", &KernelCost::value},
                               {"output", &KernelCost::output},
                               {"mac", &KernelCost::mac},
                               {"rest_mac", &KernelCost::rest_mac},
                               {"code_bytes", &KernelCost::code_bytes}};

Expected<KernelCost> read_cost(const Json& json) {
  if (!json.is_object()) return malformed("must be an object");
  KernelCost cost;
  for (const auto& [key, value] : json.items()) {
    const auto factor =
        std::find_if(std::begin(kFactors), std::end(kFactors), [&](const Factor& f) { return f.key == key; });
    if (factor == std::end(kFactors) || !value.is_number() || value.get<double>() < 0)
      return malformed("\"" + key +
                       "\" must be a factor (step, pixel, value, output, mac, rest_mac, code_bytes) of 0 or more");
    cost.*(factor->member) = value.get<double>();
  }
  return cost;
}

}  // namespace

double KernelCost::instructions(const Work& work) const {
  return step * static_cast<double>(work.steps) + pixel * static_cast<double>(work.pixels) +
         value * static_cast<double>(work.values) + output * static_cast<double>(work.outputs) +
         mac * static_cast<double>(work.macs) + rest_mac * static_cast<double>(work.rest_macs);
}

Expected<Costs> parse_costs(const std::string& core, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return malformed("is not a JSON object").at("costs of " + core);
  Costs costs;
  for (const auto& [kernel, entry] : json.items()) {
    Expected<KernelCost> cost = read_cost(entry);
    if (!cost) return std::move(cost.error()).at("costs of " + core + ", " + kernel);
    costs.emplace(kernel, *cost);
  }
  return costs;
}

}  // namespace mote
