// Single precision floats that give the same bits everywhere: each result is one IEEE operation, rounded to nearest,
// and no product is added to anything, so that no compiler can contract. Nothing here calls a maths library.
#pragma once
#include "mote/device/rows.h"

#ifdef __FAST_MATH__
#error "mote's float kernels need IEEE arithmetic: compile without -ffast-math"
#endif

namespace mote {

MOTE_INLINE float float_of_bits(uint32_t bits) {
  float v;
  __builtin_memcpy(&v, &bits, 4);
  return v;
}
MOTE_INLINE uint32_t bits_of_float(float v) {
  uint32_t bits;
  __builtin_memcpy(&bits, &v, 4);
  return bits;
}

// Little-endian floats at any address: rows need not be aligned.
MOTE_INLINE float load_f32(const uint8_t* p) {
  return float_of_bits(static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
                       static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24);
}
MOTE_INLINE void store_f32(uint8_t* p, float v) {
  const uint32_t bits = bits_of_float(v);
  p[0] = static_cast<uint8_t>(bits);
  p[1] = static_cast<uint8_t>(bits >> 8);
  p[2] = static_cast<uint8_t>(bits >> 16);
  p[3] = static_cast<uint8_t>(bits >> 24);
}

// The nearest integer, halves away from zero, kept within +-limit (at most 2^23); 0 for what is not a number.
MOTE_INLINE int32_t round_away(float v, int32_t limit) {
  if (!(v == v)) return 0;
  if (v >= static_cast<float>(limit)) return limit;
  if (v <= static_cast<float>(-limit)) return -limit;
  const int32_t whole = static_cast<int32_t>(v);
  const float rest = v - static_cast<float>(whole);  // exact
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

}  // namespace mote
