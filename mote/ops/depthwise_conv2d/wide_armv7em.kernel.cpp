// wide.kernel.h for cores with the DSP extension. wide3 makes two channels of four pixels at a time, from the first or
// the second word of each column: eight sums, two pointers, two weights and two values are all the registers there are.
// Loads are grouped, because a load or store right after a load takes one cycle instead of two.
#include "mote/device/arch/this_arch.h"
#include "mote/ops/depthwise_conv2d/wide.kernel.h"

#ifdef MOTE_ARMV7EM
namespace mote {

static_assert(sizeof(Wide3) == 17 * 4 && sizeof(WideTaps) == 10 * 4 && sizeof(WidenGroups) == 8 * 4 && kWideTaps == 9 &&
              kWideHalfWords == 14 && kWideBytesWords == 18);

// Two products, of both halves of a value and a weight.
#define MOTE_BOTH(c0, c1, x, w) MOTE_START(c0, c1, x, w, c0, c1)
#define MOTE_START(c0, c1, x, w, from0, from1) \
  "smlabb " c0 ", " x ", " w ", " from0 "\n smlatt " c1 ", " x ", " w ", " from1 "\n"
#define MOTE_P0(x, w) MOTE_BOTH("r2", "r3", x, w)
#define MOTE_P1(x, w) MOTE_BOTH("r4", "r5", x, w)
#define MOTE_P2(x, w) MOTE_BOTH("r6", "r7", x, w)
#define MOTE_P3(x, w) MOTE_BOTH("r8", "r9", x, w)
// The first products of pixels 0 to 2; pixel 3 starts last, from the biases where they were loaded.
#define MOTE_START0(x, w) MOTE_START("r2", "r3", x, w, "r8", "r9")
#define MOTE_START1(x, w) MOTE_START("r4", "r5", x, w, "r8", "r9")
#define MOTE_START2(x, w) MOTE_START("r6", "r7", x, w, "r8", "r9")
#define MOTE_VALUE(x, at) "ldr " x ", [r0" at "\n"
// A row is at r0, the channels' part of the stream at r1.
#define MOTE_TWO_WEIGHTS(w0, w1) "ldr r10, [r1, #" w0 "]\n ldr r11, [r1, #" w1 "]\n"
#define MOTE_END_ROW(row) "str r0, [sp, #" row "]\n"
// Each line goes on with what the loads before it brought.
// clang-format off
#define MOTE_ROW_OF_FOUR(row, w0, w1, w2, first0, first1, first2) \
  MOTE_TWO_WEIGHTS(w0, w1)                                        \
  MOTE_VALUE("r12", "], #32") MOTE_VALUE("lr", ", #-24]")         \
  first0("r12", "r10")                                            \
  MOTE_P0("lr", "r11") first1("lr", "r10")                        \
  MOTE_VALUE("r12", ", #-16]") MOTE_VALUE("lr", ", #-8]")         \
  MOTE_P1("r12", "r11") first2("r12", "r10")                      \
  MOTE_P2("lr", "r11") MOTE_P3("lr", "r10")                       \
  "ldr r10, [r1, #" w2 "]\n"                                      \
  MOTE_P0("r12", "r10")                                           \
  MOTE_P1("lr", "r10")                                            \
  MOTE_VALUE("r12", "]") MOTE_VALUE("lr", ", #8]")                \
  MOTE_END_ROW(row)                                               \
  MOTE_P2("r12", "r10") MOTE_P3("r12", "r11")                     \
  MOTE_P3("lr", "r10")
// Windows two columns apart.
#define MOTE_ROW_APART(row, w0, w1, w2, first0, first1, first2)         \
  MOTE_TWO_WEIGHTS(w0, w1) "ldr r12, [r1, #" w2 "]\n"                   \
  MOTE_VALUE("lr", "], #64") first0("lr", "r10")                        \
  MOTE_VALUE("lr", ", #-56]") MOTE_P0("lr", "r11")                      \
  MOTE_VALUE("lr", ", #-48]") MOTE_P0("lr", "r12") first1("lr", "r10")  \
  MOTE_VALUE("lr", ", #-40]") MOTE_P1("lr", "r11")                      \
  MOTE_VALUE("lr", ", #-32]") MOTE_P1("lr", "r12") first2("lr", "r10")  \
  MOTE_VALUE("lr", ", #-24]") MOTE_P2("lr", "r11")                      \
  MOTE_VALUE("lr", ", #-16]") MOTE_P2("lr", "r12") MOTE_P3("lr", "r10") \
  MOTE_VALUE("lr", ", #-8]") MOTE_P3("lr", "r11")                       \
  MOTE_VALUE("lr", "]") MOTE_END_ROW(row) MOTE_P3("lr", "r12")
// Whose next window is r6 bytes further on.
#define MOTE_ROW_OF_ONE(row, w0, w1, w2, first0, first1, first2)             \
  MOTE_TWO_WEIGHTS(w0, w1) "ldr r12, [r1, #" w2 "]\n"                        \
  MOTE_VALUE("lr", "]") MOTE_VALUE("r4", ", #8]") MOTE_VALUE("r5", ", #16]") \
  "add r0, r0, r6\n" MOTE_END_ROW(row)                                       \
  MOTE_P0("lr", "r10") MOTE_P0("r4", "r11") MOTE_P0("r5", "r12")
#define MOTE_BEGIN "ldr r1, [sp, #72]\n ldr r0, [sp]\n"
#define MOTE_ROWS(kind, first0, first1, first2)          \
  kind("0", "8", "12", "16", first0, first1, first2)     \
  "ldr r0, [sp, #4]\n"                                   \
  kind("4", "20", "24", "28", MOTE_P0, MOTE_P1, MOTE_P2) \
  "ldr r0, [sp, #8]\n"                                   \
  kind("8", "32", "36", "40", MOTE_P0, MOTE_P1, MOTE_P2)
// clang-format on
#define MOTE_ROWS_OF_FOUR(kind) \
  MOTE_BEGIN "ldr r8, [r1]\n ldr r9, [r1, #4]\n" MOTE_ROWS(kind, MOTE_START0, MOTE_START1, MOTE_START2)

// Up to the last shift. A channel's multiplier, its shift and its rounding constant are in r10 to r12.
#define MOTE_ROUND_UP(sum) "smmlar " sum ", " sum ", r10, r12\n asr " sum ", " sum ", r11\n"
#define MOTE_ROUND_BY(sum, multiplier, shift) \
  "add lr, r12, " sum ", asr #31\n smmlar " sum ", " sum ", " multiplier ", lr\n asr " sum ", " sum ", " shift "\n"
#define MOTE_ROUND(sum) MOTE_ROUND_BY(sum, "r10", "r11")
// All sums; r0 is twice the zero point and one.
#define MOTE_FOUR(round)                                                                                              \
  "lsl r12, r0, r11\n" round("r2") round("r4") round("r6")                                                            \
      round("r8") "ldr r10, [r1, #48]\n ldrb r11, [r1, #53]\n lsl r12, r0, r11\n" round("r3") round("r5") round("r7") \
          round("r9")
#define MOTE_SATURATE(sum) "ssat " sum ", #8, " sum ", asr #1\n"
// A pixel's two channels, at r0; r11 bytes further on is the next one.
#define MOTE_STORE_TWO(c0, c1) \
  MOTE_SATURATE(c0) MOTE_SATURATE(c1) "strb " c0 ", [r0]\n strb " c1 ", [r0, #2]\n add r0, r0, r11\n"
// The next block of pixels, as long as there is one.
#define MOTE_NEXT(again) \
  "ldr r2, [sp, #68]\n str r0, [sp, #16]\n subs r2, r2, #1\n str r2, [sp, #68]\n bne.w " again "\n"

// r0 values, r1 the stream, r2 to r9 sums of four pixels. On the stack a copy of the argument; then 68 blocks of pixels
// left, 72 the channels' part of the stream, 76 those blocks left that are two columns apart, and from 80 on such a
// part made from weights that are bytes.
__attribute__((naked, noinline)) void wide3(const Wide3&) {
  __asm__("push {r4-r11, lr}\n sub sp, sp, #136\n"
          "ldm r0!, {r1-r12}\n stm sp, {r1-r12}\n ldm r0, {r1-r5}\n add r0, sp, #48\n stm r0, {r1-r5}\n"
          "1:\n"  // two channels
          "ldr r2, [sp, #60]\n ldr r1, [sp, #12]\n cmp r2, #0\n bne.w 12f\n add r0, r1, #56\n str r0, [sp, #12]\n"
          "11:\n"
          "ldr r2, [sp, #48]\n ldr r0, [sp, #24]\n str r1, [sp, #72]\n str r2, [sp, #76]\n cmp r0, #0\n beq.w 5f\n"
          "str r0, [sp, #68]\n"
          ".p2align 2\n2:\n" MOTE_ROWS_OF_FOUR(MOTE_ROW_OF_FOUR)
          "3:\n"
          "ldr lr, [sp, #52]\n ldr r0, [sp, #56]\n ldrb r11, [r1, #52]\n ldr r10, [r1, #44]\n cmp lr, #0\n bne.w 8f\n"
          MOTE_FOUR(MOTE_ROUND_UP)
          "4:\n"
          "ldrd r0, r11, [sp, #16]\n" MOTE_STORE_TWO("r2", "r3") MOTE_STORE_TWO("r4", "r5") MOTE_STORE_TWO("r6", "r7")
          MOTE_STORE_TWO("r8", "r9") MOTE_NEXT("2b")
          "5:\n"
          "ldr r0, [sp, #76]\n ldr r2, [sp, #28]\n cmp r0, #0\n bne.w 9f\n cmp r2, #0\n beq.w 7f\n str r2, [sp, #68]\n"
          ".p2align 2\n6:\n"
          MOTE_BEGIN "ldr r6, [sp, #32]\n ldr r2, [r1]\n ldr r3, [r1, #4]\n"
          MOTE_ROWS(MOTE_ROW_OF_ONE, MOTE_P0, MOTE_P1, MOTE_P2)
          "ldr r0, [sp, #56]\n ldr r10, [r1, #44]\n ldrb r11, [r1, #52]\n ldr r4, [r1, #48]\n ldrb r5, [r1, #53]\n"
          "lsl r12, r0, r11\n" MOTE_ROUND("r2") "lsl r12, r0, r5\n" MOTE_ROUND_BY("r3", "r4", "r5")
          "ldrd r0, r11, [sp, #16]\n" MOTE_STORE_TWO("r2", "r3") MOTE_NEXT("6b")
          "7:\n"
          "ldr r0, [sp, #36]\n ldr r7, [sp, #16]\n subs r0, r0, #1\n beq.w 10f\n str r0, [sp, #36]\n"
          "ldm sp, {r2-r4}\n ldrd r5, r6, [sp, #40]\n"
          "add r2, r2, r5\n add r3, r3, r5\n add r4, r4, r5\n add r7, r7, r6\n"
          "stm sp, {r2-r4}\n str r7, [sp, #16]\n b.w 1b\n"
          "8:\n" MOTE_FOUR(MOTE_ROUND) "b.w 4b\n"
          ".p2align 2\n9:\n"
          "sub r0, r0, #1\n mov r2, #1\n str r0, [sp, #76]\n str r2, [sp, #68]\n"
          MOTE_ROWS_OF_FOUR(MOTE_ROW_APART) "b.w 3b\n"
          "12:\n"  // weights that are bytes
          "ldr r12, [sp, #64]\n mov r4, #3\n lsl r5, r12, #3\n"
          "add r0, r1, r12, lsl #2\n ldr r2, [r0]\n ldr r3, [r0, #8]\n ldr r6, [r0, #52]\n ldr r7, [r0, #60]\n"
          "add r0, r1, r12\n ldrb r8, [r0, #68]\n ldrb r9, [r0, #70]\n orr r8, r8, r9, lsl #8\n"
          "add r0, r1, #16\n add r1, r1, #72\n str r1, [sp, #12]\n add r1, sp, #80\n stm r1!, {r2, r3}\n"
          "13:\n"
          "ldm r0!, {r2, r3, r9}\n ror r2, r2, r5\n ror r3, r3, r5\n ror r9, r9, r5\n"
          "sxtb16 r2, r2\n sxtb16 r3, r3\n sxtb16 r9, r9\n sadd16 r2, r2, r2\n sadd16 r3, r3, r3\n sadd16 r9, r9, r9\n"
          "stm r1!, {r2, r3, r9}\n subs r4, r4, #1\n bne 13b\n"
          "stm r1, {r6-r8}\n add r1, sp, #80\n b.w 11b\n"
          "10:\n"
          "add sp, sp, #136\n pop {r4-r11, pc}\n");
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

// Four products: channels 0 and 2 are in r12 and r10, 1 and 3 in lr and r11.
#define MOTE_ONE_TAP                                                                         \
  "ldr r6, [r0], #4\n ldr r10, [r1], #4\n ldr r12, [r6, r8]\n"                               \
  "sxtb16 r11, r10, ror #8\n sxtb16 r10, r10\n"                                              \
  "sxtab16 lr, r9, r12, ror #8\n sxtab16 r12, r9, r12\n" MOTE_BOTH("r2", "r4", "r12", "r10") \
      MOTE_BOTH("r3", "r5", "lr", "r11")
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
      "str r0, [sp, #8]\n ldr r0, [sp, #12]\n"
      MOTE_SATURATE("r2") MOTE_SATURATE("r3") MOTE_SATURATE("r4") MOTE_SATURATE("r5")
      "strb r3, [r0, #1]\n strb r4, [r0, #2]\n strb r5, [r0, #3]\n strb r2, [r0], #4\n"
      "ldr r2, [sp, #16]\n add r8, r8, #4\n str r0, [sp, #12]\n subs r2, r2, #1\n str r2, [sp, #16]\n bne 1b\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

}  // namespace mote
#endif
