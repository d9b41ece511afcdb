#include "mote/ops/fir/fir.kernel.h"

#include "mote/device/fixed.h"

namespace mote {
namespace {

// Of the rows that are there: the first and the one behind the last.
struct Present {
  int32_t begin, end;
};

Present find_rows(const Fir& p, const KernelArgs& args) {
  Present rows{p.before, p.before + 1};
  while (rows.begin > 0 && args.in[rows.begin - 1]) --rows.begin;
  while (rows.end < p.rows && args.in[rows.end]) ++rows.end;
  return rows;
}

// A sum of `count` products more; samples lie `step` values apart, 0 for one that is repeated.
MOTE_INLINE int64_t add_products(int64_t acc, const int16_t* x, int32_t step, const int32_t* taps, int32_t count) {
  for (; count > 0; --count, x += step) acc += static_cast<int64_t>(*taps++) * *x;
  return acc;
}

// The sum whose first tap belongs to sample `first` of the window's rows, of one axis.
int32_t sum_taps(const Fir& p, const KernelArgs& args, Present rows, int32_t first, int32_t axis) {
  const int32_t* taps = data_of<int32_t>(args, 0);
  int32_t left = p.taps;
  int64_t acc = 1 << 29;
  int32_t row = rows.begin, begin = rows.begin * p.row;
  if (first < begin) {
    const int32_t outside = begin - first < left ? begin - first : left;
    acc = add_products(acc, in_row<int16_t>(args, row) + axis, 0, taps, outside);
    taps += outside, left -= outside, first += outside;
  }
  for (; row < rows.end && left > 0; ++row, begin += p.row) {
    const int32_t at = first - begin;
    if (at >= p.row) continue;
    const int32_t count = p.row - at < left ? p.row - at : left;
    acc = add_products(acc, in_row<int16_t>(args, row) + at * p.axes + axis, p.axes, taps, count);
    taps += count, left -= count, first += count;
  }
  const int16_t* last = in_row<int16_t>(args, rows.end - 1) + (p.row - 1) * p.axes + axis;
  return static_cast<int32_t>(add_products(acc, last, 0, taps, left) >> 30);
}

}  // namespace

void fir_s16(const KernelArgs& args) {
  const Fir& p = params_of<Fir>(args);
  const Present rows = find_rows(p, args);
  int16_t* out = out_row<int16_t>(args, 0);
  int32_t first = p.before * p.row - p.taps / 2;
  for (int32_t m = 0; m < p.row; m += p.factor, first += p.factor)
    for (int32_t axis = 0; axis < p.axes; ++axis)
      *out++ = static_cast<int16_t>(clamp(sum_taps(p, args, rows, first, axis), -32768, 32767));
}

}  // namespace mote
