// What fits_lanes admits is summed exactly, at the edges of what the lanes hold; what it refuses would not be.
#include "mote/compiler/ir/pack_lanes.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/rng.h"
#include "mote/device/lanes.h"

namespace mote {
namespace {

PairWeights weights_of(const std::vector<int8_t>& weights, int32_t outputs, int32_t in_zero) {
  const auto values = static_cast<int32_t>(weights.size()) / outputs;
  return {weights, outputs, 1, values, std::vector<int32_t>(static_cast<size_t>(outputs), 1000), {}, in_zero};
}

std::vector<int32_t> sums_of(const PairWeights& w, const std::vector<int8_t>& x) {
  const std::vector<Table> tables = pack_lanes(w);
  const auto words = tables[0].data.as<uint32_t>();
  const auto start = tables[1].data.as<int32_t>();
  std::vector<int32_t> values(static_cast<size_t>(lane_window_words(w))), sums(static_cast<size_t>(w.outputs));
  widen_to_words(x.data(), w.run_values, values.data());
  Lanes lanes{values.data(), values.data() + values.size(), words.data(), start.data(), sums.data(), 0};
  sum_lanes(lanes, w.outputs);
  return sums;
}

TEST(PackLanes, WhatFitsIsExact) {
  constexpr int8_t kEdges[] = {-128, -127, -1, 0, 1, 126, 127};
  Rng rng(5);
  int fitting = 0;
  for (int round = 0; round < 20000; ++round) {
    const int32_t outputs = rng.pick(2, 9), values = rng.pick(1, 7), in_zero = rng.pick(-128, 127);
    std::vector<int8_t> weights(static_cast<size_t>(outputs * values)), x(static_cast<size_t>(values));
    const bool lowest = rng.chance(0.2);
    for (int8_t& v : weights) v = kEdges[rng.pick(lowest ? 0 : 1, 6)];
    for (int8_t& v : x) v = kEdges[rng.pick(0, 6)];
    const PairWeights w = weights_of(weights, outputs, in_zero);
    if (!fits_lanes(w)) continue;
    ++fitting;
    const std::vector<int32_t> sums = sums_of(w, x);
    for (size_t o = 0; o < sums.size(); ++o) {
      int32_t sum = 1000;
      for (size_t i = 0; i < x.size(); ++i) sum += (x[i] - in_zero) * weights[o * x.size() + i];
      ASSERT_EQ(sums[o], sum) << "output " << o << " of " << outputs << ", " << values << " values";
    }
  }
  EXPECT_GT(fitting, 10000);
}

TEST(PackLanes, TwoLowestWeightsDoNotFit) {
  const std::vector<int8_t> lowest{-128, -128, 0, 0}, next{-128, 127, 0, 0};
  EXPECT_FALSE(fits_lanes(weights_of(lowest, 2, 0)));
  EXPECT_TRUE(fits_lanes(weights_of(next, 2, 0)));
  EXPECT_FALSE(fits_lanes(weights_of({1, 2}, 1, 0)));
}

}  // namespace
}  // namespace mote
