#include "mote/device/dot4.h"

#include "mote/device/arch/this_arch.h"

namespace mote {

#ifndef MOTE_ARMV7EM  // arch/armv7em.cpp has its own
void dot4_s8(const Dot4& dot) {
  Dot4 d = dot;
  for (; d.blocks > 0; --d.blocks, d.w += 4 * d.w_stride, d.start += 4) {
    int32_t a[4] = {d.start[0], d.start[1], d.start[2], d.start[3]};
    const int8_t* w = d.w;
    for (const uint8_t* const* row = d.row; row != d.row_end; ++row, w += d.n + d.w_gap) {
      const int8_t* x = static_cast<const int8_t*>(static_cast<const void*>(*row)) + d.x;
      const int8_t *w1 = w + d.w_stride, *w2 = w1 + d.w_stride, *w3 = w2 + d.w_stride;
      int32_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
      for (int32_t i = 0; i < d.n; ++i) {
        const int32_t v = x[i] + d.offset;
        a0 = wrapping_add(a0, v * w[i]);
        a1 = wrapping_add(a1, v * w1[i]);
        a2 = wrapping_add(a2, v * w2[i]);
        a3 = wrapping_add(a3, v * w3[i]);
      }
      a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3;
    }
    if (d.q) {
      int8_t* out = static_cast<int8_t*>(d.out);
      finish_s8({d.bias >> 1, d.lo, d.hi, 1, d.q_bytes != 0}, a, 4, d.q, out);
      if (d.q_bytes) d.q += 4;
      d.out = out + 4;
    } else {
      int32_t* out = static_cast<int32_t*>(d.out);
      for (int32_t j = 0; j < 4; ++j) out[j] = a[j];
      d.out = out + 4;
    }
  }
}
#endif

void add_four_s8(Dot4 d, int32_t o, int32_t sums[4], bool one) {
  d.w += o * d.w_stride;
  if (one) d.w_stride = 0;
  d.start = sums, d.out = sums, d.q = nullptr, d.blocks = 1;
  dot4_s8(d);
}

void finish_s8(const Finish& f, const int32_t* sums, int32_t n, const Requant* q, int8_t* out) {
#ifdef MOTE_ARMV6M
  if (f.narrow) {
    const NarrowSums all{sums, q, out, sums + n, 2 * f.zero + 1, f.per_channel ? 0 : int32_t{sizeof(Requant)}};
    if (f.narrow == 2 && f.per_channel) requantize_short_sums(all);
    else requantize_narrow_sums(all);
    if (f.lo > -128 || f.hi < 127)
      for (int32_t j = 0; j < n; ++j) out[j] = clamp_s8(out[j], f.lo, f.hi);
    return;
  }
#endif
  for (int32_t j = 0; j < n; ++j, q += f.per_channel) {
    const int32_t v = f.narrow ? requantize_narrow<ThisArch>(sums[j], *q) : requantize(sums[j], *q);
    out[j] = clamp_s8(wrapping_add(f.zero, v), f.lo, f.hi);
  }
}

void make_outputs_s8(Dot4& d, const Finish& f, int32_t n, const Requant* q, int8_t* out) {
  if (f.narrow && n >= 4) {
    d.q = q, d.q_bytes = f.per_channel ? sizeof(Requant) : 0, d.out = out, d.blocks = n >> 2;
    d.bias = 2 * f.zero + 1, d.lo = f.lo, d.hi = f.hi;
    dot4_s8(d);
    if ((n & 3) == 0) return;
    const int32_t last = n - 4;  // the last four overlap those before
    d.w += last * d.w_stride, d.start += last, d.q += last * f.per_channel, d.out = out + last, d.blocks = 1;
    dot4_s8(d);
    return;
  }
  make_slowly_s8(f, n, d.start, q, out, [&](int32_t* sums, int32_t o, bool one) { add_four_s8(d, o, sums, one); });
}

}  // namespace mote
