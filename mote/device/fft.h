// Fourier transform of a real signal, in integers: radix 2, decimation in time, on n / 2 complex numbers of 32 bits.
//
// Every stage halves, so nothing overflows and nothing has to be tested on the way: a butterfly of a and b with the
// twiddle w makes a / 2 + b w / 2 and a / 2 - b w / 2, where x / 2 = x >> 1 and the product of two numbers, of which w
// has 31 fractional bits, is its upper 32 bits (both round down). The result is the transform divided by n.
//
// Input values are at most 2^30 in size; 2 log2(n) roundings of less than 1 remain about 2^-26 of the largest value.
#pragma once
#include "mote/device/rows.h"

namespace mote {

// Where value i of n = 2 * pairs values goes so that the stages can work in place: pair i / 2 at the index whose bits
// are reversed. Starts at 0; `next` for pair after pair.
MOTE_INLINE uint32_t next_reversed(uint32_t reversed, uint32_t pairs) {
  uint32_t bit = pairs >> 1;
  for (; reversed & bit; bit >>= 1) reversed ^= bit;
  return reversed | bit;
}

// z: n values in n / 2 pairs (re, im), in reversed order; twiddles: n / 2 pairs (cos, -sin) of 2 pi k / n with 31
// fractional bits. Replaces z by the powers |X[k] / n|^2, k = 0 .. n / 2, as pairs (lower, upper 32 bits): n + 2
// values.
void power_spectrum(int32_t* z, int32_t n, const int32_t* twiddles);

}  // namespace mote
