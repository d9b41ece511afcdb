#include "mote/ops/quantize/quantize.kernel.h"

#include "mote/device/exact.h"
#include "mote/device/fixed.h"

namespace mote {

void quantize_f32(const KernelArgs& args) {
  const Quantize& p = params_of<Quantize>(args);
  const float scale = float_of_bits(static_cast<uint32_t>(p.scale_bits));
  const uint8_t* in = in_row<uint8_t>(args, 0);
  uint8_t* out = out_row<uint8_t>(args, 0);
  for (int32_t i = 0; i < p.n; ++i, in += 4)
    out[i] = static_cast<uint8_t>(clamp(round_away(load_f32(in) / scale, 1024) + p.zero, p.lo, p.hi));
}

}  // namespace mote
