// Real scales to the integers that kernels compute with, and the clamps of fused activations.
// Source: the int8 specification of TensorFlow Lite and its reference kernels.
#pragma once
#include <cmath>
#include <cstdint>

#include "mote/compiler/ir/graph.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/device/fixed.h"

namespace mote {

// d = multiplier * 2^shift / 2^31, the multiplier in [2^30, 2^31).
inline Requant quantize_multiplier(double d) {
  if (d == 0) return {0, 0};
  int exponent = 0;
  int64_t q = std::llround(std::frexp(d, &exponent) * 2147483648.0);
  if (q == int64_t{1} << 31) q >>= 1, ++exponent;
  if (exponent < -31) return {0, 0};
  return {static_cast<int32_t>(q), exponent};
}

enum class Activation : uint8_t { none, relu, relu_n1_to_1, relu6 };

// The int8 range that a fused activation leaves of its output.
inline Clamp activation_range(Activation activation, const Quant& out) {
  Clamp range{-128, 127};
  const float scale = out.scale_at(0);
  const int32_t zero = out.zero_at(0);
  auto quantized = [&](float v) {
    const float q = std::round(v / scale);
    return static_cast<int32_t>(q > 1000 ? 1000 : q > -1000 ? q : -1000) + zero;
  };
  if (activation == Activation::relu || activation == Activation::relu6) range.lo = std::max(range.lo, quantized(0));
  if (activation == Activation::relu_n1_to_1) range.lo = std::max(range.lo, quantized(-1));
  if (activation == Activation::relu6) range.hi = std::min(range.hi, quantized(6));
  if (activation == Activation::relu_n1_to_1) range.hi = std::min(range.hi, quantized(1));
  return range;
}

}  // namespace mote
