// Requantisation for Armv6-M, in assembly: a compiler calls a function for the product of two words.
#include "mote/device/arch/this_arch.h"

#ifdef MOTE_ARMV6M
namespace mote {

static_assert(sizeof(NarrowSums) == 6 * 4 && sizeof(Requant) == 8);

// From the argument: r0 sums, r1 q, r2 out; r8 round, r10 the end of the sums, r11 q_back, r9 2^exponent.
#define MOTE_BEGIN(exponent)                                                                                  \
  ".syntax unified\n push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n" \
  "ldm r0!, {r1-r6}\n mov r10, r4\n mov r8, r5\n mov r11, r6\n movs r4, #1\n lsls r4, r4, #" exponent         \
  "\n mov r9, r4\n mov r0, r1\n mov r1, r2\n mov r2, r3\n1:\n"
// From the high product (r4) and the shift (r5); r3 is used. Beyond int8: 127 or -128.
#define MOTE_PUT_AND_LOOP                                                                           \
  "asrs r3, r4, #31\n adds r4, r4, r3\n mvns r5, r5\n asrs r4, r5\n add r4, r8\n asrs r4, r4, #1\n" \
  "sxtb r3, r4\n cmp r3, r4\n bne 3f\n"                                                             \
  "2:\n strb r4, [r2]\n adds r2, #1\n cmp r0, r10\n bne 1b\n"                                       \
  "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n"           \
  "3:\n asrs r4, r4, #31\n movs r3, #127\n eors r4, r3\n b 2b\n"

// The product is made as in Armv6m::high_mul_narrow: r3 ah (ASRS leaves bit 15 in the carry), r6 al, r4 bh, r7 bl.
__attribute__((naked, noinline)) void requantize_narrow_sums(const NarrowSums&) {
  __asm__(MOTE_BEGIN(
      "14") "ldm r0!, {r3}\n ldm r1!, {r4, r5}\n mov r12, r5\n mov r5, r11\n subs r1, r1, r5\n"
            "sxth r6, r3\n asrs r3, r3, #16\n movs r7, #0\n adcs r3, r7\n uxth r7, r4\n lsrs r4, r4, #16\n"
            "movs r5, r6\n muls r5, r7\n muls r6, r4\n muls r7, r3\n muls r4, r3\n"
            "asrs r5, r5, #16\n adds r5, r5, r6\n adds r5, r5, r7\n add r5, r9\n asrs r5, r5, #15\n lsls r4, r4, #1\n"
            "adds r4, r4, r5\n mov r5, r12\n" MOTE_PUT_AND_LOOP);
}

// The multiplier's parts are r6 (10 bits), r7 (10 bits) and r4 (11 bits): with |a| < 2^20 all products fit, and so does
// each sum with what is left of the one below, floor(a * m / 2^20) in the end.
__attribute__((naked, noinline)) void requantize_short_sums(const NarrowSums&) {
  __asm__(MOTE_BEGIN(
      "10") "ldm r0!, {r3}\n ldm r1!, {r4, r5}\n"
            "lsls r6, r4, #22\n lsrs r6, r6, #22\n muls r6, r3\n asrs r6, r6, #10\n"
            "lsls r7, r4, #12\n lsrs r7, r7, #22\n muls r7, r3\n adds r6, r6, r7\n asrs r6, r6, #10\n"
            "lsrs r4, r4, #20\n muls r4, r3\n adds r4, r4, r6\n add r4, r9\n asrs r4, r4, #11\n" MOTE_PUT_AND_LOOP);
}

}  // namespace mote
#endif
