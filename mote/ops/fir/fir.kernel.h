// Weighted sums along time, every `factor` samples.
//
//   y[m] = clamp(floor((sum_k taps[k] x[m factor + k - half] + 2^29) / 2^30), -32768, 32767)
//
// Samples before the first row and behind the last one are like the nearest.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Fir {
  int32_t taps;    // 2 half + 1
  int32_t factor;  // from output to output
  int32_t axes;
  int32_t row;     // samples of an axis in an input row, a multiple of the factor
  int32_t before;  // rows of a window before the one that output 0 lies in
  int32_t rows;    // of a window
};
static_assert(sizeof(Fir) == 6 * 4);

// int16 in and out. Table: int32_t taps[], 30 fractional bits, whose sizes add up to less than 2^31.
void fir_s16(const KernelArgs& args);

}  // namespace mote
