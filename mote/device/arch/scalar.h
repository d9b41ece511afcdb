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

  // acc + sum over i < n of (x[i] + offset) * w[i]; offset from -127 to 128.
  static MOTE_INLINE int32_t dot_s8(int32_t acc, const int8_t* x, int32_t offset, const int8_t* w, int32_t n) {
    for (int32_t i = 0; i < n; ++i) acc = wrapping_add(acc, (x[i] + offset) * w[i]);
    return acc;
  }

  // dot_s8 of one x with four rows of weights, `stride` elements apart.
  static MOTE_INLINE void dot4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w, int32_t stride,
                                  int32_t n) {
    const int8_t *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    for (int32_t i = 0; i < n; ++i) {
      const int32_t v = x[i] + offset;
      a0 = wrapping_add(a0, v * w[i]);
      a1 = wrapping_add(a1, v * w1[i]);
      a2 = wrapping_add(a2, v * w2[i]);
      a3 = wrapping_add(a3, v * w3[i]);
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
  }

  // acc[j] += (x[j] + offset) * w[j] for four neighbouring channels.
  static MOTE_INLINE void multiply4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w) {
    for (int32_t j = 0; j < 4; ++j) acc[j] = wrapping_add(acc[j], (x[j] + offset) * w[j]);
  }
};

}  // namespace mote
