// Softmax, int8, along vectors of `depth` values that lie one after another.
//
//   e[i] = exps[max - in[i]] in Q0.31, 0 beyond the table;   sum = sum of round(e[i] / 2^12), in Q12.19
//   out[i] = min(round(e[i] / sum * 2^8) - 128, 127)
//
// e / sum is high_mul(e, scale) / 2^bits: scale is the reciprocal of sum brought into [1, 2).
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Softmax {
  int32_t depth;
  int32_t vectors;  // in a row
  int32_t n_exps;   // 1 to 256
};
static_assert(sizeof(Softmax) == 3 * 4);

// Table: int32_t exps[n_exps]; the first is 1 (INT32_MAX).
void softmax_s8(const KernelArgs& args);

}  // namespace mote
