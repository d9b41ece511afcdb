// Weights, biases and multipliers in the form of device/pairs.h.
#pragma once
#include <optional>
#include <vector>

#include "mote/compiler/ir/lower.h"

namespace mote {

// Weights [outputs][runs][run_values], one bias and multiplier for each output.
struct PairWeights {
  std::span<const int8_t> weights;
  int32_t outputs, runs, run_values;
  std::vector<int32_t> bias;
  std::vector<Requant> requant;
  int32_t in_zero;
};

// Words of all runs of a window.
int32_t pair_window_words(int32_t runs, int32_t run_values);

// Whether pairs.h is exact for these weights: at least four outputs, shifts to the right from 1 to 22 (the rounding
// constant with the zero point fits 32 bits), sums below 2^23, halfwords that hold two weights.
bool fits_pairs(const PairWeights& w);

// The table "weights": the streams of all pairs. fits_pairs has to hold.
Table pack_pairs(const PairWeights& w, int32_t out_zero);

}  // namespace mote
