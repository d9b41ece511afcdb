// lanes.h for Armv6-M, in assembly: a compiler keeps too few of the sums in registers.
#include "mote/device/arch/this_arch.h"
#include "mote/device/lanes.h"

#ifdef MOTE_ARMV6M
namespace mote {

static_assert(sizeof(Lanes) == 6 * 4);

// Two values (r2, r3) with the next two words of weights. ASRS leaves bit 15 in the carry, which is what
// floor((t + 2^15) / 2^16) adds to t >> 16.
#define MOTE_TWO_VALUES(both, high)                                                                                    \
  "ldm r1!, {r4, r5}\n muls r4, r2\n muls r5, r3\n adds r4, r4, r5\n add " both ", r4\n asrs r4, r4, #16\n adcs " high \
  ", r4\n"
#define MOTE_SAVE                                                                                             \
  ".syntax unified\n push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n" \
  "sub sp, #16\n"
#define MOTE_RESTORE \
  "add sp, #16\n pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n"
// From the argument: r10 the end of x, r1 the weights, r11 where to enter the unrolled loop at 2, `bytes` for every two
// values. On the stack: 0 x, 4 start, 8 sums, 12 blocks.
#define MOTE_BEGIN(bytes)                                                                                     \
  "ldm r0!, {r1-r6}\n mov r10, r2\n str r1, [sp]\n str r4, [sp, #4]\n str r5, [sp, #8]\n str r6, [sp, #12]\n" \
  "subs r1, r1, r2\n lsrs r1, r1, #3\n movs r2, #3\n ands r1, r2\n movs r2, #" bytes                          \
  "\n muls r1, r2\n adr r2, 2f\n adds r1, r1, r2\n adds r1, #1\n mov r11, r1\n mov r1, r3\n"
#define MOTE_NEXT_BLOCK "ldr r0, [sp, #12]\n subs r0, #1\n str r0, [sp, #12]\n bne 1b\n"

// r0 values, r1 weights; r8 and r9 sum t, r6 and r7 S1.
__attribute__((naked, noinline)) void lanes_of_four_outputs(const Lanes&) {
  __asm__(
      MOTE_SAVE MOTE_BEGIN("30")
      "1:\n"
      "ldr r2, [sp, #4]\n ldm r2!, {r3, r4, r6, r7}\n str r2, [sp, #4]\n mov r8, r3\n mov r9, r4\n"
      "ldr r0, [sp]\n bx r11\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 4\n"
      "ldm r0!, {r2, r3}\n" MOTE_TWO_VALUES("r8", "r6") MOTE_TWO_VALUES("r9", "r7")
      ".endr\n"
      "cmp r0, r10\n bne 2b\n"
      "mov r2, r8\n lsls r3, r6, #16\n subs r2, r2, r3\n mov r4, r9\n lsls r5, r7, #16\n subs r4, r4, r5\n"
      "mov r3, r6\n mov r5, r7\n ldr r0, [sp, #8]\n stm r0!, {r2-r5}\n str r0, [sp, #8]\n"
      MOTE_NEXT_BLOCK MOTE_RESTORE);
}

// r0 values, r1 weights; r8 sum t, r6 S1.
__attribute__((naked, noinline)) void lanes_of_two_outputs(const Lanes&) {
  __asm__(
      MOTE_SAVE MOTE_BEGIN("16")
      "1:\n"
      "ldr r2, [sp, #4]\n ldm r2!, {r3, r6}\n str r2, [sp, #4]\n mov r8, r3\n ldr r0, [sp]\n bx r11\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 4\n"
      "ldm r0!, {r2, r3}\n" MOTE_TWO_VALUES("r8", "r6")
      ".endr\n"
      "cmp r0, r10\n bne 2b\n"
      "mov r2, r8\n lsls r3, r6, #16\n subs r2, r2, r3\n mov r3, r6\n"
      "ldr r0, [sp, #8]\n stm r0!, {r2, r3}\n str r0, [sp, #8]\n"
      MOTE_NEXT_BLOCK MOTE_RESTORE);
}

}  // namespace mote
#endif
