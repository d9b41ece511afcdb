// Windows times weights with the weights of two outputs in one halfword, for cores that multiply pairs of halfwords.
//
//   h = 256 * w1 + w0     one halfword, exact for int8 weights but for w1 = -128 with w0 < 0
//   sum x * h             = 256 * S1 + S0;   sum x * (low byte of h, signed) = S0;   S1 = their difference / 256
//
// Two outputs thus cost one load, one widening and two dual multiplications for every two values, and weights take a
// byte each, as before. Exact as long as |S1| < 2^23 with the bias in it, which the compiler proves.
//
// A word of weights belongs to two values, and so does a word of `x`: value - zero point, as int16. The values of a
// window are its runs (a row's neighbouring columns), one after another; within a run, of each four values the first
// and third share a word, then the second and fourth; what is left over (n mod 4) is paired in order.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// Words of one run of n values.
constexpr int32_t pair_words(int32_t n) { return (n >> 2) * 2 + ((n & 3) + 1) / 2; }

// What a pair of outputs takes, in one stream of words: 256 * bias[1] + bias[0] modulo 2^32 and bias[0]; the words of
// weights; the multipliers of both outputs; and one word with their shifts to the right, less one, in a byte each, and
// 2 * zero point + 1 in the upper half.
constexpr int32_t kPairStartWords = 2, kPairFinishWords = 3;
constexpr int32_t pair_stream_words(int32_t words) { return kPairStartWords + words + kPairFinishWords; }

// The order of the members is that of arch/armv7em_pairs.cpp.
struct Pairs {
  const uint32_t* x;  // values of four pixels, word i of pixel p at x[4 * i + p]; or of one, at x[i]
  const uint32_t* x_end;
  const uint32_t* w;  // the streams of the pairs, one after another
  int32_t pairs;
  int8_t* out[4];  // by pixel
  int32_t second_out;
  int32_t away;  // 0: negative sums become what the lower bound says, as before a ReLU, so their halves may round up
};

// The outputs of four pixels.
void pairs_of_four_pixels(const Pairs& p);
// The outputs of one pixel from an even number of pairs, two at a time; the outputs of the second pair lie `second_out`
// bytes behind those of the first.
void pairs_of_one_pixel(const Pairs& p);

// The same for n outputs, at least four: an odd number ends in a pair that overlaps the one before. Values beyond
// [lo, hi] are clamped; `zero` is the zero point of the outputs.
void make_four_pixels_s8(Pairs& p, int32_t n, int32_t zero, int32_t lo, int32_t hi);
void make_one_pixel_s8(Pairs& p, int32_t n, int32_t lo, int32_t hi);

}  // namespace mote
