// Features without what is constant around them: a mean subtracted, or a deviation divided by, over a window of rows
// centred on each row. At the ends the rows are mirrored, the last one counted twice.
//
//   mean       out[f][c] = clamp(requantize(window in[f][c] - sum in[r][c], {multiplier, shift}), -32768, 32767)
//   deviation  out[f][c] = clamp(in[f][c] factor / sqrt(sum in[r][c]^2), -32768, 32767), 0 where the sum is
//
// The sums are over the rows r of the window, each column c by itself; they are carried from row to row.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct SlidingNormalize {
  int32_t rows, columns;
  int32_t window;             // rows, odd
  int32_t multiplier, shift;  // deviation: `multiplier` is the factor, at most 65535
};
static_assert(sizeof(SlidingNormalize) == 5 * 4);

// int16 in (whole) and out. Carry: int32_t sums[columns].
void subtract_sliding_mean_s16(const KernelArgs& args);

// int16 in (whole) and out. Carry: uint64_t sums[columns].
void divide_by_sliding_deviation_s16(const KernelArgs& args);

}  // namespace mote
