#include "mote/ops/pad/pad.kernel.h"

#include "mote/device/copy.h"

namespace mote {

void pad_s8(const KernelArgs& args) {
  const Pad& p = params_of<Pad>(args);
  const uint8_t value = p.given ? *args.in[1] : static_cast<uint8_t>(p.value);
  const uint8_t* in = args.in[0];
  uint8_t* out = args.out[0];
  if (!in) {
    fill_bytes(out, value, p.out_bytes);
    return;
  }
  out = fill_bytes(out, value, p.a_before);
  for (int32_t i = 0; i < p.a_size; ++i) {
    out = fill_bytes(out, value, p.b_before);
    for (int32_t j = 0; j < p.b_size; ++j, in += p.c_size) {
      out = fill_bytes(out, value, p.c_before);
      out = move_bytes(out, in, p.c_size);
      out = fill_bytes(out, value, p.c_after);
    }
    out = fill_bytes(out, value, p.b_after);
  }
  fill_bytes(out, value, p.a_after);
}

}  // namespace mote
