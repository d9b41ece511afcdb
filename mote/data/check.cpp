#include "mote/data/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numeric>

#include "mote/data/split.h"

namespace mote {
namespace {

constexpr double kGravity = 9.80665;
constexpr size_t kFewestFiles = 4;  // that can agree with each other
constexpr size_t kShownPairs = 20;

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// ---- gravity ----

using Vector = std::array<double, 3>;

double length(const Vector& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

double cosine(const Vector& a, const Vector& b) {
  const double l = length(a) * length(b);
  return l > 0 ? (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / l : 0;
}

bool may_be_acceleration(const Sensor& s) {
  auto fits = [](const Axis& a) { return a.unit.empty() || unit_factor(a.unit, "g").has_value(); };
  return s.axes.size() == 3 && std::all_of(s.axes.begin(), s.axes.end(), fits);
}

struct Gravity {
  const Scan* scan;
  Vector mean;
};

std::vector<Gravity> gather_gravity(const std::vector<Scan>& scans) {
  std::vector<Gravity> all;
  for (const Scan& s : scans)
    if (!s.is_picture && s.frames > 0 && may_be_acceleration(s.sensor))
      all.push_back({&s, {s.axes[0].mean, s.axes[1].mean, s.axes[2].mean}});
  return all;
}

Vector median_of(const std::vector<Gravity>& all) {
  Vector m{};
  for (size_t a = 0; a < 3; ++a) {
    std::vector<double> v;
    for (const Gravity& g : all) v.push_back(g.mean[a]);
    m[a] = median(v);
  }
  return m;
}

void check_magnitude(const std::vector<Gravity>& all, std::vector<Fault>& faults) {
  std::vector<double> lengths, off;
  for (const Gravity& g : all) lengths.push_back(length(g.mean));
  const double usual = median(lengths);
  for (double l : lengths) off.push_back(std::abs(l - usual));
  if (!(usual > 0) || median(off) > 0.2 * usual) return;  // something else than gravity
  const std::string& unit = all[0].scan->sensor.axes[0].unit;
  const bool looks_g = std::abs(usual - 1) < 0.15, looks_si = std::abs(usual - kGravity) < 1.5;
  if ((unit == "m/s2" && looks_g) || (unit == "g" && looks_si))
    faults.push_back({Fault::error, "", -1,
                      fmt::format("the unit is given as {}, but the mean acceleration is {:.3g}, as gravity is in {}",
                                  unit, usual, looks_g ? "g" : "m/s2")});
  if (unit.empty() && (looks_g || looks_si))
    faults.push_back({Fault::warning, "", -1,
                      fmt::format("no unit is given; the mean acceleration is {:.3g}, as gravity is in {}: --unit {}",
                                  usual, looks_g ? "g" : "m/s2", looks_g ? "g" : "m/s2")});
  for (size_t i = 0; i < all.size() && all.size() >= kFewestFiles; ++i) {
    const double times = lengths[i] / usual;
    if (std::abs(times / kGravity - 1) < 0.15 || std::abs(times * kGravity - 1) < 0.15)
      faults.push_back(
          {Fault::error, all[i].scan->file, -1,
           fmt::format(
               "its mean acceleration is {:.3g}, that of the other files {:.3g}: m/s2 where they have g, or the reverse",
               lengths[i], usual)});
  }
}

struct Turn {
  std::array<size_t, 3> axis{0, 1, 2};
  std::array<double, 3> sign{1, 1, 1};
  Vector of(const Vector& v) const { return {sign[0] * v[axis[0]], sign[1] * v[axis[1]], sign[2] * v[axis[2]]}; }
};

std::vector<Turn> all_turns() {
  std::vector<Turn> turns;
  std::array<size_t, 3> axis{0, 1, 2};
  do {
    for (unsigned signs = 0; signs < 8; ++signs)
      turns.push_back({axis, {signs & 1 ? -1.0 : 1.0, signs & 2 ? -1.0 : 1.0, signs & 4 ? -1.0 : 1.0}});
  } while (std::next_permutation(axis.begin(), axis.end()));
  return turns;
}

std::string print(const Turn& turn, const Sensor& sensor) {
  std::string text;
  for (size_t i = 0; i < 3; ++i)
    text += (i ? ", " : "") + std::string(turn.sign[i] < 0 ? "-" : "") + sensor.axes[turn.axis[i]].name;
  return text;
}

void check_direction(const std::vector<Gravity>& all, std::vector<Fault>& faults) {
  const Vector usual = median_of(all);
  std::vector<double> agreement;
  for (const Gravity& g : all) agreement.push_back(cosine(g.mean, usual));
  if (all.size() < kFewestFiles || median(agreement) < 0.97) return;  // the sensor is held in many ways
  for (const Gravity& g : all) {
    if (cosine(g.mean, usual) > 0.7) continue;
    const Turn* best = nullptr;
    static const std::vector<Turn> turns = all_turns();
    for (const Turn& t : turns)
      if (!best || cosine(t.of(g.mean), usual) > cosine(best->of(g.mean), usual)) best = &t;
    if (cosine(best->of(g.mean), usual) > 0.95)
      faults.push_back(
          {Fault::error, g.scan->file, -1,
           fmt::format(
               "gravity points elsewhere than in the other files, and as there if the axes were {}: swapped or turned axes",
               print(*best, g.scan->sensor))});
  }
}

// ---- the same sensor ----

// Files that lack something are counted, not listed.
void check_known(const std::vector<Scan>& scans, std::vector<Fault>& faults) {
  size_t recordings = 0, no_rate = 0, no_unit = 0;
  for (const Scan& s : scans) {
    if (s.is_picture || s.sensor.axes.empty()) continue;
    ++recordings;
    no_rate += s.sensor.rate_hz == 0;
    no_unit += s.sensor.range == 0 &&
               std::any_of(s.sensor.axes.begin(), s.sensor.axes.end(), [](const Axis& a) { return a.unit.empty(); });
  }
  auto of = [&](size_t n) {
    return n == recordings ? "the files do not" : fmt::format("{} of {} files do not", n, recordings);
  };
  if (no_rate) faults.push_back({Fault::warning, "", -1, of(no_rate) + " say their rate: --rate HZ sets it"});
  if (no_unit)
    faults.push_back({Fault::warning, "", -1,
                      of(no_unit) + " say the units of all axes: --unit UNIT or --unit AXIS=UNIT sets them"});
}

void check_pictures(const std::vector<Scan>& scans, std::vector<Fault>& faults) {
  std::map<std::array<int, 3>, size_t> sizes;
  for (const Scan& s : scans)
    if (s.is_picture) ++sizes[{s.width, s.height, s.channels}];
  if (sizes.size() < 2) return;
  const auto usual = std::max_element(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) {
                       return a.second < b.second;
                     })->first;
  for (const Scan& s : scans)
    if (s.is_picture && s.channels != usual[2])
      faults.push_back(
          {Fault::warning, s.file, -1, fmt::format("has {} channels; most pictures have {}", s.channels, usual[2])});
  faults.push_back(
      {Fault::warning, "", -1,
       fmt::format("pictures have {} sizes; {} x {} is the most frequent", sizes.size(), usual[0], usual[1])});
}

// ---- full scale ----

constexpr double kRangeTolerance = 1e-3, kAnotherScale = 2;

// Of an axis of a file, in its own unit; 0: not known.
double full_scale(const Dataset& d, const Sensor& found, size_t axis) {
  if (!d.contract || d.contract->axes.empty())
    return d.contract && d.contract->range > 0 ? d.contract->range : found.range;
  const Sensor& expected = *d.contract;
  size_t at = axis;
  if (has_names(expected) && has_names(found))
    at = static_cast<size_t>(std::find_if(expected.axes.begin(), expected.axes.end(),
                                          [&](const Axis& a) { return a.name == found.axes[axis].name; }) -
                             expected.axes.begin());
  if (at >= expected.axes.size()) return 0;
  const std::string &from = expected.axes[at].unit, &to = found.axes[axis].unit;
  const auto factor = from.empty() || to.empty() ? 1 : unit_factor(from, to);
  const double range = d.full_scales.empty() ? expected.range : d.full_scales[at];
  return range > 0 ? range * factor.value_or(0) : found.range;
}

// ---- copies ----

constexpr size_t kBlockBytes = size_t{1} << 20;

std::string_view next_block(std::ifstream& in, std::vector<char>& block) {
  in.read(block.data(), static_cast<std::streamsize>(block.size()));
  return {block.data(), static_cast<size_t>(in.gcount())};
}

// Of two files that differ it may be the same, seldom.
uint64_t hash_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> block(kBlockBytes);
  uint64_t hash = 0;
  for (std::string_view bytes; !(bytes = next_block(in, block)).empty();)
    hash = 31 * hash + std::hash<std::string_view>()(bytes);
  return hash;
}

bool are_same_files(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::ifstream in_a(a, std::ios::binary), in_b(b, std::ios::binary);
  std::vector<char> block_a(kBlockBytes), block_b(kBlockBytes);
  for (;;) {
    const std::string_view bytes_a = next_block(in_a, block_a), bytes_b = next_block(in_b, block_b);
    if (bytes_a != bytes_b) return false;
    if (bytes_a.empty()) return true;
  }
}

}  // namespace

Sensor usual_sensor(const std::vector<Scan>& scans) {
  std::map<std::string, std::pair<size_t, const Sensor*>> counts;
  for (const Scan& s : scans) {
    if (s.is_picture || s.sensor.axes.empty()) continue;
    // Rates measured by clocks differ in their last digits.
    Sensor rounded = s.sensor;
    rounded.rate_hz = rounded.rate_hz > 0 ? std::pow(1.02, std::round(std::log(rounded.rate_hz) / std::log(1.02))) : 0;
    auto& [n, sensor] = counts[describe(rounded)];
    if (n++ == 0) sensor = &s.sensor;
  }
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  return most == counts.end() ? Sensor{} : *most->second.second;
}

std::vector<Fault> check_sensors(const std::vector<Scan>& scans, const Dataset& d) {
  std::vector<Fault> faults;
  const Sensor expected = d.contract ? *d.contract : usual_sensor(scans);
  const std::string by = d.contract ? " by " + d.contract_origin : ", as in most files";
  for (const Scan& s : scans) {
    if (s.is_picture || s.sensor.axes.empty()) continue;
    for (const std::string& breach : contract_breaches(expected, s.sensor))
      faults.push_back({Fault::error, s.file, -1, breach + by});
  }
  if (!d.contract) check_known(scans, faults);
  check_pictures(scans, faults);
  const std::vector<Gravity> gravity = gather_gravity(scans);
  if (gravity.empty()) return faults;
  check_magnitude(gravity, faults);
  check_direction(gravity, faults);
  return faults;
}

std::vector<Fault> check_range(const std::vector<Scan>& scans, const Dataset& d) {
  const bool by_project = d.contract && d.contract_origin != "sensor.json";
  const std::string where = !by_project             ? "\"range\" of sensor.json, or --range,"
                            : d.full_scales.empty() ? d.contract_origin + " range"
                                                    : d.contract_origin + " ranges";
  std::vector<Fault> faults;
  for (const Scan& s : scans)
    for (size_t a = 0; a < s.axes.size(); ++a) {
      const double range = full_scale(d, s.sensor, a), low = -s.axes[a].min, high = s.axes[a].max;
      const double peak = std::max(low, high);
      if (range == 0 || s.frames == 0 || peak <= range * (1 + kRangeTolerance)) continue;
      const Axis& axis = s.sensor.axes[a];
      const std::string unit = axis.unit.empty() ? "" : " " + axis.unit;
      faults.push_back({peak > kAnotherScale * range ? Fault::error : Fault::warning, s.file,
                        low > high ? s.axes[a].min_s : s.axes[a].max_s,
                        fmt::format("{} is {:.6g}{}, beyond full scale, ±{:.6g}{}: a device clips it. {} says the full "
                                    "scale, if it is not the unit that is mistaken",
                                    axis.name, low > high ? -low : high, unit, range, unit, where)});
    }
  return faults;
}

std::vector<Fault> check_label_times(const std::vector<Scan>& scans, const Dataset& d) {
  std::vector<Fault> faults;
  for (size_t i = 0; i < scans.size(); ++i) {
    const double rate = scans[i].sensor.rate_hz, end_s = scans[i].duration_s + (rate > 0 ? 1 / rate : 0);
    for (const TimeRange& r : d.items[i].ranges)
      if (scans[i].duration_s > 0 && r.end_s > end_s)
        faults.push_back({r.begin_s > end_s ? Fault::error : Fault::warning, scans[i].file, r.begin_s,
                          fmt::format("the label \"{}\" lasts until {:.6g} s, the recording until {:.6g} s", r.label,
                                      r.end_s, scans[i].duration_s)});
  }
  return faults;
}

std::vector<Copy> find_copies(const std::vector<Scan>& scans) {
  std::vector<Copy> copies;
  std::map<std::string, size_t> first;
  std::vector<std::vector<uint16_t>> prints;
  std::vector<size_t> pictures;
  for (size_t i = 0; i < scans.size(); ++i) {
    prints.push_back({});
    if (scans[i].content.empty()) continue;
    const auto [at, is_new] = first.try_emplace(scans[i].content, i);
    if (!is_new) copies.push_back({at->second, i, true, 0});
    else if (scans[i].is_picture) pictures.push_back(i);
    else prints.back() = scans[i].fingerprint;
  }
  for (const Pair& p : near_pairs(prints, kNearRecording)) copies.push_back({p.a, p.b, false, p.distance});
  for (size_t i = 0; i < pictures.size(); ++i)
    for (size_t j = i + 1; j < pictures.size(); ++j) {
      const int bits = differing_bits(scans[pictures[i]].hash, scans[pictures[j]].hash);
      if (bits <= kNearPictureBits) copies.push_back({pictures[i], pictures[j], false, bits / 128.0});
    }
  return copies;
}

std::vector<Copy> find_same_files(const Dataset& d) {
  std::map<uintmax_t, std::vector<size_t>> of_size;
  for (size_t i = 0; i < d.items.size(); ++i) {
    std::error_code ec;
    const uintmax_t size = std::filesystem::file_size(d.path_of(d.items[i]), ec);
    if (!ec && size > 0) of_size[size].push_back(i);
  }
  std::vector<Copy> copies;
  for (const auto& [size, items] : of_size) {
    std::map<uint64_t, std::vector<size_t>> different;  // by their hashes
    for (size_t i : items.size() > 1 ? items : std::vector<size_t>()) {
      std::vector<size_t>& like = different[hash_file(d.path_of(d.items[i]))];
      const auto same = std::find_if(like.begin(), like.end(), [&](size_t other) {
        return are_same_files(d.path_of(d.items[other]), d.path_of(d.items[i]));
      });
      if (same == like.end()) like.push_back(i);
      else copies.push_back({*same, i, true, 0});
    }
  }
  return copies;
}

std::vector<std::pair<size_t, size_t>> pairs_of(const std::vector<Copy>& copies) {
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const Copy& c : copies) pairs.emplace_back(c.a, c.b);
  return pairs;
}

std::vector<Fault> check_leaks(const Dataset& d, const std::vector<Copy>& copies) {
  std::vector<Fault> faults;
  for (const auto& [group, splits] : leaking_groups(d)) {
    std::string names;
    for (const std::string& s : splits) names += (names.empty() ? "" : ", ") + s;
    faults.push_back(
        {Fault::error, "", -1, fmt::format("the {} \"{}\" is in several splits: {}", d.group_column, group, names)});
  }
  size_t shown = 0;
  for (const Copy& c : copies) {
    const Item &a = d.items[c.a], &b = d.items[c.b];
    const bool apart = a.split != b.split, labels = a.label != b.label;
    if (++shown > kShownPairs && !apart && !labels) continue;
    const std::string what =
        c.exact ? "is a copy of"
                : fmt::format("is nearly ({:.0f} % of its fingerprint) a copy of", 100 * (1 - c.distance));
    std::string text = fmt::format("{} {}", what, a.file);
    if (apart)
      text += fmt::format(", in another split ({} and {})", b.split.empty() ? "none" : b.split,
                          a.split.empty() ? "none" : a.split);
    if (labels) text += fmt::format(", with another label ({} and {})", b.label, a.label);
    faults.push_back({apart || (labels && c.exact) ? Fault::error : Fault::warning, b.file, -1, text});
  }
  return faults;
}

}  // namespace mote
