// Add, int8. The operands come to a common scale with 20 bits to spare; a is the one with the larger scale, for which
// that is a shift alone.
//
//   sum    = (a - a_zero) * 2^19 + requantize((b - b_zero) * b_unit, b_requant)
//   out[i] = clamp(out_zero + requantize(sum, out_requant), lo, hi)
//
// Both shifts are at least one to the right and |sum| < 2^28, so requantize_narrow is exact. Repeated operands:
// device/broadcast.h.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Add {
  int32_t n, n1, n2, a_step, a_run, a_block, a_row, b_step, b_run, b_block, b_row;
  int32_t a_offset;          // -a_zero * 2^19
  int32_t b_unit, b_offset;  // 2^20 or 2^21, and -b_zero * b_unit
  int32_t b_multiplier, b_shift, out_multiplier, out_shift;
  int32_t out_zero, lo, hi;
};
static_assert(sizeof(Add) == 21 * 4);

void add_s8(const KernelArgs& args);

// The same result by a linear function, where the compiler has compared the two for every pair of operands:
//
//   out[i] = clamp(saturate8((floor(a * a_factor / 2^8) + floor(b * b_factor / 2^8) + offset) / 2^20), lo, hi)
//
// Zero points and all rounding are in `offset`; no sum reaches 2^31.
constexpr int32_t kAddLinearShift = 20;

struct AddLinear {
  int32_t n, n1, n2, a_step, a_run, a_block, a_row, b_step, b_run, b_block, b_row;
  int32_t a_factor, b_factor, offset;
  int32_t lo, hi;
};
static_assert(sizeof(AddLinear) == 16 * 4);

void add_linear_s8(const KernelArgs& args);

}  // namespace mote
