#include "mote/ops/linear/linear.kernel.h"

#include "mote/device/wide.h"

namespace mote {
namespace {

template <class X>
MOTE_INLINE void linear(const KernelArgs& args) {
  const Linear& p = params_of<Linear>(args);
  const int32_t* bias = data_of<int32_t>(args, 1);
  const X* x = in_row<X>(args, 0);
  uint8_t* out = args.out[0];
  for (int32_t v = 0; v < p.vectors; ++v, x += p.n, out += p.outputs * p.output_bytes) {
    const int32_t* w = data_of<int32_t>(args, 0);
    for (int32_t j = 0; j < p.outputs; ++j) {
      int64_t sum = bias[j] * (int64_t{1} << (p.shift - 8));
      for (int32_t i = 0; i < p.n; ++i) sum += int64_t{*w++} * x[i];
      store_value(out, j, p.output_bytes, clamp_wide(shift_round(sum, p.shift) + p.out_zero, p.lo, p.hi));
    }
  }
}

}  // namespace

void linear_s8(const KernelArgs& args) { linear<int8_t>(args); }
void linear_s16(const KernelArgs& args) { linear<int16_t>(args); }

}  // namespace mote
