// Vectors times a constant matrix, int16, sums within 32 bits: discrete cosine transforms.
//
//   out[j] = clamp(requantize(bias[j] + sum_i weights[j][i] in[i], {multiplier, shift}), -32768, 32767)
//
// for each vector of a row. The compiler has seen to it that no sum leaves 32 bits.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Matrix {
  int32_t vectors;  // in a row
  int32_t n, m;     // values of a vector, of the result
  int32_t multiplier, shift;
  int32_t narrow;  // 1: requantize_narrow is exact
};
static_assert(sizeof(Matrix) == 6 * 4);

// Tables: int16_t weights[m][n], int32_t bias[m].
void matrix_s16(const KernelArgs& args);

}  // namespace mote
