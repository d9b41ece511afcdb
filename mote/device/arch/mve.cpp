// vectors.h for cores with MVE, in assembly: eight sums, in every even register, leave nothing to a compiler.
#include "mote/device/arch/this_arch.h"
#include "mote/device/vectors.h"

#ifdef MOTE_MVE
namespace mote {

static_assert(sizeof(Vectors) == 14 * 4 && sizeof(Requant) == 8 && sizeof(Columns) == 12 * 4);

// Sixteen values of four pixels with the weights of two outputs. Loads and multiplications alternate, so that they may
// overlap. `mla` is vmladav for the first sixteen, then vmladava, which adds.
#define MOTE_FOUR_PIXELS(mla)                                                                                          \
  "vldrb.u8 q0, [r3], #16\n vldrw.u32 q2, [r1], #64\n " mla " r0, q0, q2\n vldrb.u8 q1, [r5], #16\n " mla              \
  " r2, q1, q2\n vldrw.u32 q3, [r1, #-48]\n " mla " r4, q0, q3\n vldrw.u32 q2, [r1, #-32]\n " mla " r6, q1, q3\n " mla \
  " r8, q0, q2\n vldrw.u32 q3, [r1, #-16]\n " mla " r10, q1, q2\n " mla " r12, q0, q3\n " mla " r14, q1, q3\n"

// r1 values, r3 and r5 weights, r7 where values end, r9 bias, r11 q, q5 offsets of the outputs as halfwords, q6 zero
// points; r0, r4, r8, r12 sums of the first output and r2, r6, r10, r14 of the second. On the stack, as they are loaded
// together: 0 x, 4 from the end of the second output's weights to those of the next one, 8 w_stride, 12 out, 16 where
// biases end, 20 the number 2; then 24 where to enter the unrolled loop.
__attribute__((naked, noinline)) void vectors_of_four_pixels(const Vectors&) {
  __asm__(
      "push {r4-r11, lr}\n vpush {d8-d15}\n sub sp, sp, #28\n"
      "ldm r0!, {r1-r10}\n vldrw.u32 q5, [r0]\n"
      "mov r11, #0x10001\n vmul.i32 q5, q5, r11\n mov r11, #0x10000\n vadd.i32 q5, q5, r11\n vdup.16 q6, r9\n"
      "sub r11, r4, r2, lsl #4\n strd r1, r11, [sp]\n strd r4, r10, [sp, #8]\n"
      "add r12, r5, r7, lsl #3\n mov r11, #2\n strd r12, r11, [sp, #16]\n"
      "add r7, r1, r2, lsl #6\n mov r9, r5\n mov r11, r6\n add r5, r3, r4\n"
      "subs r2, r2, #1\n rsb r4, r2, #0\n and r4, r4, #3\n it eq\n moveq r4, #4\n"  // sixteens to skip of the first 4
      "mov r6, #56\n mul r4, r4, r6\n adr.w r6, 2f\n add r4, r4, r6\n orr r4, r4, #1\n str r4, [sp, #24]\n"
      "1:\n"                                                                          // two outputs
      MOTE_FOUR_PIXELS("vmladav.s8")
      "ldr.w pc, [sp, #24]\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 4\n" MOTE_FOUR_PIXELS("vmladava.s8") ".endr\n"
      "cmp r1, r7\n bne 2b\n"
      "vmov q0[2], q0[0], r0, r8\n vmov q0[3], q0[1], r4, r12\n"
      "vmov q1[2], q1[0], r2, r10\n vmov q1[3], q1[1], r6, r14\n"
      "ldrd r0, r2, [r9], #8\n ldm r11!, {r4, r6, r8, r10}\n"
      "vadd.i32 q0, q0, r0\n vadd.i32 q1, q1, r2\n"
      "vshr.s32 q2, q0, #31\n vshr.s32 q3, q1, #31\n"
      "vqrdmlah.s32 q2, q0, r4\n vqrdmlah.s32 q3, q1, r8\n"
      "vrshl.s32 q2, r6\n vrshl.s32 q3, r10\n"
      "vqmovnb.s32 q2, q2\n vqmovnt.s32 q2, q3\n vqadd.s16 q2, q2, q6\n vqmovnb.s16 q2, q2\n"
      "ldm sp, {r1, r2, r4, r6, r8, r10}\n"
      "vstrb.16 q2, [r6, q5]\n vadd.i16 q5, q5, r10\n"
      "add r3, r5, r2\n add r5, r3, r4\n"
      "cmp r9, r8\n bne 1b\n"
      "add sp, sp, #28\n vpop {d8-d15}\n pop {r4-r11, pc}\n");
}

#define MOTE_ONE_PIXEL(mla)                                                                              \
  "vldrb.u8 q0, [r1], #16\n vldrb.u8 q1, [r3], #16\n " mla " r0, q0, q1\n vldrb.u8 q2, [r5], #16\n " mla \
  " r2, q0, q2\n vldrb.u8 q1, [r11], #16\n " mla " r4, q0, q1\n vldrb.u8 q2, [r9], #16\n " mla " r6, q0, q2\n"

// r1 values, r3, r5, r11, r9 weights, r8 where values end, r10 bias, r12 q, r7 out, lr blocks, r0, r2, r4, r6 sums; q4
// zero points, q5 and q6 where the multipliers and the shifts of four outputs lie. On the stack: 0 x, 4 where to enter
// the unrolled loop, 8 from the end of an output's weights to the fourth one from there on, 12 bytes of q of four
// outputs.
__attribute__((naked, noinline)) void vectors_of_one_pixel(const Vectors&) {
  __asm__(
      "push {r4-r11, lr}\n vpush {d8-d13}\n sub sp, sp, #20\n"
      "ldm r0!, {r1-r10}\n"
      "vdup.16 q4, r9\n mov lr, r7\n mov r12, r6\n mov r7, r10\n mov r10, r5\n"
      "mov r6, #0\n vidup.u32 q5, r6, #1\n vmul.i32 q5, q5, r8\n mov r6, #4\n vadd.i32 q6, q5, r6\n"
      "lsl r6, r4, #2\n sub r6, r6, r2, lsl #4\n lsl r8, r8, #2\n strd r6, r8, [sp, #8]\n"
      "add r5, r3, r4\n add r11, r5, r4\n add r9, r11, r4\n add r8, r1, r2, lsl #4\n"
      "subs r2, r2, #1\n rsb r4, r2, #0\n and r4, r4, #7\n it eq\n moveq r4, #8\n"  // sixteens to skip of the first 8
      "mov r6, #36\n mul r4, r4, r6\n adr.w r6, 2f\n add r4, r4, r6\n orr r4, r4, #1\n strd r1, r4, [sp]\n"
      "1:\n"                                                                          // four outputs
      "ldr r1, [sp]\n"
      MOTE_ONE_PIXEL("vmladav.s8")
      "ldr.w pc, [sp, #4]\n"
      ".p2align 2\n"
      "2:\n"
      ".rept 8\n" MOTE_ONE_PIXEL("vmladava.s8") ".endr\n"
      "cmp r1, r8\n bne 2b\n"
      "vmov q0[2], q0[0], r0, r4\n vmov q0[3], q0[1], r2, r6\n"
      "vldrw.u32 q1, [r10], #16\n vadd.i32 q0, q0, q1\n"
      "vldrw.u32 q1, [r12, q5]\n vqrdmulh.s32 q1, q0, q1\n vldrw.u32 q2, [r12, q6]\n vshr.s32 q0, q0, #31\n"
      "vadd.i32 q1, q1, q0\n vrshl.s32 q1, q1, q2\n"
      "vqmovnb.s32 q1, q1\n vqadd.s16 q1, q1, q4\n vqmovnb.s16 q1, q1\n vstrb.32 q1, [r7], #4\n"
      "ldrd r0, r2, [sp, #8]\n add r12, r12, r2\n"
      "add r3, r3, r0\n add r5, r5, r0\n add r11, r11, r0\n add r9, r9, r0\n"
      "subs lr, lr, #1\n bne 1b\n"
      "add sp, sp, #20\n vpop {d8-d13}\n pop {r4-r11, pc}\n");
}

namespace {

// Four sums in r4, r6, r8, r10 become outputs: r2 bias, r3 multiplier, r5 shift, r7 zero point, q5 where to, from r9
// on.
#define MOTE_FINISH_FOUR                                                                      \
  "vmov q0[2], q0[0], r4, r8\n vmov q0[3], q0[1], r6, r10\n"                                  \
  "vadd.i32 q0, q0, r2\n vshr.s32 q1, q0, #31\n vqrdmlah.s32 q1, q0, r3\n vrshl.s32 q1, r5\n" \
  "vqmovnb.s32 q1, q1\n vqadd.s16 q1, q1, r7\n vqmovnb.s16 q1, q1\n vstrb.32 q1, [r9, q5]\n"

// Windows of one group. r0 windows, r1 offsets, r9 out, r11 weights, r12 biases, lr blocks; q4 where the words of a
// channel lie, q6 weights. On the stack, as they are loaded together: 0 windows, 4 offsets, 8 blocks, 12 q; then 16
// where biases end.
__attribute__((naked, noinline)) void make_small_columns(const Columns&) {
  __asm__(
      "push {r4-r11, lr}\n vpush {d8-d13}\n sub sp, sp, #20\n"
      "ldm r0!, {r1-r8}\n ldm r0, {r0, r9-r11}\n"  // x, words, ..., bias; q, channels, zero, out
      "strd r4, r5, [sp]\n strd r6, r0, [sp, #8]\n"
      "vldrw.u32 q4, [r2]\n vadd.i32 q4, q4, r1\n"
      "mov r12, r8\n add r4, r8, r9, lsl #2\n str r4, [sp, #16]\n"
      "mov r9, r11\n mov r11, r7\n mov r7, r10\n"
      "1:\n"  // a channel
      "ldm sp, {r0, r1, r3, r4}\n dls lr, r3\n ldrd r3, r5, [r4], #8\n str r4, [sp, #12]\n"
      "ldr r2, [r12], #4\n vldrb.u8 q6, [r11], #16\n"
      "2:\n"  // four pixels
      "ldm r0!, {r4, r6, r8, r10}\n"
      "vldrw.u32 q0, [r4, q4]\n vldrw.u32 q1, [r6, q4]\n vmladav.s8 r4, q0, q6\n"
      "vldrw.u32 q2, [r8, q4]\n vmladav.s8 r6, q1, q6\n vldrw.u32 q3, [r10, q4]\n vmladav.s8 r8, q2, q6\n"
      "vldrw.u32 q5, [r1], #16\n vmladav.s8 r10, q3, q6\n" MOTE_FINISH_FOUR
      "le lr, 2b\n"
      "mov r4, #4\n vadd.i32 q4, q4, r4\n add r9, r9, #1\n"
      "ldr r4, [sp, #16]\n cmp r12, r4\n bne 1b\n"
      "add sp, sp, #20\n vpop {d8-d13}\n pop {r4-r11, pc}\n");
}

// Windows of several groups. r1, r3, r5, r7 four windows, r2 the channel's words, r0 words of the window, r11 weights,
// r12 blocks, lr groups. On the stack: 0 biases, 4 q, 8 windows, 12 offsets, 16 blocks, 20 groups, 24 words, 28 zero
// point, 32 channels; then, of a channel, 36 windows, 40 offsets, 44 weights.
__attribute__((naked, noinline)) void make_large_columns(const Columns&) {
  __asm__(
      "push {r4-r11, lr}\n vpush {d8-d13}\n sub sp, sp, #52\n"
      "ldm r0!, {r1-r8}\n ldm r0, {r0, r9-r11}\n"  // x, words, ..., bias; q, channels, zero, out
      "strd r8, r0, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r3, [sp, #16]\n strd r2, r10, [sp, #24]\n"
      "str r9, [sp, #32]\n mov r2, r1\n mov r9, r11\n mov r11, r7\n"
      "1:\n"  // a channel
      "ldrd r4, r5, [sp, #8]\n strd r4, r5, [sp, #36]\n str r11, [sp, #44]\n ldr r12, [sp, #16]\n"
      "2:\n"  // four pixels
      "ldr r0, [sp, #36]\n ldm r0!, {r1, r3, r5, r7}\n str r0, [sp, #36]\n"
      "ldrd r4, r0, [sp, #20]\n ldr r11, [sp, #44]\n dls lr, r4\n"
      "mov r4, #0\n mov r6, #0\n mov r8, #0\n mov r10, #0\n"
      "3:\n"
      "vldrw.u32 q4, [r0], #16\n vadd.i32 q4, q4, r2\n vldrb.u8 q6, [r11], #16\n"
      "vldrw.u32 q0, [r1, q4]\n vldrw.u32 q1, [r3, q4]\n vmladava.s8 r4, q0, q6\n"
      "vldrw.u32 q2, [r5, q4]\n vmladava.s8 r6, q1, q6\n vldrw.u32 q3, [r7, q4]\n vmladava.s8 r8, q2, q6\n"
      "vmladava.s8 r10, q3, q6\n"
      "le lr, 3b\n"
      "mov r1, r2\n ldrd r0, r3, [sp]\n ldr r2, [r0]\n ldrd r3, r5, [r3]\n ldr r7, [sp, #28]\n"
      "ldr r0, [sp, #40]\n vldrw.u32 q5, [r0], #16\n str r0, [sp, #40]\n" MOTE_FINISH_FOUR
      "mov r2, r1\n subs r12, r12, #1\n bne 2b\n"
      "ldrd r0, r1, [sp]\n add r0, r0, #4\n add r1, r1, #8\n strd r0, r1, [sp]\n"
      "add r2, r2, #4\n add r9, r9, #1\n"
      "ldr r0, [sp, #32]\n subs r0, r0, #1\n str r0, [sp, #32]\n bne 1b\n"
      "add sp, sp, #52\n vpop {d8-d13}\n pop {r4-r11, pc}\n");
}

}  // namespace

void make_columns_s8(const Columns& c) {
  if (c.groups == 1) make_small_columns(c);
  else make_large_columns(c);
}

}  // namespace mote
#endif
