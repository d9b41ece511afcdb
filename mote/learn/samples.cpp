#include "mote/learn/samples.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace mote {

int32_t Samples::classes() const { return labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + 1; }

Status check_samples(const Samples& s, Needs needs) {
  constexpr int32_t kMaxClasses = 1000;
  if (s.count() == 0 || s.values.size() % static_cast<size_t>(s.features) != 0)
    return malformed(fmt::format("{} numbers are no vectors of {} features", s.values.size(), s.features));
  const auto is_finite = [](float v) { return std::isfinite(v); };
  if (!std::all_of(s.values.begin(), s.values.end(), is_finite))
    return malformed("a feature is infinite or not a number");
  if (needs == Needs::labels) {
    if (s.labels.size() != s.count())
      return malformed(fmt::format("there are {} labels for {} samples", s.labels.size(), s.count()));
    for (int32_t label : s.labels)
      if (label < 0 || label >= kMaxClasses)
        return malformed(fmt::format("a label is {}; 0 to {} are allowed", label, kMaxClasses - 1));
  }
  if (needs == Needs::targets) {
    if (s.targets.size() != s.count())
      return malformed(fmt::format("there are {} targets for {} samples", s.targets.size(), s.count()));
    if (!std::all_of(s.targets.begin(), s.targets.end(), is_finite))
      return malformed("a target is infinite or not a number");
  }
  return {};
}

Scaling measure_scaling(const Samples& s) {
  const auto n = static_cast<size_t>(s.features);
  const auto count = static_cast<double>(s.count());
  Scaling scaling{std::vector<double>(n, 0), std::vector<double>(n, 0)};
  for (size_t i = 0; i < s.values.size(); ++i) scaling.mean[i % n] += double{s.values[i]} / count;
  for (size_t i = 0; i < s.values.size(); ++i) {
    const double d = double{s.values[i]} - scaling.mean[i % n];
    scaling.deviation[i % n] += d * d / count;
  }
  for (size_t i = 0; i < n; ++i) {
    // What rounding leaves of a constant is no deviation.
    const double deviation = std::sqrt(scaling.deviation[i]);
    scaling.deviation[i] = deviation > 1e-7 * std::abs(scaling.mean[i]) ? deviation : 1;
  }
  return scaling;
}

std::vector<double> standardise(const Samples& s, const Scaling& scaling) {
  const auto n = static_cast<size_t>(s.features);
  std::vector<double> values;
  values.reserve(s.values.size());
  for (size_t i = 0; i < s.values.size(); ++i)
    values.push_back((double{s.values[i]} - scaling.mean[i % n]) / scaling.deviation[i % n]);
  return values;
}

}  // namespace mote
