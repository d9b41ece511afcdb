// Integer requantisation, bit for bit as TFLite's reference kernels define it ("double rounding"):
//
//   high(a, m)  = floor((a * m + 2^30) / 2^31)                   halves up
//   requantize  = high(a * 2^left, m) / 2^right                  halves away from zero
//
// There is one rule and no build flag changes it.
#pragma once
#include <stdint.h>

#include "mote/device/rows.h"

namespace mote {

struct Requant {
  int32_t multiplier;  // Q0.31, from 2^30 to 2^31 - 1, or 0
  int32_t shift;       // > 0: shifts left before; < 0: shifts right after
};

// floor((a * b + 2^30) / 2^31) for b >= 0.
MOTE_INLINE int32_t high_mul(int32_t a, int32_t b) {
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

// x / 2^right, halves away from zero; right from 0 to 31. |x| < 2^31 - 2^(right - 1) for right >= 1, which high_mul's
// results meet after any multiplier below 2^31.
MOTE_INLINE int32_t divide_by_power_of_two(int32_t x, int32_t right) {
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << right) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> right) + ((x & mask) > threshold ? 1 : 0);
}

MOTE_INLINE int32_t requantize(int32_t acc, Requant q) {
  const int32_t left = q.shift > 0 ? q.shift : 0;
  const int32_t right = q.shift > 0 ? 0 : -q.shift;
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(acc) << left);
  return divide_by_power_of_two(high_mul(shifted, q.multiplier), right);
}

// requantize for shifts of at least one to the right and |acc| < 2^30, which the compiler proves per layer: no left
// shift, and rounding away from zero by adding -1 to negative numbers before an ordinary rounding shift, whose last bit
// is shifted out on its own: floor((floor(x / 2^(n - 1)) + 1) / 2) = floor((x + 2^(n - 1)) / 2^n). This is all but that
// last shift; `twice_zero` is added on the way: a zero point costs nothing.
template <class Arch>
MOTE_INLINE int32_t requantize_narrow_twice(int32_t acc, Requant q, int32_t twice_zero) {
  const int32_t high = Arch::high_mul_narrow(acc, q.multiplier);
  return ((high + (high >> 31)) >> ~q.shift) + (twice_zero + 1);
}
template <class Arch>
MOTE_INLINE int32_t requantize_narrow(int32_t acc, Requant q) {
  return requantize_narrow_twice<Arch>(acc, q, 0) >> 1;
}

// Sums below this in size can be requantised by parts of the multiplier: three products that fit 32 bits.
constexpr int32_t kShortSum = 1 << 20;

// Either of the two, chosen once per layer.
template <class Arch, bool narrow>
MOTE_INLINE int32_t requantize_as(int32_t acc, Requant q) {
  return narrow ? requantize_narrow<Arch>(acc, q) : requantize(acc, q);
}

MOTE_INLINE int32_t clamp(int32_t v, int32_t lo, int32_t hi) { return v < lo ? lo : v > hi ? hi : v; }

MOTE_INLINE int8_t clamp_s8(int32_t v, int32_t lo, int32_t hi) { return static_cast<int8_t>(clamp(v, lo, hi)); }

MOTE_INLINE void clamp_bytes(int8_t* v, int32_t n, int32_t lo, int32_t hi) {
  for (int32_t i = 0; i < n; ++i) v[i] = clamp_s8(v[i], lo, hi);
}

// Sums of products wrap instead of overflowing: the order in which they are added cannot matter.
MOTE_INLINE int32_t wrapping_add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

}  // namespace mote
