#include "mote/ops/magnitude/magnitude.kernel.h"

#include "mote/device/log2.h"

namespace mote {
namespace {

// sqrt(sum) / 2; the sum is scaled up by 4^k first.
int32_t half_root(uint32_t sum) {
  if (sum == 0) return 0;
  const int32_t k = __builtin_clz(sum) / 2;
  return static_cast<int32_t>((square_root(sum << (2 * k)) + (1u << k)) >> (k + 1));
}

}  // namespace

void magnitude_s16(const KernelArgs& args) {
  const Magnitude& p = params_of<Magnitude>(args);
  const int16_t* in = in_row<int16_t>(args, 0);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t i = 0; i < p.n; ++i) {
    uint32_t sum = 0;
    for (int32_t a = 0; a < p.axes; ++a, ++in) sum += static_cast<uint32_t>(*in * *in);
    *out++ = static_cast<int16_t>(half_root(sum));
  }
}

}  // namespace mote
