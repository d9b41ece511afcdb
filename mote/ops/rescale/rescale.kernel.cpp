#include "mote/ops/rescale/rescale.kernel.h"

#include "mote/device/fixed.h"

namespace mote {
namespace {

template <class Out>
void rescale(const KernelArgs& args) {
  const Rescale& p = params_of<Rescale>(args);
  const Requant* requant = data_of<Requant>(args, 0);
  const int32_t* offset = data_of<int32_t>(args, 1);
  const int16_t* in = in_row<int16_t>(args, 0);
  Out* out = out_row<Out>(args, 0);
  for (int32_t i = 0, c = 0; i < p.n; ++i) {
    out[i] = static_cast<Out>(clamp(p.zero + requantize(in[i] + offset[c], requant[c]), p.lo, p.hi));
    if (++c == p.columns) c = 0;
  }
}

}  // namespace

void rescale_s16_to_s8(const KernelArgs& args) { rescale<int8_t>(args); }
void rescale_s16(const KernelArgs& args) { rescale<int16_t>(args); }

}  // namespace mote
