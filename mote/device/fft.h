// Fourier transform of a real signal, in integers: radix 2, decimation in time, on n / 2 complex numbers of 32 bits.
//
// Every stage halves, so nothing overflows and nothing has to be tested on the way: a butterfly of a and b with the
// twiddle w makes a / 2 + b w / 2 and a / 2 - b w / 2, where x / 2 = x >> 1 and each of the four products of b and w,
// whose parts have 31 fractional bits, counts with its sign and rounded down. The result is the transform divided by n.
//
// Scaled values are at most 2^30 in size; 2 log2(n) roundings of less than 1 remain about 2^-26 of the largest value.
#pragma once
#include "mote/device/arch/this_arch.h"
#include "mote/device/rows.h"

namespace mote {

// Where pair i of n / 2 pairs of values goes, so that the stages can work in place: its index, whose bits are reversed.
struct PairOrder {
  int32_t unused;  // bits of a word that an index does not have
  explicit MOTE_INLINE PairOrder(int32_t n) : unused(__builtin_clz(static_cast<uint32_t>(n)) + 2) {}
  MOTE_INLINE uint32_t operator()(uint32_t i) const { return ThisArch::reverse_bits(i) >> unused; }
};

// z: n values as n / 2 pairs (re, im) in that order, which are scaled up by 2^shift first; twiddles: n / 2 pairs
// (cos, -sin) of 2 pi k / n with 31 fractional bits. Replaces z by the powers |X[k] / n|^2, k = 0 .. n / 2, as pairs
// (lower, upper 32 bits): n + 2 values.
void power_spectrum(int32_t* z, int32_t n, int32_t shift, const int32_t* twiddles);

}  // namespace mote
