// A linear map whose weights hold the scales of their features: regressions, projections on principal components.
//
//   out[j] = clamp(out_zero + floor((bias[j] * 2^(shift - 8) + sum w[j][i] * x[i] + 2^(shift - 1)) / 2^shift), lo, hi)
//
// Features of one quantisation may differ in size by orders of magnitude, and so may their weights: these are of 32
// bits, sums of 64. The compiler proves that sums stay within 62.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Linear {
  int32_t n;        // features of a vector
  int32_t vectors;  // in a row
  int32_t outputs;
  int32_t output_bytes;  // 1, 2 or 4
  int32_t shift;         // 8 to 40
  int32_t out_zero, lo, hi;
};
static_assert(sizeof(Linear) == 8 * 4);

// Tables: int32_t weights[outputs][n], int32_t bias[outputs].
void linear_s8(const KernelArgs& args);
void linear_s16(const KernelArgs& args);

}  // namespace mote
