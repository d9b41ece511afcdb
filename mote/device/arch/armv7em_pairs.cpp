// pairs.h for cores with the DSP extension, in assembly: with eight sums in registers nothing is left to a compiler.
//
// Four pixels: 13 instructions and about 16 cycles (Cortex-M4) for the 16 products of a word; loads are grouped,
// because a load right after another takes one cycle instead of two.
#include "mote/device/arch/this_arch.h"
#include "mote/device/pairs.h"
#include "mote/device/widen.h"

#ifdef MOTE_ARMV7EM
namespace mote {

static_assert(sizeof(Pairs) == 9 * 4 && kPairStartWords == 2 && kPairFinishWords == 6);

// a = 256 * S1 + S0 and b = S0 become the requantised outputs, up to the last shift, by 2 * S1 and 2 * S0: SMMLAR gives
// (c * 2^32 + x * m + 2^31) / 2^32, c being the rounding constant, less one for negative sums. r0 is used.
#define MOTE_FINISH(a, b, m1, m0, c1, c0)                          \
  "sub " a ", " a ", " b "\n asr " a ", " a ", #7\n lsl " b ", " b \
  ", #1\n"                                                         \
  "add r0, " c1 ", " a ", asr #31\n smmlar " a ", " a ", " m1      \
  ", r0\n"                                                         \
  "add r0, " c0 ", " b ", asr #31\n smmlar " b ", " b ", " m0 ", r0\n"
// The last shift and one store for both.
#define MOTE_PUT(pixel, a, b)                                         \
  "ldr r12, [sp, #" pixel "]\n asr " a ", " a ", r11\n asr " b ", " b \
  ", r10\n"                                                           \
  "ssat " a ", #8, " a ", asr #1\n ssat " b ", #8, " b                \
  ", asr #1\n"                                                        \
  "bfi " b ", " a ", #8, #24\n strh " b ", [r12, lr]\n"

// r0 values, r1 the stream, r2-r9 sums (256 * S1 + S0, then S0, of each pixel). On the stack: 0 x, 4 where to enter the
// unrolled loop, 8 x_end, 12 pairs, 16 offset of the outputs, 20 out[4].
__attribute__((naked, noinline)) void pairs_of_four_pixels(const Pairs&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #36\n"
      "ldm r0!, {r1-r4}\n str r1, [sp]\n str r2, [sp, #8]\n mov r5, #0\n strd r4, r5, [sp, #12]\n"
      "ldm r0, {r4-r7}\n add r12, sp, #20\n stm r12, {r4-r7}\n"
      "sub r4, r1, r2\n asr r4, r4, #4\n and r4, r4, #7\n"  // words missing for whole rounds of 8
      "mov r5, #52\n mul r4, r4, r5\n adr.w r5, 2f\n add r4, r4, r5\n orr r4, r4, #1\n str r4, [sp, #4]\n"
      "mov r1, r3\n"
      "1:\n"  // a pair
      "ldrd r2, r3, [r1], #8\n ldrd r0, r12, [sp]\n"
      "mov r4, r2\n mov r5, r3\n mov r6, r2\n mov r7, r3\n mov r8, r2\n mov r9, r3\n bx r12\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 8\n"
      "ldr.w r12, [r0], #16\n ldr.w r10, [r1], #4\n ldr lr, [r0, #-12]\n sxtb16 r11, r10\n"
      "smlad r2, r12, r10, r2\n smlad r3, r12, r11, r3\n smlad r4, lr, r10, r4\n smlad r5, lr, r11, r5\n"
      "ldrd r12, lr, [r0, #-8]\n"
      "smlad r6, r12, r10, r6\n smlad r7, r12, r11, r7\n smlad r8, lr, r10, r8\n smlad r9, lr, r11, r9\n"
      ".endr\n"
      "ldr r12, [sp, #8]\n cmp r0, r12\n bne.w 2b\n"
      "ldrd r10, r11, [r1], #8\n ldrd r12, lr, [r1], #8\n"
      MOTE_FINISH("r2", "r3", "r11", "r10", "lr", "r12") MOTE_FINISH("r4", "r5", "r11", "r10", "lr", "r12")
      MOTE_FINISH("r6", "r7", "r11", "r10", "lr", "r12") MOTE_FINISH("r8", "r9", "r11", "r10", "lr", "r12")
      "ldrd r10, r11, [r1], #8\n ldrd r0, lr, [sp, #12]\n"
      MOTE_PUT("20", "r2", "r3") MOTE_PUT("24", "r4", "r5") MOTE_PUT("28", "r6", "r7") MOTE_PUT("32", "r8", "r9")
      "add lr, lr, #2\n subs r0, r0, #1\n strd r0, lr, [sp, #12]\n bne.w 1b\n"
      "add sp, sp, #36\n pop {r4-r11, pc}\n");
}

// r0-r3 the pixels, r4 where to, r5 the offset; the words of pixels 0 to 3 in r6-r9, then r10-lr.
#define MOTE_WIDEN(even, odd) "sxtab16 " even ", r5, " odd "\n sxtab16 " odd ", r5, " odd ", ror #8\n"
__attribute__((naked, noinline)) void widen_fours(const WidenFour&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #4\n ldm r0, {r0-r6}\n str r6, [sp]\n"
      "1:\n"
      "ldr r10, [r0], #4\n ldr r11, [r1], #4\n ldr r12, [r2], #4\n ldr lr, [r3], #4\n"
      MOTE_WIDEN("r6", "r10") MOTE_WIDEN("r7", "r11") MOTE_WIDEN("r8", "r12") MOTE_WIDEN("r9", "lr")
      "stm r4!, {r6-r12, lr}\n ldr r6, [sp]\n cmp r4, r6\n bne 1b\n"
      "add sp, sp, #4\n pop {r4-r11, pc}\n");
}

#define MOTE_TWO_WORDS(x0, x1)                                  \
  "smlad r2, " x0 ", r9, r2\n sxtb16 r9, r9\n smlad r4, " x0    \
  ", r11, r4\n sxtb16 r11, r11\n"                               \
  "smlad r3, " x0 ", r9, r3\n smlad r5, " x0                    \
  ", r11, r5\n"                                                 \
  "smlad r2, " x1 ", r10, r2\n sxtb16 r10, r10\n smlad r4, " x1 \
  ", r12, r4\n sxtb16 r12, r12\n"                               \
  "smlad r3, " x1 ", r10, r3\n smlad r5, " x1 ", r12, r5\n"
// One pair from its sums and the rest of its stream at `w`.
#define MOTE_FINISH_ONE(a, b, w, to)                                                                                  \
  "ldrd r8, r9, [" w "], #8\n ldrd r10, r11, [" w "], #8\n" MOTE_FINISH(                                              \
      a, b, "r9", "r8", "r11", "r10") "ldrd r10, r11, [" w "], #8\n asr " a ", " a ", r11\n asr " b ", " b            \
                                      ", r10\n"                                                                       \
                                      "ssat " a ", #8, " a ", asr #1\n ssat " b ", #8, " b ", asr #1\n bfi " b ", " a \
                                      ", #8, #24\n"                                                                   \
                                      "strh " b ", [r12" to "]\n"

// Two pairs at a time. r0 values, r1 and r6 the streams of both, r2-r5 sums. On the stack: 0 x, 4 end of whole fours of
// words, 8 couples of pairs, 12 out, 16 x_end, 20 bytes of a stream, 24 second_out.
__attribute__((naked, noinline)) void pairs_of_one_pixel(const Pairs&) {
  __asm__(
      "push {r4-r11, lr}\n sub sp, sp, #28\n"
      "ldr r8, [r0, #32]\n ldm r0, {r1-r5}\n lsr r4, r4, #1\n strd r4, r5, [sp, #8]\n str r8, [sp, #24]\n"
      "sub r4, r2, r1\n bic r5, r4, #15\n add r5, r5, r1\n add r4, r4, #32\n"
      "strd r1, r5, [sp]\n strd r2, r4, [sp, #16]\n mov r6, r3\n"
      "1:\n"  // r6: where the streams of two pairs begin
      "ldr r9, [sp, #20]\n mov r1, r6\n add r6, r6, r9\n ldrd r2, r3, [r1], #8\n ldrd r4, r5, [r6], #8\n"
      "ldrd r0, lr, [sp]\n cmp r0, lr\n beq 3f\n"
      "2:\n"
      "ldrd r7, r8, [r0], #8\n ldrd r9, r10, [r1], #8\n ldrd r11, r12, [r6], #8\n" MOTE_TWO_WORDS("r7", "r8")
      "ldrd r7, r8, [r0], #8\n ldrd r9, r10, [r1], #8\n ldrd r11, r12, [r6], #8\n" MOTE_TWO_WORDS("r7", "r8")
      "cmp r0, lr\n bne 2b\n"
      "3:\n"
      "ldr lr, [sp, #16]\n cmp r0, lr\n beq 5f\n"
      "4:\n"  // the words that are left, one by one
      "ldr r7, [r0], #4\n ldr r9, [r1], #4\n ldr r11, [r6], #4\n sxtb16 r8, r9\n sxtb16 r10, r11\n"
      "smlad r2, r7, r9, r2\n smlad r3, r7, r8, r3\n smlad r4, r7, r11, r4\n smlad r5, r7, r10, r5\n"
      "cmp r0, lr\n bne 4b\n"
      "5:\n"
      "ldrd r7, r12, [sp, #8]\n ldr lr, [sp, #24]\n"
      MOTE_FINISH_ONE("r2", "r3", "r1", "") MOTE_FINISH_ONE("r4", "r5", "r6", ", lr")
      "add r12, r12, #4\n subs r7, r7, #1\n strd r7, r12, [sp, #8]\n bne 1b\n"
      "add sp, sp, #28\n pop {r4-r11, pc}\n");
}

}  // namespace mote
#endif
