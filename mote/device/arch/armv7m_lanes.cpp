// lanes.h for Armv7-M without the DSP extension (Cortex-M3), in assembly: a compiler keeps too few of the sums in
// registers.
#include "mote/device/arch/this_arch.h"
#include "mote/device/lanes.h"

#ifdef MOTE_ARMV7M
namespace mote {

static_assert(sizeof(Lanes) == 6 * 4);

// Two values (r2, r3) with two words of weights; r12 is 2^15.
#define MOTE_TWO_VALUES(w0, w1, both, high)                                                                       \
  "mla " w0 ", r2, " w0 ", r12\n mla " w0 ", r3, " w1 ", " w0 "\n add.w " both ", " both ", " w0 "\n add.w " high \
  ", " high ", " w0 ", asr #16\n"

// r0 values, r1 weights; r8 and r9 sum t + 2^15, less the 2^15 of all values to come; r10 and r11 S1; lr the end of
// the values. On the stack: 0 x, 4 where to enter the unrolled loop, 8 start, 12 sums, 16 blocks, 20 2^15 for all
// values.
__attribute__((naked, noinline)) void lanes_of_four_outputs(const Lanes&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #28\n"
      "ldm r0, {r1-r6}\n mov lr, r2\n sub r2, r2, r1\n lsl r7, r2, #12\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n"
      "rsb r2, r2, #0\n ubfx r2, r2, #3, #2\n mov r4, #40\n mul r2, r2, r4\n adr.w r4, 2f\n add r2, r2, r4\n"
      "orr r2, r2, #1\n strd r1, r2, [sp]\n mov r1, r3\n mov r12, #0x8000\n"
      "1:\n"
      "ldr r2, [sp, #8]\n ldm r2!, {r8-r11}\n str r2, [sp, #8]\n ldr r2, [sp, #20]\n sub r8, r8, r2\n sub r9, r9, r2\n"
      "ldrd r0, r2, [sp]\n bx r2\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 4\n"
      "ldm.w r0!, {r2, r3}\n ldm.w r1!, {r4-r7}\n"
      MOTE_TWO_VALUES("r4", "r5", "r8", "r10") MOTE_TWO_VALUES("r6", "r7", "r9", "r11")
      ".endr\n"
      "cmp r0, lr\n bne.w 2b\n"
      "sub r8, r8, r10, lsl #16\n sub r9, r9, r11, lsl #16\n"
      "ldrd r2, r3, [sp, #12]\n strd r8, r10, [r2], #8\n strd r9, r11, [r2], #8\n"
      "subs r3, r3, #1\n strd r2, r3, [sp, #12]\n bne 1b\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

}  // namespace mote
#endif
