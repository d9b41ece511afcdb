// Depthwise convolutions on cores without vectors: values are multiplied as they are, the zero points of all taps being
// part of the bias.
#include "mote/device/channels.h"
#include "mote/device/dot4.h"
#include "mote/ops/depthwise_conv2d/list_taps.kernel.h"

namespace mote {

void depthwise_conv2d_channels_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  const Finish finish{p.out_zero, p.lo, p.hi, p.narrow, 1};
  int32_t* const sums = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  Missing missing(p, args.scratch + 4 * p.in_c);
  const int8_t* taps[kMaxWideTaps];
  const Channels channels{taps, taps + p.kh * p.kw, data_of<int8_t>(args, 0), p.in_c, data_of<int32_t>(args, 1), sums};
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t i = 0, left = -p.pad_left; i < p.out_w; ++i, left += p.stride_x, out += p.in_c) {
    list_taps(p, args, left, missing, taps);
    sum_channels(channels);
    finish_s8(finish, sums, p.in_c, data_of<Requant>(args, 2), out);
  }
}

}  // namespace mote
