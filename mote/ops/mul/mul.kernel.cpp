#include "mote/ops/mul/mul.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/broadcast.h"

namespace mote {
namespace {

#ifdef MOTE_MVE
static_assert(offsetof(Mul, a_zero) == 11 * 4);

// Runs for shifts to the right, four values at a time, whose products `multiply` leaves in q0 of the differences there.
// r1 a, r2 b, r3 out, r4 a_zero, r5 b_zero, r6 out_zero, r7 multiplier, r8 shift; q2 lo, q3 hi. How the signs round:
// device/vectors.h.
#define MOTE_MUL_RUN(prepare, multiply)                                                           \
  __asm__(                                                                                        \
      "push {r4-r10, lr}\n"                                                                       \
      "ldr r12, [r0], #44\n ldm r0, {r4-r10}\n vdup.32 q2, r9\n vdup.32 q3, r10\n" prepare        \
      "dlstp.32 lr, r12\n"                                                                        \
      "1:\n"                                                                                      \
      "vldrb.s32 q0, [r1], #4\n vsub.i32 q0, q0, r4\n" multiply                                   \
      "vshr.s32 q1, q0, #31\n vqrdmlah.s32 q1, q0, r7\n vrshl.s32 q1, r8\n"                       \
      "vadd.i32 q1, q1, r6\n vmax.s32 q1, q1, q2\n vmin.s32 q1, q1, q3\n vstrb.32 q1, [r3], #4\n" \
      "letp lr, 1b\n"                                                                             \
      "pop {r4-r10, pc}\n")

// Where both operands go on by one value.
__attribute__((naked, noinline)) void mul_neighbours(const Mul&, const int8_t*, const int8_t*, int8_t*) {
  MOTE_MUL_RUN("", "vldrb.s32 q1, [r2], #4\n vsub.i32 q1, q1, r5\n vmul.i32 q0, q0, q1\n");
}

// Where b is the same value throughout.
__attribute__((naked, noinline)) void mul_by_one(const Mul&, const int8_t*, const int8_t*, int8_t*) {
  MOTE_MUL_RUN("ldrsb r2, [r2]\n subs r2, r2, r5\n", "vmul.i32 q0, q0, r2\n");
}
#endif

template <bool left>
__attribute__((noinline)) void mul_run(const Mul& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
#ifdef MOTE_MVE
  if (!left && p.a_step == 1)
    return p.b_step == 1 ? mul_neighbours(p, in_a, in_b, out) : mul_by_one(p, in_a, in_b, out);
#endif
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
