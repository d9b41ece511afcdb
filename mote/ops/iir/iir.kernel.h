// Recursive filter: a cascade of second-order sections in direct form I.
//
//   acc  = r + b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2]
//   y[i] = floor(acc / 2^30),  r = acc mod 2^30
//
// Samples have 14 fractional bits on their way, coefficients 30. What rounding takes from one y it gives to the next:
// this moves the noise away from low frequencies, where sections with a low cutoff would amplify it most. The compiler
// has scaled the sections so that no input whatever can make a y leave 30 bits.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Iir {
  int32_t n;  // samples of an axis in a row
  int32_t axes;
  int32_t sections;
  int32_t steady;             // 1: begins as if the first sample had been there for ever
  int32_t multiplier, shift;  // of the last section's y, for requantize_narrow
};
static_assert(sizeof(Iir) == 6 * 4);

// int16 in and out. Table: for each section int32_t b0, b1, b2, -a1, -a2, and y for a constant input of 1 (all with 30
// fractional bits). Carry: for each axis, before each section and behind the last one, int32_t x[i-1], x[i-2], r.
void iir_s16(const KernelArgs& args);

}  // namespace mote
