#include "mote/ops/resize_nearest/resize_nearest.kernel.h"

#include "mote/device/copy.h"

namespace mote {

void resize_nearest(const KernelArgs& args) {
  const ResizeNearest& p = params_of<ResizeNearest>(args);
  const uint16_t* columns = data_of<uint16_t>(args, 0);
  uint8_t* out = args.out[0];
  for (int32_t x = 0; x < p.out_w; ++x) out = move_bytes(out, args.in[0] + columns[x] * p.pixel_bytes, p.pixel_bytes);
}

}  // namespace mote
