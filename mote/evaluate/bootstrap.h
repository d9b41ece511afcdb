// How sure figures are. Windows of one person, machine or recording resemble each other, so whole groups are drawn,
// never single windows: as if the same number of people had been asked anew.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "mote/evaluate/results.h"

namespace mote {

struct Resampling {
  int32_t rounds = 2000;
  double level = 0.95;
  uint64_t seed = 1;
};

struct ConfidenceInterval {
  double low = 0, high = 0;
};

// A figure of windows that count so often each.
using Measure = std::function<double(std::span<const double> weights)>;

// The percentile interval of the bootstrap over groups (Efron, Tibshirani, "An Introduction to the Bootstrap", 1993,
// chapter 13; whole clusters: Field, Welsh, 2007): as many groups as there are, drawn with replacement, `rounds` times.
// Quantiles are interpolated linearly. Resamples for which the figure is not a number are left out. None where there
// are fewer than two groups or no figures. The same seed draws the same resamples for every measure. With few groups
// (less than about 20) such intervals are too narrow.
std::optional<ConfidenceInterval> find_interval(const Measure& measure, const Groups& groups, const Resampling& how);

// Is B better than A, on the same windows?
struct Comparison {
  double a = 0, b = 0;                           // the figure of each
  std::optional<ConfidenceInterval> difference;  // of b - a, by the bootstrap over groups
  double p = 1;                                  // of no difference
  size_t groups = 0;
};

// A figure of outcomes, one a window, of which each counts so often; no weights: once.
using OutcomeMeasure = std::function<double(std::span<const double> outcomes, std::span<const double> weights)>;

// p is that of a permutation test, two-sided: if A and B were no different, the outcomes of a whole group might as well
// have come from the other one, so groups are swapped at random, and p is the share of the swaps, what was seen counted
// as one, that make at least the difference that was seen (Phipson, Smyth, "Permutation p-values should never be zero",
// 2010). Up to 12 groups: every swap.
Comparison compare(std::span<const double> a, std::span<const double> b, const OutcomeMeasure& measure,
                   const Groups& groups, const Resampling& how);

}  // namespace mote
