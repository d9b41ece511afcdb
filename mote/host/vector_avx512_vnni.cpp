// Sixteen lanes in one register of AVX-512, its VNNI for the products (vpdpwssd: pairs of int16, which needs no
// unsigned operand). Compiled with -mavx512vnni and what it builds on: only what vector.cpp calls after it has asked
// the CPU.
#include "mote/host/forms.h"
#include "mote/host/loops.h"

#ifdef __x86_64__
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of what GCC 12's own header leaves undefined on purpose
#endif
#include <immintrin.h>

namespace mote {
namespace {

struct Avx512Vnni {
  using Sums = __m512i;
  using Words = Sums;
  static constexpr int kBlocks = 2;

  static MOTE_INLINE Sums load(const void* p) { return _mm512_loadu_si512(p); }
  static MOTE_INLINE Sums begin(const int32_t* bias) { return load(bias); }
  static MOTE_INLINE Sums pair(const int16_t* p) {
    int32_t both;
    __builtin_memcpy(&both, p, sizeof both);
    return _mm512_set1_epi32(both);
  }
  static MOTE_INLINE Sums widen(const int8_t* x, int32_t zero) {
    const __m128i v = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(x)));
    return _mm512_sub_epi32(_mm512_cvtepi8_epi32(v), _mm512_set1_epi32(zero));
  }
  static MOTE_INLINE Sums add_products(Sums sums, Sums x, Sums y) { return _mm512_dpwssd_epi32(sums, x, y); }

  // device/fixed.h's requantize: the even lanes' products, then the odd ones', in 64 bits each.
  static MOTE_INLINE Sums requantize_sixteen(Sums sums, const LaneQuant& q) {
    const Sums m = load(q.multiplier), right = load(q.right);
    const Sums v = _mm512_sllv_epi32(sums, load(q.left)), half = _mm512_set1_epi64(int64_t{1} << 30);
    const Sums even = _mm512_add_epi64(_mm512_mul_epi32(v, m), half);
    const Sums odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(v, 32), _mm512_srli_epi64(m, 32)), half);
    const Sums high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
    const Sums one = _mm512_set1_epi32(1), mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
    const Sums threshold = _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(high, 31));
    const __mmask16 rounds_up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), threshold);
    const Sums quotient = _mm512_srav_epi32(high, right);
    return _mm512_mask_add_epi32(quotient, rounds_up, quotient, one);
  }
  static MOTE_INLINE void finish(Sums sums, const LaneQuant& q, const OutputRange& range, int8_t* out) {
    const Sums lo = _mm512_set1_epi32(range.lo - range.zero), hi = _mm512_set1_epi32(range.hi - range.zero);
    const Sums v = _mm512_min_epi32(_mm512_max_epi32(requantize_sixteen(sums, q), lo), hi);
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_add_epi32(v, _mm512_set1_epi32(range.zero)));
    _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(out)), bytes);
  }
};

bool runs_here() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

}  // namespace

constinit const VectorForms avx512_vnni_forms = forms_of<Avx512Vnni>("avx512_vnni", runs_here);

}  // namespace mote
#endif
