// Which statistics a block computes: the settings that choose them, for blocks that have some.
#pragma once
#include <array>

#include "mote/blocks/block.h"
#include "mote/ops/statistics/statistics.op.h"

namespace mote {

constexpr Setting statistic(std::string_view name, std::string_view by_default, std::string_view about) {
  return {name, Setting::choice, "", 0, 0, by_default, "yes no", about};
}

inline constexpr Setting kStatistics[] = {
    statistic("mean", "yes", "The mean"),
    statistic("minimum", "yes", "The least sample"),
    statistic("maximum", "yes", "The greatest sample"),
    statistic("rms", "yes", "The root of the mean square"),
    statistic("deviation", "yes", "The standard deviation, of the window as the whole population"),
    statistic("skewness", "yes", "How lopsided the samples are; 0 for symmetric ones, beyond ±8 it stays there"),
    statistic("kurtosis", "yes",
              "How much of the variance outliers make; 0 as for a normal distribution, beyond 32 it stays there"),
    statistic("zero_crossings", "no", "How often the sign changes"),
    statistic("peaks", "no", "How many local maxima are not below the mean"),
    statistic("p5", "no", "5 % of the samples are below"),
    statistic("p25", "no", "25 % of the samples are below"),
    statistic("median", "no", "Half of the samples are below"),
    statistic("p75", "no", "75 % of the samples are below"),
    statistic("p95", "no", "95 % of the samples are below"),
};

// A block's own settings and behind them those of kStatistics.
template <size_t n>
constexpr std::array<Setting, n + std::size(kStatistics)> with_statistics(const Setting (&own)[n]) {
  std::array<Setting, n + std::size(kStatistics)> all{};
  for (size_t i = 0; i < all.size(); ++i) all[i] = i < n ? own[i] : kStatistics[i - n];
  return all;
}

// Those that are chosen, in the order of kStatistics.
StatisticsAttrs chosen_statistics(const Signal& signal, const Settings& settings);

// Appends them, int16 [1, 1, axes, statistics].
Expected<TensorId> append_statistics(Graph& graph, StatisticsAttrs chosen, TensorId samples);

}  // namespace mote
