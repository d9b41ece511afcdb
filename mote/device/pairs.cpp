#include "mote/device/pairs.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/widen.h"

namespace mote {
#ifndef MOTE_ARMV7EM  // arch/armv7em_pairs.cpp has its own
namespace {

int32_t low_half(uint32_t v) { return static_cast<int16_t>(v & 0xFFFF); }
int32_t high_half(uint32_t v) { return static_cast<int16_t>(v >> 16); }

// From twice the sum.
int8_t finish(int32_t twice, uint32_t multiplier, int32_t round, int32_t shift) {
  const auto high =
      static_cast<int32_t>((int64_t{twice} * static_cast<int32_t>(multiplier) + (int64_t{1} << 31)) >> 32);
  return static_cast<int8_t>(Scalar::halve_to_s8((high + (twice >> 31) + round * (1 << shift)) >> shift));
}

// The pair whose stream is at w, for the pixel whose words lie `stride` apart from x on.
void make_pair(const uint32_t* x, int32_t stride, const uint32_t* w, int32_t words, int8_t* out) {
  uint32_t both = w[0];
  auto sum0 = static_cast<int32_t>(w[1]);
  w += kPairStartWords;
  for (int32_t i = 0; i < words; ++i, x += stride, ++w) {
    const int32_t a = low_half(*x), b = high_half(*x);
    both += static_cast<uint32_t>(a * low_half(*w) + b * high_half(*w));
    sum0 = wrapping_add(sum0, a * static_cast<int8_t>(*w & 0xFF) + b * static_cast<int8_t>(*w >> 16 & 0xFF));
  }
  const int32_t twice1 = static_cast<int32_t>(both - static_cast<uint32_t>(sum0)) >> 7;
  const int32_t shifts = low_half(w[2]), round = high_half(w[2]);
  out[0] = finish(2 * sum0, w[0], round, shifts & 0xFF);
  out[1] = finish(twice1, w[1], round, shifts >> 8);
}

void make_pairs(const Pairs& p, int32_t pixels, int32_t second_out) {
  const auto words = static_cast<int32_t>(p.x_end - p.x) / pixels;
  for (int32_t i = 0; i < p.pairs; ++i)
    for (int32_t pixel = 0; pixel < pixels; ++pixel)
      make_pair(p.x + pixel, pixels, p.w + i * pair_stream_words(words), words,
                p.out[pixel] + i / 2 * 4 + i % 2 * second_out);
}

}  // namespace

void pairs_of_four_pixels(const Pairs& p) { make_pairs(p, 4, 2); }
void pairs_of_one_pixel(const Pairs& p) { make_pairs(p, 1, p.second_out); }

namespace {

uint32_t* widen_run(const WidenFour& w, const int8_t* const x[4], uint32_t* to) {
  const int32_t words = w.fours / 16;
  for (int i = 0; i < 4; ++i) {
    for (int32_t word = 0; word < words; word += 2) {
      const uint32_t four = ThisArch::load(x[i] + 2 * word);
      to[4 * word + i] = ThisArch::even_plus(w.offset, four);
      to[4 * word + 4 + i] = ThisArch::odd_plus(w.offset, four);
    }
    widen_last(x[i] + 2 * words, w.rest, -static_cast<int16_t>(w.offset & 0xFFFF), to + 4 * words + i, 4);
  }
  return to + 4 * (words + (w.rest + 1) / 2);
}

}  // namespace

void widen_four(const WidenFour& w) {
  uint32_t* to = w.to;
  if (w.rows == w.rows_end) widen_run(w, w.x, to);
  for (const uint8_t* const* row = w.rows; row != w.rows_end; ++row) {
    if (*row) {
      const int8_t* x = static_cast<const int8_t*>(static_cast<const void*>(*row)) + w.at;
      const int8_t* const four[4] = {x, x + w.step, x + 2 * w.step, x + 3 * w.step};
      to = widen_run(w, four, to);
    } else {
      for (uint32_t* end = to + w.fours / 4 + 4 * ((w.rest + 1) / 2); to != end; ++to) *to = 0;
    }
  }
}
#endif

namespace {

// The last `count` pairs of n outputs, which begin at output `first`.
Pairs last_pairs(const Pairs& p, int32_t pixels, int32_t n, int32_t count, int32_t first) {
  Pairs last = p;
  const int32_t before = ((n + 1) >> 1) - count;
  last.w += before * pair_stream_words(static_cast<int32_t>(p.x_end - p.x) / pixels);
  last.pairs = count;
  for (int32_t i = 0; i < pixels; ++i) last.out[i] += first;
  return last;
}

}  // namespace

void make_four_pixels_s8(Pairs& p, int32_t n, int32_t zero, int32_t lo, int32_t hi) {
  p.pairs = n >> 1, p.away = lo < zero;
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
