#include "mote/ops/add/add.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/broadcast.h"

namespace mote {
namespace {

#ifdef MOTE_MVE
static_assert(offsetof(Add, a_offset) == 11 * 4);

// add_run where both operands go on by one value: four at a time. r1 a, r2 b, r3 out, r4 b_offset, r5, r6 b_requant, r7
// 2^19, r8 a_offset, r9, r10 out_requant, r11 out_zero; q3 b_unit, q4 lo, q5 hi. How the signs round: device/vectors.h.
__attribute__((naked, noinline)) void add_neighbours(const Add&, const int8_t*, const int8_t*, int8_t*) {
  __asm__(
      "push {r4-r11, lr}\n vpush {d8-d11}\n"
      "ldr r12, [r0], #44\n"
      "ldm r0!, {r8, r11}\n vdup.32 q3, r11\n ldm r0!, {r4, r5, r6, r9, r10, r11}\n"
      "ldrd r7, r0, [r0]\n vdup.32 q4, r7\n vdup.32 q5, r0\n mov r7, #0x80000\n"
      "dlstp.32 lr, r12\n"
      "1:\n"
      "vldrb.s32 q0, [r2], #4\n vmlas.s32 q0, q3, r4\n vldrb.s32 q2, [r1], #4\n"
      "vshr.s32 q1, q0, #31\n vqrdmlah.s32 q1, q0, r5\n vrshl.s32 q1, r6\n"
      "vmla.s32 q1, q2, r7\n vadd.i32 q1, q1, r8\n"
      "vshr.s32 q0, q1, #31\n vqrdmlah.s32 q0, q1, r9\n vrshl.s32 q0, r10\n"
      "vadd.i32 q0, q0, r11\n vmax.s32 q0, q0, q4\n vmin.s32 q0, q0, q5\n vstrb.32 q0, [r3], #4\n"
      "letp lr, 1b\n"
      "vpop {d8-d11}\n pop {r4-r11, pc}\n");
}
#endif

__attribute__((noinline)) void add_run(const Add& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
#ifdef MOTE_MVE
  if (p.a_step == 1 && p.b_step == 1) return add_neighbours(p, in_a, in_b, out);
#endif
  const Requant of_b{p.b_multiplier, p.b_shift}, of_out{p.out_multiplier, p.out_shift};
  const int32_t twice_offset = 2 * p.a_offset, b_unit = p.b_unit, b_offset = p.b_offset;
  const int32_t twice_zero = 2 * p.out_zero, lo = p.lo, hi = p.hi;
  make_run(p, in_a, in_b, out, [=](int32_t a, int32_t b) {
    const int32_t twice_b = requantize_narrow_twice<ThisArch>(b * b_unit + b_offset, of_b, twice_offset);
    const int32_t sum = (twice_b >> 1) + a * (1 << 19);
    return clamp_s8(requantize_narrow_twice<ThisArch>(sum, of_out, twice_zero) >> 1, lo, hi);
  });
}

#ifdef MOTE_ARMV7EM
// As many whole fours as there are in n values, where both operands go on by one value: how many values that were.
MOTE_INLINE int32_t add_fours(const AddLinear& p, const int8_t* a, const int8_t* b, int8_t* out) {
  const uint32_t high_bytes = 0xFF00FF00;
  const int32_t a_factor = p.a_factor, b_factor = p.b_factor, offset = p.offset, n = p.n & ~3;
  for (const int8_t* const end = a + n; a != end; a += 4, b += 4, out += 4) {
    const uint32_t a4 = ThisArch::load(a), b4 = ThisArch::load(b);
    const uint32_t a_odd = a4 & high_bytes, a_even = a4 << 8 & high_bytes;  // halfwords of 2^8 times the values
    const uint32_t b_odd = b4 & high_bytes, b_even = b4 << 8 & high_bytes;
    const auto sum = [=](auto wide_mac, uint32_t x, uint32_t y) {
      return ThisArch::shift_to_s8<kAddLinearShift>(wide_mac(wide_mac(offset, a_factor, x), b_factor, y));
    };
    const int32_t first = sum(ThisArch::wide_mac_low, a_even, b_even),
                  second = sum(ThisArch::wide_mac_low, a_odd, b_odd);
    const int32_t third = sum(ThisArch::wide_mac_high, a_even, b_even),
                  last = sum(ThisArch::wide_mac_high, a_odd, b_odd);
    ThisArch::store(out, ThisArch::join4(first, second, third, last));
  }
  return n;
}
#endif

__attribute__((noinline)) void add_linear_run(const AddLinear& p, const int8_t* a, const int8_t* b, int8_t* out) {
  int32_t done = 0;
#ifdef MOTE_ARMV7EM
  if (p.a_step == 1 && p.b_step == 1) done = add_fours(p, a, b, out);
#endif
  const int32_t a_step = p.a_step, b_step = p.b_step;
  const int32_t a_factor = p.a_factor, b_factor = p.b_factor, offset = p.offset;
  a += done * a_step, b += done * b_step;
  for (int8_t *to = out + done, *const end = out + p.n; to != end; ++to, a += a_step, b += b_step) {
    const auto of_a = static_cast<int32_t>(int64_t{*a} * a_factor >> 8);
    const auto of_b = static_cast<int32_t>(int64_t{*b} * b_factor >> 8);
    *to = clamp_s8(wrapping_add(wrapping_add(of_a, offset), of_b) >> kAddLinearShift, -128, 127);
  }
  if (p.lo > -128 || p.hi < 127) clamp_bytes(out, p.n, p.lo, p.hi);
}

}  // namespace

void add_s8(const KernelArgs& args) { for_each_run<Add>(args, add_run); }

void add_linear_s8(const KernelArgs& args) { for_each_run<AddLinear>(args, add_linear_run); }

}  // namespace mote
