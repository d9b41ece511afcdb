#include "mote/ops/softmax/softmax.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/reciprocal.h"

namespace mote {
namespace {

int32_t greatest(const int8_t* x, int32_t n) {
  int32_t max = -128;
  for (int32_t i = 0; i < n; ++i)
    if (x[i] > max) max = x[i];
  return max;
}

}  // namespace

void softmax_s8(const KernelArgs& args) {
  const Softmax& p = params_of<Softmax>(args);
  const int32_t* exps = data_of<int32_t>(args, 0);
  const int8_t* in = in_row<int8_t>(args, 0);
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t v = 0; v < p.vectors; ++v, in += p.depth, out += p.depth) {
    const int32_t max = greatest(in, p.depth);
    uint32_t sum = 0;  // at least 2^19, because of the greatest; below 2^31: depth < 4096
    for (int32_t i = 0; i < p.depth; ++i)
      if (max - in[i] < p.n_exps) sum += static_cast<uint32_t>(divide_by_power_of_two(exps[max - in[i]], 12));
    int32_t bits = 35;  // of the division that gives 1/256ths, when no shift of the sum is needed
    for (; sum < uint32_t{1} << 31; sum <<= 1) --bits;
    const int32_t scale = reciprocal_of_one_plus(static_cast<int32_t>(sum - (uint32_t{1} << 31)));
    const uint32_t half = bits < 32 ? uint32_t{1} << (bits - 1) : 0;
    for (int32_t i = 0; i < p.depth; ++i) {
      const int32_t e = max - in[i] < p.n_exps ? exps[max - in[i]] : 0;
      const uint32_t y = bits < 32 ? (static_cast<uint32_t>(high_mul(e, scale)) + half) >> bits : 0;
      out[i] = static_cast<int8_t>(y < 255 ? static_cast<int32_t>(y) - 128 : 127);
    }
  }
}

}  // namespace mote
