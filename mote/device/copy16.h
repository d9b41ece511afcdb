// Bytes moved sixteen at a time, which may land further apart than they lay: windows in the order of vectors.h.
#pragma once
#include "mote/device/arch/this_arch.h"
#include "mote/device/rows.h"
#include "mote/device/vectors.h"

namespace mote {

// Byte i goes to to[i / 16 * kStep + i % 16]. n may be 0.
template <int kStep>
MOTE_INLINE void copy16(const int8_t* from, int32_t n, int8_t* to) {
#ifdef MOTE_MVE
  __asm__ volatile(
      "wlstp.8 lr, %2, 2f\n"
      "1: vldrb.u8 q0, [%1], #16\n vstrb.8 q0, [%0], %3\n letp lr, 1b\n"
      "2:\n"
      : "+r"(to), "+r"(from)
      : "r"(n), "i"(kStep)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < n; ++i) to[i / kVectorBytes * kStep + i % kVectorBytes] = from[i];
#endif
}

MOTE_INLINE void fill16(int8_t value, int32_t n, int8_t* to) {
#ifdef MOTE_MVE
  __asm__ volatile(
      "vdup.8 q0, %2\n wlstp.8 lr, %1, 2f\n"
      "1: vstrb.8 q0, [%0], #16\n letp lr, 1b\n"
      "2:\n"
      : "+r"(to)
      : "r"(n), "r"(value)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < n; ++i) to[i] = value;
#endif
}

// The values at from[order[i]], i < n, eight at a time: value i goes to to[i / 8 * kStep + i % 8].
template <int kStep>
MOTE_INLINE void gather8(const int8_t* from, const uint16_t* order, int32_t n, int8_t* to) {
#ifdef MOTE_MVE
  __asm__ volatile(
      "wlstp.16 lr, %3, 2f\n"
      "1: vldrh.u16 q1, [%1], #16\n vldrb.u16 q0, [%2, q1]\n vstrb.16 q0, [%0], %4\n letp lr, 1b\n"
      "2:\n"
      : "+l"(to), "+l"(order)
      : "r"(from), "r"(n), "i"(kStep)
      : "q0", "q1", "lr", "memory");
#else
  for (int32_t i = 0; i < n; ++i) to[i / 8 * kStep + i % 8] = from[order[i]];
#endif
}

// Values of four rows as words: to[4 * i + r] = rows[r][i]. Up to 60 bytes behind the last one are written too.
MOTE_INLINE void interleave4(const int8_t* const rows[4], int32_t n, int8_t* to) {
#ifdef MOTE_MVE
#define MOTE_STORE_WORDS                                                                               \
  "vst40.8 {q0, q1, q2, q3}, [%0]\n vst41.8 {q0, q1, q2, q3}, [%0]\n vst42.8 {q0, q1, q2, q3}, [%0]\n" \
  "vst43.8 {q0, q1, q2, q3}, [%0]!\n"
  const int8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  __asm__ volatile(
      "wls lr, %6, 2f\n"
      "1: vldrb.u8 q0, [%1], #16\n vldrb.u8 q1, [%2], #16\n vldrb.u8 q2, [%3], #16\n vldrb.u8 q3, [%4], #16\n" MOTE_STORE_WORDS
      "le lr, 1b\n"
      "2: ands %5, %5, #15\n beq 3f\n vctp.8 %5\n vpstttt\n"
      "vldrbt.u8 q0, [%1]\n vldrbt.u8 q1, [%2]\n vldrbt.u8 q2, [%3]\n vldrbt.u8 q3, [%4]\n" MOTE_STORE_WORDS "3:\n"
      : "+r"(to), "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(n)
      : "r"(n / kVectorBytes)
      : "q0", "q1", "q2", "q3", "lr", "cc", "memory");
#undef MOTE_STORE_WORDS
#else
  for (int32_t i = 0; i < n; ++i)
    for (int32_t r = 0; r < 4; ++r) to[4 * i + r] = rows[r][i];
#endif
}

// n numbers from `first` on, each `step` more than the one before.
MOTE_INLINE void count16(int32_t first, int32_t step, int32_t n, int32_t* to) {
#ifdef MOTE_MVE
  int32_t i = 0;
  __asm__ volatile(
      "vidup.u32 q0, %1, #1\n vmul.i32 q0, q0, %3\n vadd.i32 q0, q0, %4\n lsl %1, %3, #2\n wlstp.32 lr, %2, 2f\n"
      "1: vstrw.32 q0, [%0], #16\n vadd.i32 q0, q0, %1\n letp lr, 1b\n"
      "2:\n"
      : "+r"(to), "+Te"(i)
      : "r"(n), "r"(step), "r"(first)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < n; ++i) to[i] = first + i * step;
#endif
}

}  // namespace mote
