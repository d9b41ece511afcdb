#include "mote/ops/depthwise_conv2d/depthwise_conv2d.host.h"

#include "mote/device/taps.h"
#include "mote/host/vector.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"

namespace mote {

void depthwise_conv2d_host_s8(const KernelArgs& args) {
  const VectorForms& forms = forms_in_use();
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  const int32_t x_step = p.dilation_x * p.in_c, w_row = p.kw * kHostLanes;
  for (int32_t r = 0; r < args.rows; ++r) {
    const uint8_t* const* rows = args.in + r * p.stride_y;
    const Taps y = taps_present(rows, p.kh, p.dilation_y);
    int8_t* out = out_row<int8_t>(args, r);
    PixelTaps t{rows + y.begin * p.dilation_y,
                p.dilation_y,
                y.end - y.begin,
                0,
                0,
                x_step,
                p.in_w * p.in_c,
                p.in_zero,
                nullptr,
                w_row,
                p.kh * w_row,
                data_of<LaneQuant>(args, 1),
                p.in_c,
                {p.out_zero, p.lo, p.hi},
                out,
                out + p.out_w * p.in_c};
    int32_t left = -p.pad_left;
    for (int32_t i = 0; i < p.out_w; ++i, left += p.stride_x, t.out += p.in_c) {
      const Taps x = taps_inside(left, p.kw, p.dilation_x, p.in_w);
      t.columns = x.end - x.begin;
      t.x = left * p.in_c + x.begin * x_step;
      t.w = data_of<int32_t>(args, 0) + y.begin * w_row + x.begin * kHostLanes;
      forms.sum_taps(t);
    }
  }
}

}  // namespace mote
