// Mean (or sum) over some dimensions, int8.
//
//   out[o] = clamp(out_zero + requantize(sum in[i] - n * in_zero, {multiplier, shift}), lo, hi)
//
// over the n inputs i that belong to o; 1 / n is part of the multiplier.
#pragma once
#include "mote/device/nest.h"

namespace mote {

struct Mean {
  int32_t loops;                         // of the table; they go through what a step adds
  int32_t sums;                          // values of an output row
  int32_t parts;                         // steps that an output row is added up from
  int32_t in_split, in_high, in_low;     // where step s begins in its input (see RowSplit)
  int32_t out_split, out_high, out_low;  // where part p begins in the output row
  int32_t initial;                       // -n * in_zero
  int32_t multiplier, shift, out_zero, lo, hi;
};
static_assert(sizeof(Mean) == 15 * 4);

// Table: Loop loops[]. The sums are int32_t carry[] where there are several parts, else scratch[].
void mean_s8(const KernelArgs& args);

// The sums of the window before, in carry[], become those of the next: the first half of the parts are rows that leave
// it, the second half rows that enter.
void mean_slide_s8(const KernelArgs& args);

}  // namespace mote
