#include "mote/ops/mul/mul.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/broadcast.h"

namespace mote {
namespace {

template <bool left>
__attribute__((noinline)) void mul_run(const Mul& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
  const Requant requant{p.multiplier, p.shift};
  const int32_t unit = int32_t{1} << (left ? p.shift : 0);
  const int32_t a_zero = p.a_zero, b_zero = p.b_zero, twice_zero = 2 * p.out_zero, lo = p.lo, hi = p.hi;
  make_run(p, in_a, in_b, out, [=](int32_t a, int32_t b) {
    const int32_t product = (a - a_zero) * (b - b_zero);
    const int32_t v = left ? ThisArch::high_mul_narrow(product * unit, requant.multiplier) + (twice_zero >> 1)
                           : requantize_narrow_twice<ThisArch>(product, requant, twice_zero) >> 1;
    return clamp_s8(v, lo, hi);
  });
}

}  // namespace

void mul_s8(const KernelArgs& args) {
  for_each_run<Mul>(args, params_of<Mul>(args).shift < 0 ? mul_run<false> : mul_run<true>);
}

}  // namespace mote
