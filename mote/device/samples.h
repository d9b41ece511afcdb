// Sums along time of the samples in a window's rows, each axis by itself. Before the first row that is there, and
// behind the last one, samples are like the nearest.
#pragma once
#include "mote/device/arch/this_arch.h"

namespace mote {

struct SampleRows {
  const KernelArgs& args;
  int32_t row;  // samples of an axis in a row
  int32_t axes;
  int32_t begin, end;  // the rows that are there
};

// Of `rows` rows, among which row `here` is there.
inline SampleRows find_samples(const KernelArgs& args, int32_t row, int32_t axes, int32_t here, int32_t rows) {
  SampleRows found{args, row, axes, here, here + 1};
  while (found.begin > 0 && args.in[found.begin - 1]) --found.begin;
  while (found.end < rows && args.in[found.end]) ++found.end;
  return found;
}

// acc and `count` products; samples lie `step` values apart, 0 for one that is repeated.
template <class Sum, class Tap>
MOTE_INLINE Sum add_products(Sum acc, const int16_t* x, int32_t step, const Tap* taps, int32_t count) {
  for (; count > 0; --count, x += step) acc += static_cast<Sum>(*taps++) * *x;
  return acc;
}

// Taps of 16 bits, and samples that lie side by side: what some cores multiply in pairs.
MOTE_INLINE int32_t add_products(int32_t acc, const int16_t* x, int32_t step, const int16_t* taps, int32_t count) {
  if (step == 1) return ThisArch::dot_s16(acc, x, taps, count);
  return add_products<int32_t, int16_t>(acc, x, step, taps, count);
}

// acc and sum_k taps[k] x[first + k], of one axis; sample 0 is the first one of row 0.
template <class Sum, class Tap>
inline Sum sum_products(const SampleRows& s, int32_t first, int32_t axis, const Tap* taps, int32_t count, Sum acc) {
  int32_t row = s.begin, begin = s.begin * s.row;
  if (first < begin) {
    const int32_t outside = begin - first < count ? begin - first : count;
    acc = add_products(acc, in_row<int16_t>(s.args, row) + axis, 0, taps, outside);
    taps += outside, count -= outside, first += outside;
  }
  for (; row < s.end && count > 0; ++row, begin += s.row) {
    const int32_t at = first - begin;
    if (at >= s.row) continue;
    const int32_t inside = s.row - at < count ? s.row - at : count;
    acc = add_products(acc, in_row<int16_t>(s.args, row) + at * s.axes + axis, s.axes, taps, inside);
    taps += inside, count -= inside, first += inside;
  }
  const int16_t* last = in_row<int16_t>(s.args, s.end - 1) + (s.row - 1) * s.axes + axis;
  return add_products(acc, last, 0, taps, count);
}

}  // namespace mote
