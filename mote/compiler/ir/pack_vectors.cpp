#include "mote/compiler/ir/pack_vectors.h"

#include <algorithm>

#include "mote/device/vectors.h"

namespace mote {

bool shifts_right(const std::vector<Requant>& requant) {
  return std::all_of(requant.begin(), requant.end(),
                     [](const Requant& q) { return q.multiplier == 0 || (q.shift <= -1 && q.shift >= -31); });
}

std::vector<Requant> with_right_shifts(std::vector<Requant> requant) {
  for (Requant& q : requant)
    if (q.multiplier == 0) q.shift = -1;
  return requant;
}

bool fits_vectors(const VectorWeights& w) { return w.outputs >= 4 && shifts_right(w.requant); }

std::vector<int32_t> bias_without_zero(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
                                       std::vector<int32_t> bias, int32_t in_zero) {
  for (size_t o = 0; o < bias.size(); ++o) {
    int64_t sum = 0;
    for (int64_t i = 0; i < taps; ++i)
      sum += weights[static_cast<size_t>(static_cast<int64_t>(o) * step + i * tap_step)];
    bias[o] = static_cast<int32_t>(static_cast<uint32_t>(bias[o]) - static_cast<uint32_t>(in_zero * sum));
  }
  return bias;
}

std::vector<Table> pack_vectors(const VectorWeights& w) {
  const auto taps = static_cast<int64_t>(w.weights.size()) / w.outputs;
  std::vector<int8_t> weights(w.weights.begin(), w.weights.end());
  weights.resize(weights.size() + kVectorBytes - 1);
  return {make_table("weights", weights),
          make_table("bias", bias_without_zero(w.weights, taps, taps, 1, w.bias, w.in_zero)),
          make_table("requant", with_right_shifts(w.requant))};
}

}  // namespace mote
