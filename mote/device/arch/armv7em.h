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
  static MOTE_INLINE Word even(Word v) {
    Word r;
    __asm__("sxtb16 %0, %1" : "=r"(r) : "r"(v));
    return r;
  }
  static MOTE_INLINE Word odd(Word v) {
    Word r;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(v));
    return r;
  }
  static MOTE_INLINE Word even_plus(Word o, Word v) {
    Word r;
    __asm__("sxtab16 %0, %1, %2" : "=r"(r) : "r"(o), "r"(v));
    return r;
  }
  static MOTE_INLINE Word odd_plus(Word o, Word v) {
    Word r;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(r) : "r"(o), "r"(v));
    return r;
  }
  static MOTE_INLINE int32_t mac_low(int32_t acc, Word a, Word b) {
    __asm__("smlabb %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
  }
  static MOTE_INLINE int32_t mac_high(int32_t acc, Word a, Word b) {
    __asm__("smlatt %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
  }
  static MOTE_INLINE Word pair(int32_t v) { return (static_cast<Word>(v) & 0xFFFF) | static_cast<Word>(v) << 16; }

  // SMMULR gives floor((2a * b + 2^31) / 2^32).
  static MOTE_INLINE int32_t high_mul_narrow(int32_t a, int32_t b) {
    int32_t r;
    __asm__("smmulr %0, %1, %2" : "=r"(r) : "r"(a * 2), "r"(b));
    return r;
  }

  // SMMLA and SMMLS add a product's upper half to a register, or take it away: floor((2^32 r +- a b) / 2^32).
  static MOTE_INLINE void butterflies(int32_t* a, int32_t* b, const int32_t* w, int32_t step) {
    int32_t a_re, a_im, b_re, b_im, w_re, w_im, x;
    const int32_t* end = b;
    __asm__ volatile(
        "1:\n"
        "ldrd %[br], %[bi], [%[b]]\n"
        "ldrd %[wr], %[wi], [%[w]]\n"
        "ldrd %[ar], %[ai], [%[a]]\n"
        "add %[w], %[w], %[step]\n"
        "asr %[ar], %[ar], #1\n"
        "asr %[ai], %[ai], #1\n"
        "smmla %[x], %[br], %[wr], %[ar]\n"
        "smmla %[br], %[br], %[wi], %[ai]\n"
        "smmls %[x], %[bi], %[wi], %[x]\n"
        "smmla %[br], %[bi], %[wr], %[br]\n"
        "rsb %[ar], %[x], %[ar], lsl #1\n"
        "rsb %[ai], %[br], %[ai], lsl #1\n"
        "strd %[x], %[br], [%[a]], #8\n"
        "strd %[ar], %[ai], [%[b]], #8\n"
        "cmp %[a], %[end]\n"
        "bne 1b\n"
        : [a] "+&r"(a), [b] "+&r"(b), [w] "+&r"(w), [ar] "=&r"(a_re), [ai] "=&r"(a_im), [br] "=&r"(b_re),
          [bi] "=&r"(b_im), [wr] "=&r"(w_re), [wi] "=&r"(w_im), [x] "=&r"(x)
        : [step] "r"(4 * step), [end] "r"(end)
        : "cc", "memory");
  }

  static MOTE_INLINE int32_t add_upper(int32_t acc, int32_t a, int32_t b) {
    __asm__("smmla %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
  }
  static MOTE_INLINE int32_t subtract_upper(int32_t acc, int32_t a, int32_t b) {
    __asm__("smmls %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
  }

  static MOTE_INLINE uint32_t reverse_bits(uint32_t v) {
    uint32_t r;
    __asm__("rbit %0, %1" : "=r"(r) : "r"(v));
    return r;
  }

  static MOTE_INLINE int32_t dot_s16(int32_t acc, const int16_t* x, const int16_t* w, int32_t n) {
    for (; n >= 4; n -= 4, x += 4, w += 4)
      for (int i = 0; i < 4; i += 2) {
        Word a, b;
        __builtin_memcpy(&a, x + i, 4);
        __builtin_memcpy(&b, w + i, 4);
        __asm__("smlad %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
      }
    for (; n > 0; --n) acc += *x++ * *w++;
    return acc;
  }

  static MOTE_INLINE uint32_t add_byte2(uint32_t a, uint32_t v) {
    uint32_t r;
    __asm__("uxtab %0, %1, %2, ror #16" : "=r"(r) : "r"(a), "r"(v));
    return r;
  }

  static MOTE_INLINE int32_t halve_to_s8(int32_t v) {
    int32_t r;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(r) : "r"(v));
    return r;
  }

  // acc + floor(factor * x / 2^16), x being a halfword.
  static MOTE_INLINE int32_t wide_mac_low(int32_t acc, int32_t factor, Word x) {
    int32_t r;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(r) : "r"(factor), "r"(x), "r"(acc));
    return r;
  }
  static MOTE_INLINE int32_t wide_mac_high(int32_t acc, int32_t factor, Word x) {
    int32_t r;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(r) : "r"(factor), "r"(x), "r"(acc));
    return r;
  }

  template <int shift>
  static MOTE_INLINE int32_t shift_to_s8(int32_t v) {
    int32_t r;
    __asm__("ssat %0, #8, %1, asr %2" : "=r"(r) : "r"(v), "i"(shift));
    return r;
  }

  // The low bytes of four words.
  static MOTE_INLINE Word join4(int32_t v0, int32_t v1, int32_t v2, int32_t v3) {
    __asm__("bfi %0, %1, #8, #24" : "+r"(v0) : "r"(v1));
    __asm__("bfi %0, %1, #8, #24" : "+r"(v2) : "r"(v3));
    __asm__("pkhbt %0, %0, %1, lsl #16" : "+r"(v0) : "r"(v2));
    return static_cast<Word>(v0);
  }
  static MOTE_INLINE void store(int8_t* p, Word v) { __builtin_memcpy(p, &v, 4); }

  // Halfwords hold the sums of up to 255 values.
  static MOTE_INLINE void add4_s8(int32_t sum[4], const int8_t* x, int32_t n, int32_t step) {
    while (n > 0) {
      Word e = 0, o = 0;
      int32_t some = n < 255 ? n : 255;
      n -= some;
      for (; some > 0; --some, x += step) {
        const Word four = load(x);
        e = even_plus(e, four), o = odd_plus(o, four);
      }
      sum[0] += static_cast<int16_t>(e), sum[1] += static_cast<int16_t>(o);
      sum[2] += static_cast<int32_t>(e) >> 16, sum[3] += static_cast<int32_t>(o) >> 16;
    }
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
