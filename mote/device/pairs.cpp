#include "mote/device/pairs.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/widen.h"

namespace mote {
#ifndef MOTE_ARMV7EM  // arch/armv7em_pairs.cpp has its own
namespace {

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

void make_pairs(const Pairs& p, int32_t pixels, int32_t second_out) {
  const auto words = static_cast<int32_t>(p.x_end - p.x) / pixels;
  for (int32_t i = 0; i < p.pairs; ++i)
    for (int32_t pixel = 0; pixel < pixels; ++pixel)
      make_pair(p, p.x + pixel, pixels, p.w + i * words, words, p.q[i], p.out[pixel] + i / 2 * 4 + i % 2 * second_out);
}

}  // namespace

void pairs_of_four_pixels(const Pairs& p) { make_pairs(p, 4, 2); }
void pairs_of_one_pixel(const Pairs& p) { make_pairs(p, 1, p.second_out); }

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

namespace {

// The last `count` pairs of n outputs, which begin at output `first`.
Pairs last_pairs(const Pairs& p, int32_t pixels, int32_t n, int32_t count, int32_t first) {
  Pairs last = p;
  const int32_t before = ((n + 1) >> 1) - count;
  last.w += before * (static_cast<int32_t>(p.x_end - p.x) / pixels);
  last.q += before;
  last.pairs = count;
  for (int32_t i = 0; i < pixels; ++i) last.out[i] += first;
  return last;
}

}  // namespace

void make_four_pixels_s8(Pairs& p, int32_t n, int32_t lo, int32_t hi) {
  p.pairs = n >> 1;
  pairs_of_four_pixels(p);
  if (n & 1) pairs_of_four_pixels(last_pairs(p, 4, n, 1, n - 2));
  if (lo > -128 || hi < 127)
    for (int8_t* out : p.out) clamp_bytes(out, n, lo, hi);
}

void make_one_pixel_s8(Pairs& p, int32_t n, int32_t lo, int32_t hi) {
  p.pairs = n >> 2 << 1, p.second_out = 2;
  pairs_of_one_pixel(p);
  if (n & 3) {
    Pairs last = last_pairs(p, 1, n, 2, n & 1 ? n - 3 : n - 4);
    last.second_out = n & 1 ? 1 : 2;
    pairs_of_one_pixel(last);
  }
  if (lo > -128 || hi < 127) clamp_bytes(p.out[0], n, lo, hi);
}

}  // namespace mote
