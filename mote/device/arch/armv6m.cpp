// Requantisation for Armv6-M, in assembly: a compiler calls a function for the product of two words.
#include "mote/device/arch/this_arch.h"

#ifdef MOTE_ARMV6M
namespace mote {

static_assert(sizeof(NarrowSums) == 6 * 4 && sizeof(Requant) == 8);

// r0 sums, r1 q, r2 out; r8 round, r9 2^14, r10 the end of the sums, r11 q_back. The product is made as in
// Armv6m::high_mul_narrow: r3 ah (ASRS leaves bit 15 in the carry), r6 al, r4 bh, r7 bl.
__attribute__((naked, noinline)) void requantize_narrow_sums(const NarrowSums&) {
  __asm__(
      ".syntax unified\n push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
      "ldm r0!, {r1-r6}\n mov r10, r4\n mov r8, r5\n mov r11, r6\n movs r4, #1\n lsls r4, r4, #14\n mov r9, r4\n"
      "mov r0, r1\n mov r1, r2\n mov r2, r3\n"
      "1:\n"
      "ldm r0!, {r3}\n ldm r1!, {r4, r5}\n mov r12, r5\n mov r5, r11\n subs r1, r1, r5\n"
      "sxth r6, r3\n asrs r3, r3, #16\n movs r7, #0\n adcs r3, r7\n uxth r7, r4\n lsrs r4, r4, #16\n"
      "movs r5, r6\n muls r5, r7\n muls r6, r4\n muls r7, r3\n muls r3, r4\n"
      "asrs r5, r5, #16\n adds r5, r5, r6\n adds r5, r5, r7\n add r5, r9\n asrs r5, r5, #15\n lsls r3, r3, #1\n"
      "adds r5, r5, r3\n"
      "asrs r3, r5, #31\n adds r5, r5, r3\n mov r3, r12\n mvns r3, r3\n asrs r5, r3\n add r5, r8\n asrs r5, r5, #1\n"
      "sxtb r3, r5\n cmp r3, r5\n bne 3f\n"
      "2:\n"
      "strb r5, [r2]\n adds r2, #1\n cmp r0, r10\n bne 1b\n"
      "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n"
      "3:\n"  // beyond int8: 127 or -128
      "asrs r5, r5, #31\n movs r3, #127\n eors r5, r3\n b 2b\n");
}

}  // namespace mote
#endif
