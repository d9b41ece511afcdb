// The portable set of primitives, and what each one means. Every other file of this folder offers the same names with
// the same results; integer sums wrap, so their order cannot matter.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct Scalar {
  // high_mul for |a| < 2^30.
  static MOTE_INLINE int32_t high_mul_narrow(int32_t a, int32_t b) { return high_mul(a, b); }

  // floor(v / 2), saturated to int8.
  static MOTE_INLINE int32_t halve_to_s8(int32_t v) { return clamp(v >> 1, -128, 127); }

  // acc[j] += (x[j] + offset) * w[j] for four neighbouring channels.
  static MOTE_INLINE void multiply4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w) {
    for (int32_t j = 0; j < 4; ++j) acc[j] = wrapping_add(acc[j], (x[j] + offset) * w[j]);
  }
};

}  // namespace mote
