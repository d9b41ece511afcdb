#include "mote/ops/add/add.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/broadcast.h"

namespace mote {
namespace {

__attribute__((noinline)) void add_run(const Add& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
  const Requant of_b{p.b_multiplier, p.b_shift}, of_out{p.out_multiplier, p.out_shift};
  const int32_t twice_offset = 2 * p.a_offset, b_unit = p.b_unit, b_offset = p.b_offset;
  const int32_t twice_zero = 2 * p.out_zero, lo = p.lo, hi = p.hi;
  make_run(p, in_a, in_b, out, [=](int32_t a, int32_t b) {
    const int32_t twice_b = requantize_narrow_twice<ThisArch>(b * b_unit + b_offset, of_b, twice_offset);
    const int32_t sum = (twice_b >> 1) + a * (1 << 19);
    return clamp_s8(requantize_narrow_twice<ThisArch>(sum, of_out, twice_zero) >> 1, lo, hi);
  });
}

}  // namespace

void add_s8(const KernelArgs& args) { for_each_run<Add>(args, add_run); }

}  // namespace mote
