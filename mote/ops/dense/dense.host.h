// dense.kernel.h's dense_s8 by the host's vector instructions; all outputs in one part.
//
// Tables: int16_t weights[] (less their zero point) and LaneQuant quant[], as host/vector.h has them. Scratch:
// kMostWindows vectors of value_pairs(in_n) pairs of int16.
#pragma once
#include "mote/device/rows.h"

namespace mote {

void dense_host_s8(const KernelArgs& args);

}  // namespace mote
