// The portable set of primitives, and what each one means. Every other file of this folder offers the same names with
// the same results; integer sums wrap, so their order cannot matter.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct Scalar {
  // Four neighbouring values as a word; its bytes 0 and 2, or 1 and 3, as two halfwords, added to those of `o`.
  static MOTE_INLINE uint32_t load(const int8_t* p) {
    uint32_t v = 0;
    for (int i = 3; i >= 0; --i) v = v << 8 | static_cast<uint8_t>(p[i]);
    return v;
  }
  static MOTE_INLINE uint32_t even_plus(uint32_t o, uint32_t v) {
    const auto low = static_cast<uint32_t>(static_cast<int8_t>(v & 0xFF));
    const auto high = static_cast<uint32_t>(static_cast<int8_t>(v >> 16 & 0xFF));
    return ((o + low) & 0xFFFF) | ((o >> 16) + high) << 16;
  }
  static MOTE_INLINE uint32_t odd_plus(uint32_t o, uint32_t v) { return even_plus(o, v >> 8); }
  // v, as a halfword, twice.
  static MOTE_INLINE uint32_t pair(int32_t v) {
    return (static_cast<uint32_t>(v) & 0xFFFF) | static_cast<uint32_t>(v) << 16;
  }

  // high_mul for |a| < 2^30.
  static MOTE_INLINE int32_t high_mul_narrow(int32_t a, int32_t b) { return high_mul(a, b); }

  // Butterflies of a Fourier transform (device/fft.h): for each of the pairs (re, im) from a to b and as many from b
  // on,
  //   a[i] = a[i] / 2 + b[i] w[i] / 2,  b[i] = a[i] / 2 - b[i] w[i] / 2,
  // twiddles lying `step` values apart.
  static MOTE_INLINE void butterflies(int32_t* a, int32_t* b, const int32_t* w, int32_t step) {
    for (const int32_t* end = b; a != end; a += 2, b += 2, w += step) {
      const int32_t re = a[0] >> 1, im = a[1] >> 1;
      a[0] = subtract_upper(add_upper(re, b[0], w[0]), b[1], w[1]);
      a[1] = add_upper(add_upper(im, b[0], w[1]), b[1], w[0]);
      b[0] = 2 * re - a[0], b[1] = 2 * im - a[1];
    }
  }
  // acc plus or minus the upper half of a * b: acc + floor(a * b / 2^32), acc + floor(-a * b / 2^32).
  static MOTE_INLINE int32_t add_upper(int32_t acc, int32_t a, int32_t b) {
    return acc + static_cast<int32_t>((static_cast<int64_t>(a) * b) >> 32);
  }
  static MOTE_INLINE int32_t subtract_upper(int32_t acc, int32_t a, int32_t b) {
    return acc + static_cast<int32_t>((-(static_cast<int64_t>(a) * b)) >> 32);
  }

  // The 32 bits in reversed order.
  static MOTE_INLINE uint32_t reverse_bits(uint32_t v) {
    v = (v >> 16) | (v << 16);
    v = ((v >> 8) & 0x00FF00FF) | ((v & 0x00FF00FF) << 8);
    v = ((v >> 4) & 0x0F0F0F0F) | ((v & 0x0F0F0F0F) << 4);
    v = ((v >> 2) & 0x33333333) | ((v & 0x33333333) << 2);
    return ((v >> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  }

  // acc + sum of x[i] w[i], which stays within 32 bits.
  static MOTE_INLINE int32_t dot_s16(int32_t acc, const int16_t* x, const int16_t* w, int32_t n) {
    for (; n > 0; --n) acc += *x++ * *w++;
    return acc;
  }
  // a + byte 2 of v.
  static MOTE_INLINE uint32_t add_byte2(uint32_t a, uint32_t v) { return a + (v >> 16 & 0xFF); }

  // floor(v / 2), saturated to int8.
  static MOTE_INLINE int32_t halve_to_s8(int32_t v) { return clamp(v >> 1, -128, 127); }

  // sum[j] += x[j], x[step + j], ... for four neighbouring channels and n pixels.
  static MOTE_INLINE void add4_s8(int32_t sum[4], const int8_t* x, int32_t n, int32_t step) {
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    for (; n > 0; --n, x += step) a += x[0], b += x[1], c += x[2], d += x[3];
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
  }

  // acc[j] += (x[j] + offset) * w[j] for four neighbouring channels.
  static MOTE_INLINE void multiply4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w) {
    for (int32_t j = 0; j < 4; ++j) acc[j] = wrapping_add(acc[j], (x[j] + offset) * w[j]);
  }
};

}  // namespace mote
