// Real numbers for what is computed once per window: roots, quotients, powers.
//
// A Real is 0 or m * 2^e with m from 2^31 to 2^32 - 1: 32 significant bits. Every result is the exact one with further
// bits cut off, so that it is the same on every core.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Real {
  uint32_t m;
  int32_t e;
};

// v * 2^e.
MOTE_INLINE Real real_of(uint64_t v, int32_t e = 0) {
  if (v == 0) return {0, 0};
  if (v >> 32) {
    const int32_t shift = 32 - __builtin_clz(static_cast<uint32_t>(v >> 32));
    return {static_cast<uint32_t>(v >> shift), e + shift};
  }
  const int32_t shift = __builtin_clz(static_cast<uint32_t>(v));
  return {static_cast<uint32_t>(v) << shift, e - shift};
}

MOTE_INLINE Real multiply(Real a, Real b) { return real_of(static_cast<uint64_t>(a.m) * b.m, a.e + b.e); }

Real divide(Real a, Real b);  // b is not 0
Real square_root(Real a);

// a / n * 2^bits to the nearest integer, halves away from zero; as for round_real.
int32_t round_quotient(int32_t a, int32_t n, int32_t bits);

// a * 2^bits rounded to the nearest integer, halves up; INT32_MAX where that is more.
int32_t round_real(Real a, int32_t bits);

}  // namespace mote
