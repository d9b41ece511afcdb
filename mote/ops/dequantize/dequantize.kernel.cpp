#include "mote/ops/dequantize/dequantize.kernel.h"

#include "mote/device/exact.h"

namespace mote {

void dequantize_f32(const KernelArgs& args) {
  const Dequantize& p = params_of<Dequantize>(args);
  const float scale = float_of_bits(static_cast<uint32_t>(p.scale_bits));
  const uint8_t* in = in_row<uint8_t>(args, 0);
  uint8_t* out = out_row<uint8_t>(args, 0);
  for (int32_t i = 0; i < p.n; ++i, out += 4)
    store_f32(out, scale * static_cast<float>(static_cast<int8_t>(in[i] ^ p.flip) - p.zero));
}

}  // namespace mote
