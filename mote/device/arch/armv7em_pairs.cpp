// pairs.h for cores with the DSP extension, in assembly: with eight sums in registers nothing is left to a compiler.
//
// Four pixels: 13 instructions and about 16 cycles (Cortex-M4) for the 16 products of a word; loads are grouped,
// because a load right after another takes one cycle instead of two.
#include "mote/device/arch/this_arch.h"
#include "mote/device/pairs.h"
#include "mote/device/widen.h"

#ifdef MOTE_ARMV7EM
namespace mote {

static_assert(sizeof(Pairs) == 10 * 4 && kPairStartWords == 2 && kPairFinishWords == 3);

// a = 256 * S1 + S0 and b = S0 become 2 * S1 and 2 * S0.
#define MOTE_TWICE(a, b) "sub " a ", " a ", " b "\n asr " a ", " a ", #7\n lsl " b ", " b ", #1\n"
// The rounding constants, from the last word of a stream and the upper half of it. Of a register that says by how much
// to shift, the lowest byte alone counts.
#define MOTE_CONSTANTS(c1, c0, word, half, s1)                                                                  \
  "asr " half ", " word ", #16\n lsr " s1 ", " word ", #8\n lsl " c0 ", " half ", " word "\n lsl " c1 ", " half \
  ", " s1 "\n"
// Requantised outputs, up to the last shift: SMMLAR gives (c * 2^32 + x * m + 2^31) / 2^32, c being the rounding
// constant, less one for negative sums.
#define MOTE_SCALE(x, m, c) "smmlar " x ", " x ", " m ", " c "\n"
#define MOTE_SCALE_AWAY(x, m, c, scratch) "add " scratch ", " c ", " x ", asr #31\n" MOTE_SCALE(x, m, scratch)
// The last shift; both outputs are then in b.
#define MOTE_JOIN(a, b, s1, s0)                                                                              \
  "asr " a ", " a ", " s1 "\n asr " b ", " b ", " s0 "\n ssat " a ", #8, " a ", asr #1\n ssat " b ", #8, " b \
  ", asr #1\n bfi " b ", " a ", #8, #24\n"

// Four pixels. The multipliers are in r11 and r10, the constants in lr and r12.
#define MOTE_FINISH_UP(a, b) MOTE_TWICE(a, b) MOTE_SCALE(a, "r11", "lr") MOTE_SCALE(b, "r10", "r12")
#define MOTE_FINISH_AWAY(a, b) \
  MOTE_TWICE(a, b) MOTE_SCALE_AWAY(a, "r11", "lr", "r0") MOTE_SCALE_AWAY(b, "r10", "r12", "r0")
// The products of a word: of pixels 2 and 3 with the weights in r10 and r11, from r12 and lr, and of pixels 0 and 1.
#define MOTE_PRODUCTS(x, to_raw, to_low, from_raw, from_low) \
  "smlad " to_raw ", " x ", r10, " from_raw "\n smlad " to_low ", " x ", r11, " from_low "\n"
// Words of the unrolled loop: with the rest of the function it fits the 1 KB of code that some flash is cached in.
#define MOTE_UNROLLED "12"

// r0 values, r1 the stream, r2-r9 sums (256 * S1 + S0, then S0, of each pixel). On the stack: 0 out[4], 16 where out[0]
// ends, 20 x, 24 where to enter the unrolled loop, 28 x_end, 32 away. The first word starts all sums from one bias.
__attribute__((naked, noinline)) void pairs_of_four_pixels(const Pairs&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #36\n"
      "ldm r0!, {r1-r4}\n ldm r0, {r5-r10}\n"
      "add r9, r5, r4, lsl #1\n stm sp, {r5-r9}\n strd r2, r10, [sp, #28]\n"
      "sub r4, r2, r1\n lsr r4, r4, #4\n sub r4, r4, #1\n mov r5, #" MOTE_UNROLLED
      "\n udiv r6, r4, r5\n mls r4, r6, r5, r4\n sub r4, r5, r4\n"  // words missing for whole rounds
      "mov r5, #52\n mul r4, r4, r5\n adr.w r5, 2f\n add r4, r4, r5\n orr r4, r4, #1\n strd r1, r4, [sp, #20]\n"
      "mov r1, r3\n"
      "1:\n"  // a pair
      "ldr r0, [sp, #20]\n ldr r2, [r1], #12\n ldr r3, [r1, #-8]\n ldr r10, [r1, #-4]\n"
      "ldr r12, [r0, #8]\n ldr lr, [r0, #12]\n sxtb16 r11, r10\n"
      MOTE_PRODUCTS("r12", "r6", "r7", "r2", "r3") MOTE_PRODUCTS("lr", "r8", "r9", "r2", "r3")
      "ldrd r12, lr, [r0], #16\n"
      MOTE_PRODUCTS("lr", "r4", "r5", "r2", "r3") MOTE_PRODUCTS("r12", "r2", "r3", "r2", "r3")
      "ldr pc, [sp, #24]\n"
      ".p2align 2\n"
      "2:\n"
      ".rept " MOTE_UNROLLED "\n"
      "ldr.w r12, [r0], #16\n ldr.w r10, [r1], #4\n ldr lr, [r0, #-12]\n sxtb16 r11, r10\n"
      MOTE_PRODUCTS("r12", "r2", "r3", "r2", "r3") MOTE_PRODUCTS("lr", "r4", "r5", "r4", "r5")
      "ldrd r12, lr, [r0, #-8]\n"
      MOTE_PRODUCTS("r12", "r6", "r7", "r6", "r7") MOTE_PRODUCTS("lr", "r8", "r9", "r8", "r9")
      ".endr\n"
      "ldr r12, [sp, #28]\n cmp r0, r12\n bne.w 2b\n"
      "ldm r1!, {r10-r12}\n" MOTE_CONSTANTS("lr", "r12", "r12", "r0", "lr") "ldr r0, [sp, #32]\n cbz r0, 3f\n"
      MOTE_FINISH_AWAY("r2", "r3") MOTE_FINISH_AWAY("r4", "r5")
      MOTE_FINISH_AWAY("r6", "r7") MOTE_FINISH_AWAY("r8", "r9") "b 4f\n"
      "3:\n"
      MOTE_FINISH_UP("r2", "r3") MOTE_FINISH_UP("r4", "r5") MOTE_FINISH_UP("r6", "r7") MOTE_FINISH_UP("r8", "r9")
      "4:\n"
      "ldr r10, [r1, #-4]\n lsr r11, r10, #8\n"
      MOTE_JOIN("r2", "r3", "r11", "r10") MOTE_JOIN("r4", "r5", "r11", "r10")
      MOTE_JOIN("r6", "r7", "r11", "r10") MOTE_JOIN("r8", "r9", "r11", "r10")
      "ldm sp, {r2, r4, r6, r8, r12}\n"
      "strh r3, [r2], #2\n strh r5, [r4], #2\n strh r7, [r6], #2\n strh r9, [r8], #2\n"
      "stm sp, {r2, r4, r6, r8}\n cmp r2, r12\n bne.w 1b\n"
      "add sp, sp, #36\n pop {r4-r11, pc}\n");
}

#define MOTE_WIDEN(even, odd) "sxtab16 " even ", r5, " odd "\n sxtab16 " odd ", r5, " odd ", ror #8\n"
// Two bytes at the bottom of a register.
#define MOTE_WIDEN_HALF(x) "orr " x ", " x ", " x ", lsl #8\n sxtab16 " x ", r5, " x "\n"

// r0-r3 the pixels, r4 where to, r5 the offset; the words of pixels 0 to 3 in r6-r9, then r10-lr. On the stack: 0 rows,
// 4 rows_end, 8 at, 12 step, 16 whole fours, 20 values after them, 24 where the whole fours of this row end.
__attribute__((naked, noinline)) void widen_four(const WidenFour&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #28\n ldm r0!, {r4-r11}\n"
      "add r12, sp, #16\n stm r12!, {r10, r11}\n stm sp, {r6-r9}\n"
      "cmp r6, r7\n bne 5f\n ldm r0, {r0-r3}\n add r6, r4, r10\n str r6, [sp, #24]\n b 2f\n"
      "1:\n"
      "ldr r10, [r0], #4\n ldr r11, [r1], #4\n ldr r12, [r2], #4\n ldr lr, [r3], #4\n"
      MOTE_WIDEN("r6", "r10") MOTE_WIDEN("r7", "r11") MOTE_WIDEN("r8", "r12") MOTE_WIDEN("r9", "lr")
      "stm r4!, {r6-r12, lr}\n ldr r6, [sp, #24]\n"
      "2:\n"
      "cmp r4, r6\n bne 1b\n"
      "ldr r10, [sp, #20]\n cmp r10, #1\n blo 4f\n beq 3f\n"
      "ldrh r6, [r0], #2\n ldrh r7, [r1], #2\n ldrh r8, [r2], #2\n ldrh r9, [r3], #2\n"
      MOTE_WIDEN_HALF("r6") MOTE_WIDEN_HALF("r7") MOTE_WIDEN_HALF("r8") MOTE_WIDEN_HALF("r9")
      "stm r4!, {r6-r9}\n cmp r10, #2\n beq 4f\n"
      "3:\n"  // the second half of these words is multiplied by zero
      "ldrb r6, [r0]\n ldrb r7, [r1]\n ldrb r8, [r2]\n ldrb r9, [r3]\n"
      "sxtab16 r6, r5, r6\n sxtab16 r7, r5, r7\n sxtab16 r8, r5, r8\n sxtab16 r9, r5, r9\n stm r4!, {r6-r9}\n"
      "4:\n"
      "ldrd r6, r7, [sp]\n cmp r6, r7\n beq 8f\n"
      "5:\n"  // a row
      "ldr r0, [r6], #4\n str r6, [sp]\n ldrd r1, r2, [sp, #8]\n ldr r6, [sp, #16]\n add r6, r4, r6\n cbz r0, 6f\n"
      "str r6, [sp, #24]\n add r0, r0, r1\n add r1, r0, r2\n add r3, r2, r2\n add r2, r1, r2\n add r3, r1, r3\n b 2b\n"
      "6:\n"
      "ldr r7, [sp, #20]\n add r7, r7, #1\n lsr r7, r7, #1\n add r6, r6, r7, lsl #4\n"
      "mov r1, #0\n mov r2, #0\n mov r3, #0\n"
      "7:\n"
      "stm r4!, {r0-r3}\n cmp r4, r6\n bne 7b\n b 4b\n"
      "8:\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

#define MOTE_TWO_WORDS(x0, x1)                                  \
  "smlad r2, " x0 ", r9, r2\n sxtb16 r9, r9\n smlad r4, " x0    \
  ", r11, r4\n sxtb16 r11, r11\n"                               \
  "smlad r3, " x0 ", r9, r3\n smlad r5, " x0                    \
  ", r11, r5\n"                                                 \
  "smlad r2, " x1 ", r10, r2\n sxtb16 r10, r10\n smlad r4, " x1 \
  ", r12, r4\n sxtb16 r12, r12\n"                               \
  "smlad r3, " x1 ", r10, r3\n smlad r5, " x1 ", r12, r5\n"
// One pair from its sums and the rest of its stream, which is in r7, r8 and r11.
#define MOTE_FINISH_ONE(a, b)                      \
  MOTE_CONSTANTS("r10", "r9", "r11", "r10", "r12") \
  MOTE_TWICE(a, b)                                 \
  MOTE_SCALE_AWAY(a, "r8", "r10", "r10") MOTE_SCALE_AWAY(b, "r7", "r9", "r9") MOTE_JOIN(a, b, "r12", "r11")
#define MOTE_FOUR_WORDS                                                                                             \
  "ldrd r7, r8, [r0], #8\n ldrd r9, r10, [r1], #8\n ldrd r11, r12, [r6], #8\n" MOTE_TWO_WORDS(                      \
      "r7", "r8") "ldrd r7, r8, [r0], #8\n ldrd r9, r10, [r1], #8\n ldrd r11, r12, [r6], #8\n" MOTE_TWO_WORDS("r7", \
                                                                                                              "r8")

// Two pairs at a time. r0 values, r1 and r6 the streams of both, r2-r5 sums. On the stack: 0 x, 4 end of whole fours of
// words, 8 couples of pairs, 12 out, 16 x_end, 20 bytes of a stream, 24 second_out.
__attribute__((naked, noinline)) void pairs_of_one_pixel(const Pairs&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #28\n"
      "ldr r8, [r0, #32]\n ldm r0, {r1-r5}\n lsr r4, r4, #1\n strd r4, r5, [sp, #8]\n str r8, [sp, #24]\n"
      "sub r4, r2, r1\n bic r5, r4, #15\n add r5, r5, r1\n add r4, r4, #20\n"
      "strd r1, r5, [sp]\n strd r2, r4, [sp, #16]\n mov.w r6, r3\n"  // wide, so that what follows is aligned
      "1:\n"  // r6: where the streams of two pairs begin
      "ldr r9, [sp, #20]\n mov r1, r6\n add r6, r6, r9\n ldrd r2, r3, [r1], #8\n ldrd r4, r5, [r6], #8\n"
      "ldrd r0, lr, [sp]\n subs r7, lr, r0\n beq 4f\n tst r7, #16\n bne 3f\n"
      "2:\n" MOTE_FOUR_WORDS
      "3:\n" MOTE_FOUR_WORDS
      "cmp r0, lr\n bne 2b\n"
      "4:\n"
      "ldr lr, [sp, #16]\n cmp r0, lr\n beq 6f\n"
      "5:\n"  // the words that are left, one by one
      "ldr r7, [r0], #4\n ldr r9, [r1], #4\n ldr r11, [r6], #4\n sxtb16 r8, r9\n sxtb16 r10, r11\n"
      "smlad r2, r7, r9, r2\n smlad r3, r7, r8, r3\n smlad r4, r7, r11, r4\n smlad r5, r7, r10, r5\n"
      "cmp r0, lr\n bne 5b\n"
      "6:\n"
      "ldm r1, {r7, r8, r11}\n" MOTE_FINISH_ONE("r2", "r3")
      "ldm r6!, {r7, r8, r11}\n" MOTE_FINISH_ONE("r4", "r5")
      "ldr r9, [sp, #24]\n ldr r7, [sp, #8]\n ldr r8, [sp, #12]\n"
      "strh r3, [r8]\n strh r5, [r8, r9]\n"
      "add r8, r8, #4\n subs r7, r7, #1\n strd r7, r8, [sp, #8]\n bne.w 1b\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

}  // namespace mote
#endif
