#include "mote/device/vectors.h"

#include "mote/device/arch/this_arch.h"

namespace mote {

#ifndef MOTE_MVE  // arch/mve.cpp has its own
namespace {

int8_t finish(int32_t acc, Requant q, int32_t zero) { return clamp_s8(requantize(acc, q) + zero, -128, 127); }

int32_t dot(int32_t sum, const Vectors& v, const int8_t* x, int32_t step, int32_t o) {
  const int8_t* w = v.w + o * v.w_stride;
  for (int32_t i = 0; i < v.sixteens; ++i, x += step, w += kVectorBytes)
    for (int32_t j = 0; j < kVectorBytes; ++j) sum = wrapping_add(sum, x[j] * w[j]);
  return sum;
}

}  // namespace

void vectors_of_four_pixels(const Vectors& v) {
  for (int32_t o = 0; o < 2 * v.blocks; ++o)
    for (int32_t p = 0; p < 4; ++p)
      v.out[v.offset[p] + o] = finish(dot(v.bias[o], v, v.x + p * kVectorBytes, 4 * kVectorBytes, o), v.q[o], v.zero);
}

void vectors_of_one_pixel(const Vectors& v) {
  for (int32_t o = 0; o < 4 * v.blocks; ++o)
    v.out[o] = finish(dot(v.bias[o], v, v.x, kVectorBytes, o), v.q[v.q_bytes ? o : 0], v.zero);
}

void make_columns_s8(const Columns& c) {
  const int32_t taps = c.groups * kVectorBytes;
  for (int32_t channel = 0; channel < c.channels; ++channel)
    for (int32_t pixel = 0; pixel < 4 * c.blocks; ++pixel) {
      const int8_t* x = c.x + c.windows[pixel] + 4 * channel;
      int32_t sum = c.bias[channel];
      for (int32_t tap = 0; tap < taps; ++tap)
        sum = wrapping_add(sum, x[c.words[tap / 4] + tap % 4] * c.w[channel * taps + tap]);
      c.out[c.offsets[pixel] + channel] = finish(sum, c.q[channel], c.zero);
    }
}
#endif

void finish_vectors_s8(Vectors v, int32_t pixels, int32_t n, int32_t lo, int32_t hi) {
  const int32_t block = pixels == 4 ? 2 : 4, first = n - block;
  if (n % block != 0) {
    Vectors last = v;
    last.w += first * v.w_stride, last.bias += first, last.out += first, last.blocks = 1;
    if (v.q_bytes) last.q += first;
    pixels == 4 ? vectors_of_four_pixels(last) : vectors_of_one_pixel(last);
  }
  if (lo > -128 || hi < 127)
    for (int32_t i = 0; i < pixels; ++i) clamp_bytes(v.out + (pixels == 4 ? v.offset[i] : 0), n, lo, hi);
}

}  // namespace mote
