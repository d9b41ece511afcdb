#include "mote/ops/average_pool2d/average_pool2d.kernel.h"

#include "mote/device/arch/this_arch.h"

namespace mote {
namespace {

// Adds the taps of one row: `taps` pixels from x on, `step` apart. At most 2^20 taps in all.
MOTE_INLINE int32_t add_taps(int32_t sum, const int8_t* x, int32_t taps, int32_t step) {
  for (; taps > 0; --taps, x += step) sum += *x;
  return sum;
}

MOTE_INLINE int8_t average(const Pool2D& p, int32_t sum, int32_t n) {
  const int32_t half = n >> 1;
  return clamp_s8((sum > 0 ? sum + half : sum - half) / n, p.lo, p.hi);
}

void add_row(const Pool2D& p, const int8_t* row, int32_t* sums) {
  each_window(p, [&](int32_t at, int32_t in, int32_t taps) {
    const int8_t* x = row + in;
    int32_t c = 0;
    for (; c + 4 <= p.channels; c += 4) ThisArch::add4_s8(sums + at + c, x + c, taps, p.channels);
    for (; c < p.channels; ++c) sums[at + c] = add_taps(sums[at + c], x + c, taps, p.channels);
  });
}

void take_row_away(const Pool2D& p, const int8_t* row, int32_t* sums) {
  each_window(p, [&](int32_t at, int32_t in, int32_t taps) {
    for (int32_t c = 0; c < p.channels; ++c) sums[at + c] -= add_taps(0, row + in + c, taps, p.channels);
  });
}

void finish(const Pool2D& p, int32_t rows, const int32_t* sums, int8_t* out) {
  each_window(p, [&](int32_t at, int32_t, int32_t taps) {
    for (int32_t i = at; i < at + p.channels; ++i) out[i] = average(p, sums[i], taps * rows);
  });
}

}  // namespace

void average_pool2d_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  for (int32_t r = 0; r < args.rows; ++r) {
    int32_t top = r * p.stride_y, bottom = top + p.kh;  // the rows inside the image are neighbours
    while (!args.in[top]) ++top;
    while (!args.in[bottom - 1]) --bottom;
    int8_t* out = out_row<int8_t>(args, r);
    each_window(p, [&](int32_t at, int32_t in, int32_t taps) {
      const int32_t n = taps * (bottom - top);
      int32_t c = 0;
      for (; c + 4 <= p.channels; c += 4) {
        int32_t sum[4] = {0, 0, 0, 0};
        for (int32_t y = top; y < bottom; ++y)
          ThisArch::add4_s8(sum, in_row<int8_t>(args, y) + in + c, taps, p.channels);
        for (int32_t j = 0; j < 4; ++j) out[at + c + j] = average(p, sum[j], n);
      }
      for (; c < p.channels; ++c) {
        int32_t sum = 0;
        for (int32_t y = top; y < bottom; ++y) sum = add_taps(sum, in_row<int8_t>(args, y) + in + c, taps, p.channels);
        out[at + c] = average(p, sum, n);
      }
    });
  }
}

void average_pool2d_fold_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(args.carry));
  if (args.part == 0)
    for (int32_t i = 0; i < p.out_w * p.channels; ++i) sums[i] = 0;
  if (args.in[0]) add_row(p, in_row<int8_t>(args, 0), sums);
  if (args.part + 1 < p.kh) return;
  const Interval rows = inside(args.step - args.part - p.pad_top, p.kh, p.in_h);
  finish(p, rows.end - rows.begin, sums, out_row<int8_t>(args, 0));
}

void average_pool2d_slide_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(args.carry));
  if (args.part < p.stride_y) return take_row_away(p, in_row<int8_t>(args, 0), sums);
  add_row(p, in_row<int8_t>(args, 0), sums);
  if (args.part + 1 == 2 * p.stride_y) finish(p, p.kh, sums, out_row<int8_t>(args, 0));
}

}  // namespace mote
