#include "mote/ops/rescale/rescale.kernel.h"

#include "mote/device/arch/this_arch.h"

namespace mote {
namespace {

template <class In, class Out, bool narrow>
void rescale(const KernelArgs& args) {
  const Rescale& p = params_of<Rescale>(args);
  const Requant* requant = data_of<Requant>(args, 0);
  const int32_t* offset = data_of<int32_t>(args, 1);
  const In* in = in_row<In>(args, 0);
  Out* out = out_row<Out>(args, 0);
  const int32_t zero = p.zero, lo = p.lo, hi = p.hi, columns = p.columns, step = columns > 1 ? 1 : 0;
  int32_t c = 0;
  for (const In* end = in + p.n; in != end;) {
    *out++ = static_cast<Out>(clamp(zero + requantize_as<ThisArch, narrow>(*in++ + offset[c], requant[c]), lo, hi));
    c += step;
    if (c == columns) c = 0;
  }
}

template <class Out>
void rescale(const KernelArgs& args) {
  if (params_of<Rescale>(args).narrow) rescale<int16_t, Out, true>(args);
  else rescale<int16_t, Out, false>(args);
}

}  // namespace

void rescale_s16_to_s8(const KernelArgs& args) { rescale<int8_t>(args); }
void rescale_s16(const KernelArgs& args) { rescale<int16_t>(args); }
void rescale_s32_to_s8(const KernelArgs& args) { rescale<int32_t, int8_t, false>(args); }

}  // namespace mote
