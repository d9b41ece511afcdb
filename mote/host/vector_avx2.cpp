// Sixteen lanes in two registers of AVX2. Compiled with -mavx2: only what vector.cpp calls after it has asked the CPU.
#include "mote/host/forms.h"
#include "mote/host/loops.h"

#ifdef __x86_64__
#include <immintrin.h>

namespace mote {
namespace {

struct Avx2 {
  struct Sums {
    __m256i a, b;
  };
  using Words = Sums;
  static constexpr int kBlocks = 1;

  static MOTE_INLINE __m256i load_eight(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static MOTE_INLINE Sums load(const void* p) { return {load_eight(p), load_eight(static_cast<const char*>(p) + 32)}; }
  static MOTE_INLINE Sums begin(const int32_t* bias) { return load(bias); }
  static MOTE_INLINE Sums pair(const int16_t* p) {
    int32_t both;
    __builtin_memcpy(&both, p, sizeof both);
    const __m256i v = _mm256_set1_epi32(both);
    return {v, v};
  }
  static MOTE_INLINE Sums widen(const int8_t* x, int32_t zero) {
    const __m128i v = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(x)));
    const __m256i offset = _mm256_set1_epi32(zero);
    return {_mm256_sub_epi32(_mm256_cvtepi8_epi32(v), offset),
            _mm256_sub_epi32(_mm256_cvtepi8_epi32(_mm_srli_si128(v, 8)), offset)};
  }
  static MOTE_INLINE Sums add_products(const Sums& sums, const Sums& x, const Sums& y) {
    return {_mm256_add_epi32(sums.a, _mm256_madd_epi16(x.a, y.a)),
            _mm256_add_epi32(sums.b, _mm256_madd_epi16(x.b, y.b))};
  }

  // device/fixed.h's requantize: the even lanes' products, then the odd ones', in 64 bits each.
  static MOTE_INLINE __m256i requantize_eight(__m256i sums, const LaneQuant& q, int from) {
    const __m256i m = load_eight(q.multiplier + from), right = load_eight(q.right + from);
    const __m256i v = _mm256_sllv_epi32(sums, load_eight(q.left + from)), half = _mm256_set1_epi64x(int64_t{1} << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(v, m), half);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(v, 32), _mm256_srli_epi64(m, 32)), half);
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
    const __m256i one = _mm256_set1_epi32(1), mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
    const __m256i threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(high, 31));
    const __m256i rounds_up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);  // -1 where it does
    return _mm256_sub_epi32(_mm256_srav_epi32(high, right), rounds_up);
  }
  static MOTE_INLINE __m256i finish_eight(__m256i sums, const LaneQuant& q, int from, const OutputRange& range) {
    const __m256i zero = _mm256_set1_epi32(range.zero), lo = _mm256_set1_epi32(range.lo - range.zero),
                  hi = _mm256_set1_epi32(range.hi - range.zero);
    const __m256i v = requantize_eight(sums, q, from);
    return _mm256_add_epi32(_mm256_min_epi32(_mm256_max_epi32(v, lo), hi), zero);
  }
  static MOTE_INLINE void finish(const Sums& sums, const LaneQuant& q, const OutputRange& range, int8_t* out) {
    // packs works on halves of 128 bits: the words come out as 0-3, 8-11, 4-7, 12-15.
    const __m256i words = _mm256_packs_epi32(finish_eight(sums.a, q, 0, range), finish_eight(sums.b, q, 8, range));
    const __m256i in_order = _mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0));
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(in_order), _mm256_extracti128_si256(in_order, 1));
    _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(out)), bytes);
  }
};

}  // namespace

constinit const VectorForms avx2_forms = forms_of<Avx2>("avx2", [] { return __builtin_cpu_supports("avx2") != 0; });

}  // namespace mote
#endif
