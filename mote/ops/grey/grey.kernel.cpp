#include "mote/ops/grey/grey.kernel.h"

namespace mote {

void grey_u8(const KernelArgs& args) {
  const uint8_t* in = args.in[0];
  uint8_t* out = args.out[0];
  for (int32_t n = params_of<Grey>(args).pixels; n > 0; --n, in += 3)
    *out++ = static_cast<uint8_t>((19595 * in[0] + 38470 * in[1] + 7471 * in[2] + (1 << 15)) >> 16);
}

}  // namespace mote
