// dot4_s8 in assembly: its loop needs all fourteen registers, which no compiler leaves to it, and a function that is
// assembly from end to end is the same with every compiler and option.
#include "mote/device/arch/this_arch.h"
#include "mote/device/dot4.h"

#ifdef MOTE_ARMV7EM
namespace mote {

static_assert(sizeof(Dot4) == 16 * 4 && sizeof(Requant) == 8);

// r0 values, r1 weights, r2 stride, r3 3 * stride, r4-r7 sums, r12 the offset as two halfwords, lr where whole fours of
// values end. A copy of the argument lies at sp + 40; at sp, the next row.
//
// SXTB16 widens bytes 0 and 2 of a word to halfwords, with ROR #8 bytes 1 and 3; SXTAB16 adds the offset on the way, so
// that a zero point costs nothing (|value + offset| <= 256); SMLAD adds two products of halfwords.
#define MOTE_MULTIPLY(sum, address)                \
  "ldr r10, " address                              \
  "\n sxtb16 r11, r10\n sxtb16 r10, r10, ror #8\n" \
  "smlad " sum ", r8, r11, " sum "\n smlad " sum ", r9, r10, " sum "\n"
#define MOTE_FOUR_VALUES                                                                                   \
  "ldr r8, [r0], #4\n sxtab16 r9, r12, r8, ror #8\n sxtab16 r8, r12, r8\n" MOTE_MULTIPLY("r5", "[r1, r2]") \
      MOTE_MULTIPLY("r6", "[r1, r2, lsl #1]") MOTE_MULTIPLY("r7", "[r1, r3]") MOTE_MULTIPLY("r4", "[r1], #4")
#define MOTE_MULTIPLY_ONE(sum, address) "ldrsb r10, " address "\n smlabb " sum ", r8, r10, " sum "\n"
// requantize_narrow_twice with the Requant at r0, r11 being the bias, then half of it, saturated to int8.
#define MOTE_REQUANTIZE(sum)                                  \
  "ldrd r8, r9, [r0]\n add r0, r0, r1\n lsl " sum ", " sum    \
  ", #1\n"                                                    \
  "smmulr " sum ", " sum ", r8\n add " sum ", " sum ", " sum  \
  ", asr #31\n"                                               \
  "mvn r9, r9\n asr " sum ", " sum ", r9\n add " sum ", " sum \
  ", r11\n"                                                   \
  "ssat " sum ", #8, " sum ", asr #1\n"
#define MOTE_CLAMP(sum) "cmp " sum ", r8\n it lt\n movlt " sum ", r8\n cmp " sum ", r9\n it gt\n movgt " sum ", r9\n"

__attribute__((naked, noinline)) void dot4_s8(const Dot4&) {
  __asm__(
      "sub sp, sp, #64\n push {r3-r11, lr}\n add lr, sp, #40\n"
      "ldm r0!, {r1-r8}\n stm lr!, {r1-r8}\n ldm r0, {r1-r8}\n stm lr, {r1-r8}\n"
      "1:\n"                                                        // four outputs
      "ldr r2, [sp, #60]\n add r3, r2, r2, lsl #1\n"
      "ldr r12, [sp, #64]\n pkhbt r12, r12, r12, lsl #16\n"
      "ldrd r1, r8, [sp, #72]\n"                                    // w, start
      "ldm r8!, {r4-r7}\n add r10, r1, r2, lsl #2\n strd r10, r8, [sp, #72]\n"
      "ldr r10, [sp, #40]\n b 7f\n"
      "2:\n"                                                        // a row
      "ldr r0, [r10], #4\n str r10, [sp]\n"
      "ldrd r10, r11, [sp, #48]\n add r0, r0, r10\n"                // x, n
      "bics lr, r11, #3\n beq 5f\n add lr, r0, lr\n"
      "tst r11, #4\n bne 4f\n"
      "3:\n" MOTE_FOUR_VALUES
      "4:\n" MOTE_FOUR_VALUES
      "cmp r0, lr\n bne 3b\n"
      "ldr r11, [sp, #52]\n"
      "5:\n"                                                        // the other n & 3 values
      "ands r11, r11, #3\n beq 6f\n"
      "51:\n"
      "ldrsb r8, [r0], #1\n sxtah r8, r8, r12\n"
      MOTE_MULTIPLY_ONE("r5", "[r1, r2]") MOTE_MULTIPLY_ONE("r6", "[r1, r2, lsl #1]")
      MOTE_MULTIPLY_ONE("r7", "[r1, r3]") MOTE_MULTIPLY_ONE("r4", "[r1], #1")
      "subs r11, r11, #1\n bne 51b\n"
      "6:\n"
      "ldr r11, [sp, #56]\n add r1, r1, r11\n"                      // w_gap
      "ldr r10, [sp]\n"
      "7:\n"
      "ldr r11, [sp, #44]\n cmp r10, r11\n bne 2b\n"
      "ldrd r0, r1, [sp, #80]\n ldrd r10, r11, [sp, #88]\n"         // q, q_bytes, out, bias
      "cmp r0, #0\n beq 9f\n"
      MOTE_REQUANTIZE("r4") MOTE_REQUANTIZE("r5") MOTE_REQUANTIZE("r6") MOTE_REQUANTIZE("r7")
      "str r0, [sp, #80]\n"
      "ldrd r8, r9, [sp, #96]\n"                                    // lo, hi
      "cmn r8, #128\n it eq\n cmpeq r9, #127\n beq 8f\n"
      MOTE_CLAMP("r4") MOTE_CLAMP("r5") MOTE_CLAMP("r6") MOTE_CLAMP("r7")
      "8:\n"
      "strb r4, [r10], #1\n strb r5, [r10], #1\n strb r6, [r10], #1\n strb r7, [r10], #1\n b 10f\n"
      "9:\n"
      "stm r10!, {r4-r7}\n"
      "10:\n"
      "str r10, [sp, #88]\n"
      "ldr r8, [sp, #68]\n subs r8, r8, #1\n str r8, [sp, #68]\n bne 1b\n"
      "pop {r3-r11, lr}\n add sp, sp, #64\n bx lr\n");
}

}  // namespace mote
#endif
