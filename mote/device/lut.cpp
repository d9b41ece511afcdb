#include "mote/device/lut.h"

namespace mote {

void lut_s8(const KernelArgs& args) {
  const int8_t* table = data_of<int8_t>(args, 0);
  const uint8_t* in = in_row<uint8_t>(args, 0);
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t n = params_of<Lut>(args).n; n > 0; --n) *out++ = table[*in++];
}

}  // namespace mote
