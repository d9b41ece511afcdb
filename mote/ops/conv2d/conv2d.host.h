// conv2d.kernel.h's convolution without groups, by the host's vector instructions.
//
// Tables: int16_t weights[] and LaneQuant quant[], as host/vector.h has them. Scratch: kMostWindows windows of
// value_pairs(kh * kw * in_c) pairs of int16.
#pragma once
#include "mote/device/rows.h"

namespace mote {

void conv2d_host_s8(const KernelArgs& args);

}  // namespace mote
