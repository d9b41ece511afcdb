#include "mote/device/pairs.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/widen.h"

namespace mote {
namespace {

void clamp_bytes(int8_t* v, int32_t n, int32_t lo, int32_t hi) {
  for (int32_t i = 0; i < n; ++i) v[i] = clamp_s8(v[i], lo, hi);
}

#ifndef MOTE_ARMV7EM  // arch/armv7em_pairs.cpp has its own
int32_t low_half(uint32_t v) { return static_cast<int16_t>(v & 0xFFFF); }
int32_t high_half(uint32_t v) { return static_cast<int16_t>(v >> 16); }

int8_t finish(int32_t acc, int32_t multiplier, int32_t shift, int32_t round) {
  return static_cast<int8_t>(
      Scalar::halve_to_s8(requantize_narrow_twice<Scalar>(acc, {multiplier, ~shift}, round - 1)));
}

// The pair at w for the pixel whose words lie `stride` apart from x on.
void make_pair(const Pairs& p, const uint32_t* x, int32_t stride, const uint32_t* w, int32_t words, const PairQuant& q,
               int8_t* out) {
  uint32_t both = static_cast<uint32_t>(q.bias);
  int32_t sum0 = q.bias0;
  for (int32_t i = 0; i < words; ++i, x += stride) {
    const int32_t a = low_half(*x), b = high_half(*x);
    const int32_t products = a * low_half(w[i]) + b * high_half(w[i]);
    both += static_cast<uint32_t>(products);
    sum0 = wrapping_add(sum0, a * static_cast<int8_t>(w[i] & 0xFF) + b * static_cast<int8_t>(w[i] >> 16 & 0xFF));
  }
  const int32_t sum1 = static_cast<int32_t>(both - static_cast<uint32_t>(sum0)) >> 8;
  out[0] = finish(sum0, q.multiplier0, q.shift0, p.round);
  out[1] = finish(sum1, q.multiplier1, q.shift1, p.round);
}

void make_pairs(const Pairs& p, int32_t pixels) {
  const auto words = static_cast<int32_t>(p.x_end - p.x) / pixels;
  for (int32_t i = 0; i < p.pairs; ++i)
    for (int32_t pixel = 0; pixel < pixels; ++pixel)
      make_pair(p, p.x + pixel, pixels, p.w + i * words, words, p.q[i], p.out[pixel] + 2 * i);
}
#endif

}  // namespace

#ifndef MOTE_ARMV7EM
void pairs_of_four_pixels(const Pairs& p) { make_pairs(p, 4); }
void pairs_of_one_pixel(const Pairs& p) { make_pairs(p, 1); }

void widen_fours(const WidenFour& w) {
  WidenFour d = w;
  for (; d.to != d.end; d.to += 8)
    for (int i = 0; i < 4; d.x[i++] += 4) {
      const uint32_t four = ThisArch::load(d.x[i]);
      d.to[i] = ThisArch::even_plus(d.offset, four);
      d.to[4 + i] = ThisArch::odd_plus(d.offset, four);
    }
}
#endif

void make_pairs_s8(Pairs& p, int32_t pixels, int32_t n, int32_t lo, int32_t hi) {
  const auto make = pixels == 4 ? pairs_of_four_pixels : pairs_of_one_pixel;
  p.pairs = n >> 1;
  make(p);
  if (n & 1) {
    Pairs last = p;
    const auto words = static_cast<int32_t>(p.x_end - p.x) / pixels;
    last.w += p.pairs * words, last.q += p.pairs, last.pairs = 1;
    for (int32_t i = 0; i < pixels; ++i) last.out[i] += n - 2;
    make(last);
  }
  if (lo > -128 || hi < 127)
    for (int32_t i = 0; i < pixels; ++i) clamp_bytes(p.out[i], n, lo, hi);
}

}  // namespace mote
