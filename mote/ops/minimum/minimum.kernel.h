// Minimum, int8: out[i] = the lesser of a[i] and b[i]. Repeated operands: device/broadcast.h.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Minimum {
  int32_t n, n1, n2, a_step, a_run, a_block, a_row, b_step, b_run, b_block, b_row;
};
static_assert(sizeof(Minimum) == 11 * 4);

void minimum_s8(const KernelArgs& args);

}  // namespace mote
