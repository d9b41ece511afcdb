#include "mote/evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "mote/compiler/base/expected.h"
#include "mote/compiler/base/rng.h"

namespace mote {
namespace {

constexpr size_t kMostSwappedAll = 12;  // groups: 4096 swaps
constexpr double kSame = 1e-12;         // differences that differ by rounding alone

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// How often each window counts, where groups count `counts` times.
void weigh(const Groups& groups, const std::vector<double>& counts, std::vector<double>& weights) {
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = counts[groups.of_window[i]];
}

// The difference b - a, with the groups swapped for which `is_swapped`.
template <class IsSwapped>
double swapped_difference(std::span<const double> a, std::span<const double> b, const OutcomeMeasure& measure,
                          const Groups& groups, const IsSwapped& is_swapped) {
  std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
  for (size_t i = 0; i < x.size(); ++i)
    if (is_swapped(groups.of_window[i])) std::swap(x[i], y[i]);
  return measure(y, {}) - measure(x, {});
}

}  // namespace

std::optional<ConfidenceInterval> find_interval(const Measure& measure, const Groups& groups, const Resampling& how) {
  const size_t n = groups.names.size();
  if (n < 2) return std::nullopt;
  Rng rng(how.seed);
  std::vector<double> figures, counts(n), weights(groups.of_window.size());
  for (int32_t round = 0; round < how.rounds; ++round) {
    std::fill(counts.begin(), counts.end(), 0);
    for (size_t i = 0; i < n; ++i) ++counts[static_cast<size_t>(rng.pick(0, static_cast<int32_t>(n) - 1))];
    weigh(groups, counts, weights);
    if (const double figure = measure(weights); !std::isnan(figure)) figures.push_back(figure);
  }
  if (figures.empty()) return std::nullopt;
  std::sort(figures.begin(), figures.end());
  const double tail = (1 - how.level) / 2;
  return ConfidenceInterval{quantile(figures, tail), quantile(figures, 1 - tail)};
}

Comparison compare(std::span<const double> a, std::span<const double> b, const OutcomeMeasure& measure,
                   const Groups& groups, const Resampling& how) {
  MOTE_ASSERT(a.size() == b.size() && a.size() == groups.of_window.size());
  const size_t n = groups.names.size();
  Comparison result{measure(a, {}), measure(b, {}), std::nullopt, 1, n};
  result.difference =
      find_interval([&](std::span<const double> w) { return measure(b, w) - measure(a, w); }, groups, how);
  const double seen = std::abs(result.b - result.a) - kSame;
  const bool all = n <= kMostSwappedAll;
  const int32_t rounds = all ? int32_t{1} << n : how.rounds;
  int32_t as_far = all ? 0 : 1;
  Rng rng(how.seed);
  std::vector<bool> swapped(n);
  for (int32_t round = 0; round < rounds; ++round) {
    for (size_t g = 0; g < n; ++g) swapped[g] = all ? (round >> g & 1) != 0 : rng.chance(0.5);
    const double difference =
        swapped_difference(a, b, measure, groups, [&](size_t group) { return bool(swapped[group]); });
    if (std::abs(difference) >= seen) ++as_far;
  }
  result.p = static_cast<double>(as_far) / (all ? rounds : rounds + 1);
  return result;
}

}  // namespace mote
