#include "mote/data/sensor.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace mote {
namespace {

struct Unit {
  std::string_view name;       // the normal spelling
  std::string_view quantity;   // units of one quantity can be converted
  double factor;               // of the quantity's base unit
  std::string_view spellings;  // others, each between blanks
};

constexpr double kPi = 3.14159265358979323846;
constexpr double kGravity = 9.80665;  // standard gravity, m/s² (CGPM 1901)

constexpr std::array<Unit, 27> kUnits{{
    {"m/s2", "acceleration", 1, " m/s^2 m/s² m/s/s ms-2 m.s-2 m*s^-2 ms^-2 mps2 "},
    {"g", "acceleration", kGravity, " gs grav "},
    {"mg", "acceleration", kGravity / 1000, " milli-g "},
    {"deg/s", "rotation", kPi / 180, " dps °/s degrees/s deg/sec "},
    {"rad/s", "rotation", 1, " rad/sec rads "},
    {"mdps", "rotation", kPi / 180000, " mdeg/s "},
    {"uT", "magnetic field", 1e-6, " µt μt microtesla "},
    {"gauss", "magnetic field", 1e-4, ""},
    {"V", "voltage", 1, " volt volts "},
    {"mV", "voltage", 1e-3, " millivolt millivolts "},
    {"uV", "voltage", 1e-6, " µv μv microvolt "},
    {"A", "current", 1, " ampere amp amps "},
    {"mA", "current", 1e-3, ""},
    {"Pa", "pressure", 1, " pascal "},
    {"hPa", "pressure", 100, " mbar "},
    {"kPa", "pressure", 1000, ""},
    {"bar", "pressure", 1e5, ""},
    {"degC", "Celsius", 1, " c °c celsius cel "},
    {"K", "kelvin", 1, " kelvin "},
    {"m", "length", 1, " metre meter "},
    {"mm", "length", 1e-3, ""},
    {"m/s", "speed", 1, " mps "},
    {"mm/s", "speed", 1e-3, ""},
    {"Hz", "frequency", 1, " hertz "},
    {"l/min", "flow", 1, " lpm "},
    {"%", "share", 1, " percent %rh "},
    {"lux", "light", 1, " lx "},
}};

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

// Case tells milli from mega and gauss from g, so the exact name goes first.
const Unit* find_unit(std::string_view text) {
  for (const Unit& unit : kUnits)
    if (unit.name == text) return &unit;
  const std::string wanted = " " + lower(text) + " ";
  for (const Unit& unit : kUnits)
    if (" " + lower(unit.name) + " " == wanted || unit.spellings.find(wanted) != unit.spellings.npos) return &unit;
  return nullptr;
}

constexpr size_t kShownAxes = 8;

std::string names_of(const Sensor& sensor) {
  std::string names;
  for (size_t i = 0; i < sensor.axes.size(); ++i) {
    if (i == kShownAxes && sensor.axes.size() > kShownAxes + 1) return names + ", … " + sensor.axes.back().name;
    names += (i ? ", " : "") + sensor.axes[i].name;
  }
  return names;
}

bool has_same_names(const Sensor& a, const Sensor& b) {
  auto names = [](const Sensor& s) {
    std::vector<std::string> all;
    for (const Axis& axis : s.axes) all.push_back(axis.name);
    std::sort(all.begin(), all.end());
    return all;
  };
  return names(a) == names(b);
}

bool has_same_order(const Sensor& a, const Sensor& b) {
  return std::equal(a.axes.begin(), a.axes.end(), b.axes.begin(), b.axes.end(),
                    [](const Axis& x, const Axis& y) { return x.name == y.name; });
}

}  // namespace

std::string normal_unit(std::string_view unit) {
  if (unit.empty()) return "";
  const Unit* known = find_unit(unit);
  return std::string(known ? known->name : unit);
}

std::optional<double> unit_factor(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const Unit *a = find_unit(from), *b = find_unit(to);
  if (!a || !b || a->quantity != b->quantity) return std::nullopt;
  return a == b ? 1 : a->factor / b->factor;
}

bool is_same_rate(double a_hz, double b_hz) { return std::abs(a_hz - b_hz) <= kRateTolerance * std::max(a_hz, b_hz); }

bool has_names(const Sensor& sensor) {
  size_t i = 0;
  return !std::all_of(sensor.axes.begin(), sensor.axes.end(),
                      [&](const Axis& axis) { return axis.name == fmt::format("ch{}", ++i); });
}

std::vector<std::string> contract_breaches(const Sensor& expected, const Sensor& found) {
  std::vector<std::string> breaches;
  auto breach = [&](std::string text) { breaches.push_back(std::move(text)); };
  if (expected.rate_hz > 0 && found.rate_hz > 0 && !is_same_rate(expected.rate_hz, found.rate_hz))
    breach(fmt::format("the rate is {:.6g} Hz; {:.6g} Hz is expected", found.rate_hz, expected.rate_hz));
  if (expected.axes.empty() || found.axes.empty()) return breaches;
  if (expected.axes.size() != found.axes.size()) {
    breach(fmt::format("has {} axes ({}); {} are expected ({})", found.axes.size(), names_of(found),
                       expected.axes.size(), names_of(expected)));
    return breaches;
  }
  const bool named = has_names(expected) && has_names(found);
  if (named && !has_same_order(expected, found))
    breach(
        fmt::format("{}: {}; {} is expected",
                    has_same_names(expected, found) ? "the axes are in another order" : "the axes are named otherwise",
                    names_of(found), names_of(expected)));
  for (size_t i = 0; i < found.axes.size(); ++i) {
    const Axis& axis = found.axes[i];
    const auto same = std::find_if(expected.axes.begin(), expected.axes.end(), [&](const Axis& e) {
      return named ? e.name == axis.name : &e == &expected.axes[i];
    });
    if (same == expected.axes.end() || same->unit.empty() || axis.unit.empty() || same->unit == axis.unit) continue;
    breach(fmt::format("{} is in {}; {} is expected", axis.name, axis.unit, same->unit));
  }
  if (expected.range > 0 && found.range > 0 && expected.range != found.range)
    breach(fmt::format("the range is ±{:.6g}; ±{:.6g} is expected", found.range, expected.range));
  return breaches;
}

Sensor fill_in(Sensor found, const Sensor& known) {
  if (found.rate_hz == 0) found.rate_hz = known.rate_hz;
  if (found.axes.empty()) found.axes = known.axes;
  if (found.axes.size() == known.axes.size() && !has_names(found))
    for (size_t i = 0; i < found.axes.size(); ++i) found.axes[i].name = known.axes[i].name;
  bool same_units = true;  // those that the range is in
  for (Axis& axis : found.axes) {
    const auto same =
        std::find_if(known.axes.begin(), known.axes.end(), [&](const Axis& a) { return a.name == axis.name; });
    if (same != known.axes.end() && axis.unit.empty()) axis.unit = same->unit;
    same_units &= same == known.axes.end() || axis.unit == same->unit;
  }
  if (found.range == 0 && same_units) found.range = known.range;
  return found;
}

std::string describe(const Sensor& sensor) {
  std::string text = sensor.rate_hz > 0 ? fmt::format("{:.6g} Hz", sensor.rate_hz) : "rate not known";
  text += fmt::format(", {} {}: ", sensor.axes.size(), sensor.axes.size() == 1 ? "axis" : "axes");
  for (size_t i = 0; i < sensor.axes.size(); ++i) {
    if (i == kShownAxes && sensor.axes.size() > kShownAxes + 1)
      return text + fmt::format(", … {}", sensor.axes.back().name);
    const Axis& axis = sensor.axes[i];
    text += (i ? ", " : "") + axis.name + (axis.unit.empty() ? "" : " [" + axis.unit + "]");
  }
  return text + (sensor.range > 0 ? fmt::format(", ±{:.6g}", sensor.range) : "");
}

nlohmann::ordered_json to_json(const Sensor& sensor) {
  nlohmann::ordered_json j = nlohmann::ordered_json::object();
  if (sensor.rate_hz > 0) j["rate_hz"] = sensor.rate_hz;
  if (sensor.range > 0) j["range"] = sensor.range;
  j["axes"] = nlohmann::ordered_json::array();
  for (const Axis& axis : sensor.axes) {
    nlohmann::ordered_json a{{"name", axis.name}};
    if (!axis.unit.empty()) a["unit"] = axis.unit;
    j["axes"].push_back(std::move(a));
  }
  return j;
}

Expected<Sensor> parse_sensor(std::string_view text) {
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object())
    return malformed("is not a JSON object; a contract is {\"rate_hz\": …, \"axes\": [{\"name\": …, \"unit\": …}]}");
  Sensor sensor;
  for (const auto& [key, value] : {std::pair{"rate_hz", &sensor.rate_hz}, {"range", &sensor.range}}) {
    if (!j.contains(key)) continue;
    if (!j[key].is_number() || !(j[key].get<double>() > 0))
      return malformed(fmt::format("\"{}\" has to be a number above 0", key));
    *value = j[key].get<double>();
  }
  if (!j.contains("axes") || !j["axes"].is_array()) return malformed("has no list \"axes\"");
  for (const auto& a : j["axes"]) {
    if (!a.is_object() || !a.contains("name") || !a["name"].is_string() ||
        (a.contains("unit") && !a["unit"].is_string()))
      return malformed("an axis is {\"name\": text, \"unit\": text}");
    sensor.axes.push_back(
        {a["name"].get<std::string>(), a.contains("unit") ? normal_unit(a["unit"].get<std::string>()) : ""});
  }
  return sensor;
}

}  // namespace mote
