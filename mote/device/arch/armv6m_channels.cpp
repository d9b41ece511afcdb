// sum_channels for Armv6-M, in assembly: two channels at a time, which share the address of each tap.
#include "mote/device/arch/this_arch.h"
#include "mote/device/channels.h"

#ifdef MOTE_ARMV6M
namespace mote {

static_assert(sizeof(Channels) == 6 * 4);

// r0 taps, r1 weights, r2 and r3 both channels, r4 and r5 values, r6 a weight, r7 the number of channels; r9 and r10
// sums, r11 where to enter the unrolled loop, r12 the weights of the first tap, lr the end of the taps. On the stack: 0
// tap, 4 start, 8 sums.
__attribute__((naked, noinline)) void sum_channels(const Channels&) {
  __asm__(
      ".syntax unified\n push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
      "sub sp, #12\n"
      "ldm r0!, {r1-r6}\n mov lr, r2\n mov r12, r3\n mov r7, r4\n str r1, [sp]\n str r5, [sp, #4]\n str r6, [sp, #8]\n"
      "subs r1, r1, r2\n lsrs r1, r1, #2\n movs r2, #3\n ands r1, r2\n movs r2, #20\n muls r1, r2\n adr r2, 2f\n"
      "adds r1, r1, r2\n adds r1, #1\n mov r11, r1\n movs r2, #0\n movs r3, #1\n"
      "1:\n"
      "lsls r0, r2, #2\n ldr r4, [sp, #4]\n adds r4, r4, r0\n ldm r4!, {r5, r6}\n mov r9, r5\n mov r10, r6\n"
      "ldr r0, [sp]\n mov r1, r12\n bx r11\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 4\n"
      "ldm r0!, {r4}\n ldrsb r5, [r4, r3]\n ldrsb r4, [r4, r2]\n ldrsb r6, [r1, r3]\n muls r5, r6\n"
      "ldrsb r6, [r1, r2]\n muls r4, r6\n add r9, r4\n add r10, r5\n adds r1, r1, r7\n"
      ".endr\n"
      "cmp r0, lr\n bne 2b\n"
      "lsls r0, r2, #2\n ldr r4, [sp, #8]\n adds r4, r4, r0\n mov r5, r9\n mov r6, r10\n stm r4!, {r5, r6}\n"
      "adds r2, #2\n adds r3, #2\n cmp r3, r7\n blt 1b\n bgt 3f\n"
      "subs r2, #1\n subs r3, #1\n b 1b\n"  // one is left: the last two overlap those before
      "3:\n"
      "add sp, #12\n pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n");
}

}  // namespace mote
#endif
