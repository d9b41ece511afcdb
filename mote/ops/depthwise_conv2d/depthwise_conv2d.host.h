// depthwise_conv2d.kernel.h's convolution with a multiplier of 1, by the host's vector instructions.
//
// Tables: int32_t weights[] and LaneQuant quant[], as host/vector.h has them.
#pragma once
#include "mote/device/rows.h"

namespace mote {

void depthwise_conv2d_host_s8(const KernelArgs& args);

}  // namespace mote
