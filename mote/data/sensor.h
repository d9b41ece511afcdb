// The sensor contract: what the numbers of a recording mean. It is found in the recordings, written beside an imported
// data set (sensor.json), and every file is held to it: a model that learned from g must never be given m/s².
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

struct Axis {
  std::string name;
  std::string unit;  // as normal_unit() writes it; empty: not known
  bool operator==(const Axis&) const = default;
};

struct Sensor {
  double rate_hz = 0;      // frames a second; 0: not known
  std::vector<Axis> axes;  // in the order of a frame's values
  double range = 0;        // full scale: |value| <= range, in the unit of the axes; 0: not known
};

// One spelling for each unit: "m/s^2", "ms-2" and "m/s²" become "m/s2". What it does not know comes back as it is.
std::string normal_unit(std::string_view unit);

// How many `to` are one `from` (g to m/s2: 9.80665); none where the units measure different things.
std::optional<double> unit_factor(std::string_view from, std::string_view to);

// Rates that differ by less than this share are the same rate: clocks of sensors are not better.
constexpr double kRateTolerance = 0.005;
bool is_same_rate(double a_hz, double b_hz);

// Whether its axes have names; those of files that name none are ch1, ch2 and so on.
bool has_names(const Sensor& sensor);

// What `found` breaks of `expected`, a sentence each, saying what was found and what is expected. What is not known on
// either side breaks nothing; axes without names are those expected, in this order.
std::vector<std::string> contract_breaches(const Sensor& expected, const Sensor& found);

// `found` with what it leaves open by `known`: rate, names of axes (of as many without names), units, range.
Sensor fill_in(Sensor found, const Sensor& known);

// "62.5 Hz, 3 axes: ax [g], ay [g], az [g], ±2 g"
std::string describe(const Sensor& sensor);

// {"rate_hz": 62.5, "range": 2, "axes": [{"name": "ax", "unit": "g"}]}; what is not known is left out.
nlohmann::ordered_json to_json(const Sensor& sensor);
Expected<Sensor> parse_sensor(std::string_view json);

}  // namespace mote
