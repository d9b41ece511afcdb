// Cores with the DSP extension (Cortex-M4, M7, M33): SMLAD multiplies two pairs of halfwords and adds both products.
//
// SXTB16 widens bytes 0 and 2 of a word to halfwords, with ROR #8 bytes 1 and 3; SXTAB16 adds the offset on the way, so
// that a zero point costs nothing. x + offset fits a halfword: |x + offset| <= 256.
#pragma once
#include "mote/device/arch/scalar.h"

namespace mote {

struct Armv7em {
  using Word = uint32_t;

  static MOTE_INLINE Word load(const int8_t* p) {
    Word v;
    __builtin_memcpy(&v, p, 4);
    return v;
  }
  static MOTE_INLINE Word even(Word v) { Word r; __asm__("sxtb16 %0, %1" : "=r"(r) : "r"(v)); return r; }
  static MOTE_INLINE Word odd(Word v) { Word r; __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(v)); return r; }
  static MOTE_INLINE Word even_plus(Word o, Word v) { Word r; __asm__("sxtab16 %0, %1, %2" : "=r"(r) : "r"(o), "r"(v)); return r; }
  static MOTE_INLINE Word odd_plus(Word o, Word v) { Word r; __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(r) : "r"(o), "r"(v)); return r; }
  static MOTE_INLINE int32_t mac2(int32_t acc, Word a, Word b) { __asm__("smlad %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b)); return acc; }
  static MOTE_INLINE int32_t mac_low(int32_t acc, Word a, Word b) { __asm__("smlabb %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b)); return acc; }
  static MOTE_INLINE int32_t mac_high(int32_t acc, Word a, Word b) { __asm__("smlatt %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b)); return acc; }
  static MOTE_INLINE Word pair(int32_t v) { return (static_cast<Word>(v) & 0xFFFF) | static_cast<Word>(v) << 16; }

  // SMMULR gives floor((2a * b + 2^31) / 2^32).
  static MOTE_INLINE int32_t high_mul_narrow(int32_t a, int32_t b) {
    int32_t r;
    __asm__("smmulr %0, %1, %2" : "=r"(r) : "r"(a * 2), "r"(b));
    return r;
  }

  static MOTE_INLINE int32_t halve_to_s8(int32_t v) { int32_t r; __asm__("ssat %0, #8, %1, asr #1" : "=r"(r) : "r"(v)); return r; }

  static MOTE_INLINE int32_t dot_s8(int32_t acc, const int8_t* x, int32_t offset, const int8_t* w, int32_t n) {
    const Word o = pair(offset);
    for (; n >= 4; n -= 4, x += 4, w += 4) {
      const Word a = load(x), b = load(w);
      acc = mac2(acc, even_plus(o, a), even(b));
      acc = mac2(acc, odd_plus(o, a), odd(b));
    }
    return Scalar::dot_s8(acc, x, offset, w, n);
  }

  // Eight values a turn in one piece of assembly: compilers spill here, though the loop fits the fourteen registers.
  static MOTE_INLINE void dot4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w, int32_t stride,
                                  int32_t n) {
    const Word o = pair(offset);
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    if (n >= 8) {
      const int32_t stride3 = 3 * stride;
      const int8_t* end = x + (n & ~7);
      Word lo, hi, b, e;
// Four values of x with four of each row of weights.
#define MOTE_DOT4 \
  "ldr %[lo], [%[x]], #4\n sxtab16 %[hi], %[o], %[lo], ror #8\n sxtab16 %[lo], %[o], %[lo]\n" \
  "ldr %[b], [%[w], %[s]]\n sxtb16 %[e], %[b]\n sxtb16 %[b], %[b], ror #8\n" \
  "smlad %[a1], %[lo], %[e], %[a1]\n smlad %[a1], %[hi], %[b], %[a1]\n" \
  "ldr %[b], [%[w], %[s], lsl #1]\n sxtb16 %[e], %[b]\n sxtb16 %[b], %[b], ror #8\n" \
  "smlad %[a2], %[lo], %[e], %[a2]\n smlad %[a2], %[hi], %[b], %[a2]\n" \
  "ldr %[b], [%[w], %[s3]]\n sxtb16 %[e], %[b]\n sxtb16 %[b], %[b], ror #8\n" \
  "smlad %[a3], %[lo], %[e], %[a3]\n smlad %[a3], %[hi], %[b], %[a3]\n" \
  "ldr %[b], [%[w]], #4\n sxtb16 %[e], %[b]\n sxtb16 %[b], %[b], ror #8\n" \
  "smlad %[a0], %[lo], %[e], %[a0]\n smlad %[a0], %[hi], %[b], %[a0]\n"
      __asm__("1:\n" MOTE_DOT4 MOTE_DOT4 "cmp %[x], %[end]\n bne 1b\n"
              : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3), [x] "+r"(x), [w] "+r"(w), [lo] "=&r"(lo),
                [hi] "=&r"(hi), [b] "=&r"(b), [e] "=&r"(e)
              : [o] "r"(o), [s] "r"(stride), [s3] "r"(stride3), [end] "r"(end)
              : "cc", "memory");
#undef MOTE_DOT4
      n &= 7;
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
    if (n >= 4) {
      const Word a = load(x), lo = even_plus(o, a), hi = odd_plus(o, a);
      for (int32_t j = 0; j < 4; ++j) {
        const Word b = load(w + j * stride);
        acc[j] = mac2(mac2(acc[j], lo, even(b)), hi, odd(b));
      }
      n -= 4, x += 4, w += 4;
    }
    if (n > 0) Scalar::dot4_s8(acc, x, offset, w, stride, n);
  }

  static MOTE_INLINE void multiply4_s8(int32_t acc[4], const int8_t* x, int32_t offset, const int8_t* w) {
    const Word o = pair(offset), a = load(x), b = load(w);
    const Word xe = even_plus(o, a), xo = odd_plus(o, a), we = even(b), wo = odd(b);
    acc[0] = mac_low(acc[0], xe, we);
    acc[1] = mac_low(acc[1], xo, wo);
    acc[2] = mac_high(acc[2], xe, we);
    acc[3] = mac_high(acc[3], xo, wo);
  }
};

}  // namespace mote
