// wide.kernel.h for cores with the DSP extension. wide3 loads every value and every weight once for two pixels: eight
// sums, two pairs of operands and two pointers are all the registers there are.
#include "mote/device/arch/this_arch.h"
#include "mote/ops/depthwise_conv2d/wide.kernel.h"

#ifdef MOTE_ARMV7EM
namespace mote {

static_assert(sizeof(Wide3) == 16 * 4 && sizeof(WideTaps) == 10 * 4 && sizeof(WidenGroups) == 8 * 4 &&
              kWideStartWords == 4 && kWideFinishWords == 5);

// Four products: channels 0 and 2 are in r12 and r10, 1 and 3 in lr and r11.
#define MOTE_TAP(c0, c1, c2, c3)                                   \
  "smlabb " c0 ", r12, r10, " c0 "\n smlatt " c2 ", r12, r10, " c2 \
  "\n"                                                             \
  "smlabb " c1 ", lr, r11, " c1 "\n smlatt " c3 ", lr, r11, " c3 "\n"
#define MOTE_FIRST MOTE_TAP("r2", "r3", "r4", "r5")
#define MOTE_SECOND MOTE_TAP("r6", "r7", "r8", "r9")
#define MOTE_WEIGHT "ldrd r10, r11, [r1], #8\n"
#define MOTE_VALUE(at) "ldrd r12, lr, [r0" at "\n"
#define MOTE_ROW_OF_TWO(row)                                                                                    \
  "ldr r0, [sp, #" row "]\n" MOTE_WEIGHT MOTE_VALUE("], #16") MOTE_FIRST MOTE_VALUE(", #-8]")                   \
      MOTE_SECOND MOTE_WEIGHT MOTE_FIRST MOTE_VALUE("]") MOTE_SECOND MOTE_WEIGHT MOTE_FIRST MOTE_VALUE(", #8]") \
          MOTE_SECOND "str r0, [sp, #" row "]\n"
// Windows two columns apart.
#define MOTE_ROW_APART(row)                                                                                         \
  "ldr r0, [sp, #" row "]\n ldrd r10, r11, [r1], #24\n" MOTE_VALUE("]") MOTE_FIRST MOTE_VALUE(", #16]") MOTE_SECOND \
      "ldrd r10, r11, [r1, #-8]\n" MOTE_FIRST MOTE_VALUE(", #32]") MOTE_SECOND                                      \
      "ldrd r10, r11, [r1, #-16]\n" MOTE_VALUE(", #8]") MOTE_FIRST MOTE_VALUE(", #24]") MOTE_SECOND                 \
      "add r0, r0, #32\n str r0, [sp, #" row "]\n"
#define MOTE_ROW_OF_ONE(row)                                                                        \
  "ldr r0, [sp, #" row "]\n" MOTE_WEIGHT MOTE_VALUE("]") MOTE_FIRST MOTE_WEIGHT MOTE_VALUE(", #8]") \
      MOTE_FIRST MOTE_WEIGHT MOTE_VALUE(", #16]") MOTE_FIRST "add r0, r0, r6\n str r0, [sp, #" row "]\n"
// Up to the last shift. A channel's multiplier, its shift and its rounding constant are in r10 to r12.
#define MOTE_ROUND_UP(sum) "smmlar " sum ", " sum ", r10, r12\n asr " sum ", " sum ", r11\n"
#define MOTE_ROUND(sum) "add lr, r12, " sum ", asr #31\n smmlar " sum ", " sum ", r10, lr\n asr " sum ", " sum ", r11\n"
// To r0 on; r11 bytes further on is the next pixel.
#define MOTE_STORE(c0, c1, c2, c3)                                               \
  "ssat " c0 ", #8, " c0 ", asr #1\n ssat " c1 ", #8, " c1                       \
  ", asr #1\n"                                                                   \
  "ssat " c2 ", #8, " c2 ", asr #1\n ssat " c3 ", #8, " c3                       \
  ", asr #1\n"                                                                   \
  "strb " c0 ", [r0]\n strb " c1 ", [r0, #1]\n strb " c2 ", [r0, #2]\n strb " c3 \
  ", [r0, #3]\n"                                                                 \
  "add r0, r0, r11\n"
#define MOTE_CHANNEL "ldm r1!, {r10-r12}\n"
// The next block of pixels, as long as there is one.
#define MOTE_NEXT(again) \
  "ldr r2, [sp, #68]\n str r0, [sp, #16]\n subs r2, r2, #1\n str r2, [sp, #68]\n bne.w " again "\n"
#define MOTE_BEGIN_TWO "add r1, sp, #72\n ldm r1!, {r2-r5}\n mov r6, r2\n mov r7, r3\n mov r8, r4\n mov r9, r5\n"

// r0 values, r1 the group, r2-r5 sums of one pixel, r6-r9 of the next. On the stack a copy of the argument, at 64 the
// pairs two columns apart that are left of a group, at 68 the other blocks of pixels that are left, and from 72 on the
// group as its pixels need it: four biases, nine times the weights as two words of int16, and four times a multiplier,
// a shift and a rounding constant.
__attribute__((naked, noinline)) void wide3(const Wide3&) {
  __asm__("push {r4-r11, lr}\n sub sp, sp, #208\n"
          "ldm r0!, {r1-r12}\n stm sp, {r1-r12}\n ldm r0, {r1-r4}\n add r0, sp, #48\n stm r0, {r1-r4}\n"
          "1:\n"  // a group
          "ldr r0, [sp, #12]\n add r1, sp, #72\n ldr r6, [sp, #60]\n"
          "ldm r0!, {r2-r5}\n stm r1!, {r2-r5}\n cbz r6, 11f\n"
          "mov r8, #3\n"
          "12:\n"
          "ldm r0!, {r2, r4, r6}\n"
          "sxtb16 r3, r2, ror #8\n sxtb16 r2, r2\n sxtb16 r5, r4, ror #8\n sxtb16 r4, r4\n"
          "sxtb16 r7, r6, ror #8\n sxtb16 r6, r6\n"
          "sadd16 r2, r2, r2\n sadd16 r3, r3, r3\n sadd16 r4, r4, r4\n sadd16 r5, r5, r5\n"
          "sadd16 r6, r6, r6\n sadd16 r7, r7, r7\n stm r1!, {r2-r7}\n subs r8, r8, #1\n bne 12b\n b 13f\n"
          "11:\n"
          "ldm r0!, {r2-r10}\n stm r1!, {r2-r10}\n ldm r0!, {r2-r10}\n stm r1!, {r2-r10}\n"
          "13:\n"
          "ldm r0!, {r2, r5, r8, r11, lr}\n str r0, [sp, #12]\n ldr r0, [sp, #56]\n"
          "uxtb r3, lr\n ubfx r6, lr, #8, #8\n ubfx r9, lr, #16, #8\n lsr r12, lr, #24\n"
          "lsl r4, r0, r3\n lsl r7, r0, r6\n lsl r10, r0, r9\n lsl lr, r0, r12\n stm r1, {r2-r12, lr}\n"
          "ldr r0, [sp, #24]\n ldr r2, [sp, #48]\n strd r2, r0, [sp, #64]\n cmp r0, #0\n beq.w 5f\n"
          ".p2align 2\n2:\n" MOTE_BEGIN_TWO MOTE_ROW_OF_TWO("0") MOTE_ROW_OF_TWO("4") MOTE_ROW_OF_TWO("8")
          "3:\n"
          "ldr r0, [sp, #52]\n cmp r0, #0\n bne.w 8f\n"
          MOTE_CHANNEL MOTE_ROUND_UP("r2") MOTE_ROUND_UP("r6") MOTE_CHANNEL MOTE_ROUND_UP("r3") MOTE_ROUND_UP("r7")
          MOTE_CHANNEL MOTE_ROUND_UP("r4") MOTE_ROUND_UP("r8") MOTE_CHANNEL MOTE_ROUND_UP("r5") MOTE_ROUND_UP("r9")
          "4:\n"
          "ldrd r0, r11, [sp, #16]\n"
          MOTE_STORE("r2", "r3", "r4", "r5") MOTE_STORE("r6", "r7", "r8", "r9")
          MOTE_NEXT("2b")
          "5:\n"
          "ldr r0, [sp, #64]\n cmp r0, #0\n bne.w 9f\n"
          "ldr r0, [sp, #28]\n cmp r0, #0\n beq.w 7f\n str r0, [sp, #68]\n"
          ".p2align 2\n6:\n"
          "add r1, sp, #72\n ldm r1!, {r2-r5}\n ldr r6, [sp, #32]\n"
          MOTE_ROW_OF_ONE("0") MOTE_ROW_OF_ONE("4") MOTE_ROW_OF_ONE("8")
          MOTE_CHANNEL MOTE_ROUND("r2") MOTE_CHANNEL MOTE_ROUND("r3")
          MOTE_CHANNEL MOTE_ROUND("r4") MOTE_CHANNEL MOTE_ROUND("r5")
          "ldrd r0, r11, [sp, #16]\n"
          MOTE_STORE("r2", "r3", "r4", "r5")
          MOTE_NEXT("6b")
          "7:\n"
          "ldr r0, [sp, #36]\n subs r0, r0, #1\n str r0, [sp, #36]\n beq 10f\n"
          "ldm sp, {r2-r4}\n ldrd r5, r6, [sp, #40]\n ldr r7, [sp, #16]\n"
          "add r2, r2, r5\n add r3, r3, r5\n add r4, r4, r5\n add r7, r7, r6\n"
          "stm sp, {r2-r4}\n str r7, [sp, #16]\n b.w 1b\n"
          "8:\n"
          MOTE_CHANNEL MOTE_ROUND("r2") MOTE_ROUND("r6") MOTE_CHANNEL MOTE_ROUND("r3") MOTE_ROUND("r7")
          MOTE_CHANNEL MOTE_ROUND("r4") MOTE_ROUND("r8") MOTE_CHANNEL MOTE_ROUND("r5") MOTE_ROUND("r9")
          "b.w 4b\n"
          ".p2align 2\n9:\n"
          "sub r0, r0, #1\n mov r2, #1\n strd r0, r2, [sp, #64]\n"
          MOTE_BEGIN_TWO MOTE_ROW_APART("0") MOTE_ROW_APART("4") MOTE_ROW_APART("8") "b.w 3b\n"
          "10:\n"
          "add sp, sp, #208\n pop {r4-r11, pc}\n");
}

#define MOTE_WIDEN(even, odd) "sxtab16 " even ", r2, " odd "\n sxtab16 " odd ", r2, " odd ", ror #8\n"

// r0 the column, r1 where to, r2 the offset, r3 from column to column, lr three of them, r12 where the words of whole
// fours end. On the stack: 0 x, 4 fours, 8 rest, 12 gap, 16 groups. The wide store aligns what follows.
__attribute__((naked, noinline)) void widen_groups(const WidenGroups&) {
  __asm__("push {r4-r11, lr}\n sub sp, sp, #20\n"
          "ldm r0, {r0-r7}\n str.w r0, [sp]\n add r8, sp, #4\n stm r8, {r4-r7}\n add lr, r3, r3, lsl #1\n"
          "1:\n"  // a group
          "ldrd r0, r12, [sp]\n add r4, r0, #4\n str r4, [sp]\n add r12, r12, r1\n cmp r1, r12\n beq 3f\n"
          "2:\n"
          "ldr.w r5, [r0]\n ldr r7, [r0, r3]\n ldr r9, [r0, r3, lsl #1]\n ldr r11, [r0, lr]\n"
          MOTE_WIDEN("r4", "r5") MOTE_WIDEN("r6", "r7") MOTE_WIDEN("r8", "r9") MOTE_WIDEN("r10", "r11")
          "stm r1!, {r4-r11}\n add r0, r0, r3, lsl #2\n cmp r1, r12\n bne 2b\n"
          "3:\n"
          "ldr r8, [sp, #8]\n cmp r8, #0\n beq 5f\n"
          "4:\n"
          "ldr r5, [r0]\n add r0, r0, r3\n" MOTE_WIDEN("r4", "r5")
          "strd r4, r5, [r1], #8\n subs r8, r8, #1\n bne 4b\n"
          "5:\n"
          "ldrd r4, r5, [sp, #12]\n add r1, r1, r4\n subs r5, r5, #1\n str r5, [sp, #16]\n bne 1b\n"
          "add sp, sp, #20\n pop {r4-r11, pc}\n");
}

#define MOTE_ONE_TAP                                           \
  "ldr r6, [r0], #4\n ldr r10, [r1], #4\n ldr r12, [r6, r8]\n" \
  "sxtb16 r11, r10, ror #8\n sxtb16 r10, r10\n"                \
  "sxtab16 lr, r9, r12, ror #8\n sxtab16 r12, r9, r12\n" MOTE_FIRST
// A channel's Requant, and its rounding constant from r6.
#define MOTE_FINISH(sum) \
  "ldrd r10, r11, [r0], #8\n mvn r11, r11\n lsl " sum ", " sum ", #1\n lsl r12, r6, r11\n" MOTE_ROUND(sum)

// r0 taps, r1 weights, r2-r5 sums, r7 end of the taps, r8 channel, r9 offset. On the stack: 0 taps, 4 bias, 8 q, 12
// out, 16 groups, 20 round.
__attribute__((naked, noinline)) void wide_taps(const WideTaps&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #28\n"
      "ldm r0, {r0-r9}\n mov r10, r2\n mov r11, r1\n mov r2, r0\n mov r1, r10\n"
      "stm sp, {r2-r7}\n mov r7, r11\n mov r10, r9\n mov r9, r8\n mov r8, r10\n"
      "1:\n"  // a group
      "ldrd r0, r6, [sp]\n ldm r6!, {r2-r5}\n str r6, [sp, #4]\n sub r6, r7, r0\n tst r6, #4\n bne 3f\n"
      "2:\n" MOTE_ONE_TAP
      "3:\n" MOTE_ONE_TAP
      "cmp r0, r7\n bne 2b\n"
      "ldr r0, [sp, #8]\n ldr r6, [sp, #20]\n"
      MOTE_FINISH("r2") MOTE_FINISH("r3") MOTE_FINISH("r4") MOTE_FINISH("r5")
      "str r0, [sp, #8]\n ldr r0, [sp, #12]\n mov r11, #4\n"
      MOTE_STORE("r2", "r3", "r4", "r5")
      "ldr r2, [sp, #16]\n add r8, r8, #4\n str r0, [sp, #12]\n subs r2, r2, #1\n str r2, [sp, #16]\n bne 1b\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

}  // namespace mote
#endif
