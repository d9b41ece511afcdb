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

void dequantize_s16_f32(const KernelArgs& args) {
  const DequantizeColumns& p = params_of<DequantizeColumns>(args);
  const uint32_t* scale_bits = data_of<uint32_t>(args, 0);
  const int32_t* zero = data_of<int32_t>(args, 1);
  const int16_t* in = in_row<int16_t>(args, 0);
  uint8_t* out = out_row<uint8_t>(args, 0);
  int32_t c = 0;
  for (int32_t i = 0; i < p.n; ++i, out += 4) {
    store_f32(out, float_of_bits(scale_bits[c]) * static_cast<float>(in[i] - zero[c]));
    if (++c == p.columns) c = 0;
  }
}

}  // namespace mote
