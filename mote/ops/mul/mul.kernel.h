// Mul, int8.
//
//   out[i] = clamp(out_zero + requantize((a[i] - a_zero) * (b[i] - b_zero), requant), lo, hi)
//
// The product of the differences is below 2^16, or 2^30 after a shift to the left. Repeated operands:
// device/broadcast.h.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Mul {
  int32_t n, n1, n2, a_step, a_run, a_block, a_row, b_step, b_run, b_block, b_row;
  int32_t a_zero, b_zero, out_zero;
  int32_t multiplier, shift;  // at most 14 to the left
  int32_t lo, hi;
};
static_assert(sizeof(Mul) == 18 * 4);

void mul_s8(const KernelArgs& args);

}  // namespace mote
