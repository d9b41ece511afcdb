// Windows times weights with the weights of two outputs in one word, for cores that have no dual multiplication.
//
//   x * (2^16 * w1 + w0) = 2^16 * (x * w1) + x * w0        one multiplication, a product in each lane
//
// Products are added in twos, and each such sum t is split between the sums S0 and S1 of both outputs:
//
//   S1 = sum floor((t + 2^15) / 2^16)       S0 = sum t - 2^16 * S1        both modulo 2^32
//
// That is exact as long as each lane holds its two products: |x| <= 128, and the sizes of an output's two weights add
// up to 255 at most, which the compiler proves. Values are int8 as they are; their zero point is part of the bias.
//
// Outputs are made four at a time (two words for each value), what is left in pairs (one word); the last pair overlaps
// the one before where the number of outputs is odd. Values go in twos, an odd number ending in one with zero weights.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// The order of the members is that of arch/armv6m_lanes.cpp.
struct Lanes {
  const int32_t* x;  // the values of a window
  const int32_t* x_end;
  // For each four (or two) outputs and every two values: the words of both values for the first pair, then those for
  // the second.
  const uint32_t* w;
  // For each four outputs what sum t begins with, for both pairs: 2^16 * bias[1] + bias[0]; then S1, for both: bias[1].
  // For each two outputs the same for one pair.
  const int32_t* start;
  int32_t* sums;
  int32_t blocks;  // of four or two outputs
};

// The sums of blocks of four outputs; of two.
void lanes_of_four_outputs(const Lanes& l);
void lanes_of_two_outputs(const Lanes& l);

// The sums of n outputs, at least two; `blocks` is set.
void sum_lanes(Lanes& l, int32_t n);

// Values as `Lanes` takes them; where the next one belongs is returned.
int32_t* widen_to_words(const int8_t* x, int32_t n, int32_t* to);
int32_t* fill_words(int32_t value, int32_t n, int32_t* to);

}  // namespace mote
