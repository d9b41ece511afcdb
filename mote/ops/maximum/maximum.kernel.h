// Maximum, int8: out[i] = the greater of a[i] and b[i]. Repeated operands: device/broadcast.h.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Maximum {
  int32_t n, n1, n2, a_step, a_run, a_block, a_row, b_step, b_run, b_block, b_row;
};
static_assert(sizeof(Maximum) == 11 * 4);

void maximum_s8(const KernelArgs& args);

}  // namespace mote
