// Weights, biases and multipliers in the form of device/vectors.h.
#pragma once
#include <vector>

#include "mote/compiler/ir/lower.h"

namespace mote {

// Weights [outputs][taps], one bias for each output and one multiplier for each (or one for all).
struct VectorWeights {
  std::span<const int8_t> weights;
  int32_t outputs;
  std::vector<int32_t> bias;
  std::vector<Requant> requant;
  int32_t in_zero;
};

// Whether vectors.h can do it: at least four outputs, and shifts from 1 to 31 to the right.
bool fits_vectors(const VectorWeights& w);

// Multipliers with shifts as vectors.h wants them: any shift does where the multiplier is 0.
bool shifts_right(const std::vector<Requant>& requant);
std::vector<Requant> with_right_shifts(std::vector<Requant> requant);

// bias - in_zero * the sum of each output's weights, modulo 2^32. Weight i of output o is weights[o * step + i *
// tap_step].
std::vector<int32_t> bias_without_zero(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
                                       std::vector<int32_t> bias, int32_t in_zero);

// The tables "weights", with bytes to read behind them, "bias" and "requant". fits_vectors has to hold.
std::vector<Table> pack_vectors(const VectorWeights& w);

}  // namespace mote
