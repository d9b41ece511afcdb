#include "mote/ops/conv2d/conv2d.kernel.h"

#include "mote/device/dot4.h"
#include "mote/device/taps.h"

namespace mote {
namespace {

// With groups or dilation the taps of one output pixel are no neighbours: one by one, `first` being the first of
// `rows` times `columns` inside the image.
__attribute__((noinline)) void make_apart(const Conv2D& p, const Finish& finish, const Dot4& first, int32_t rows,
                                          int32_t columns, const Requant* q, int8_t* out) {
  const int32_t per_group = p.out_c / p.groups, row_gap = p.kw * first.n - columns * first.n;
  for (int32_t g = 0; g < p.groups; ++g) {
    const int32_t from = g * per_group;
    make_slowly_s8(finish, per_group, first.start + from, q + from, out + from,
                   [&](int32_t* sums, int32_t o, bool one) {
                     Dot4 tap = first;
                     for (int32_t y = 0; y < rows; ++y, tap.row += p.dilation_y, tap.w += row_gap) {
                       tap.row_end = tap.row + 1;
                       tap.x = first.x + g * first.n;
                       for (int32_t x = 0; x < columns; ++x, tap.x += p.dilation_x * p.in_c, tap.w += first.n)
                         add_four_s8(tap, from + o, sums, one);
                     }
                   });
  }
}

// Calls make(taps, rows, columns) for each output pixel: the taps inside the image up to `start`, and how many there
// are.
template <class Make>
MOTE_INLINE void each_pixel(const Conv2D& p, const KernelArgs& args, int32_t depth, int32_t dilation_y,
                            int32_t dilation_x, Make make) {
  for (int32_t r = 0; r < args.rows; ++r) {
    const uint8_t* const* rows = args.in + r * p.stride_y;
    const Taps y = taps_present(rows, p.kh, dilation_y);
    int8_t* out = out_row<int8_t>(args, r);
    int32_t left = -p.pad_left;
    for (int32_t i = 0; i < p.out_w; ++i, left += p.stride_x, out += p.out_c) {
      const Taps x = taps_inside(left, p.kw, dilation_x, p.in_w);
      const int32_t columns = x.end - x.begin;
      Dot4 d;
      d.row = rows + y.begin * dilation_y;
      d.row_end = rows + y.end;
      d.x = (left + x.begin * dilation_x) * p.in_c;
      d.n = columns * depth;
      d.w_gap = (p.kw - columns) * depth;
      d.w_stride = p.kh * p.kw * depth;
      d.offset = -p.in_zero;
      d.w = data_of<int8_t>(args, 0) + (y.begin * p.kw + x.begin) * depth;
      d.start = data_of<int32_t>(args, 1);
      make(d, y.end - y.begin, columns, out);
    }
  }
}

MOTE_INLINE Finish finish_of(const Conv2D& p) { return {p.out_zero, p.lo, p.hi, p.narrow, 1}; }

}  // namespace

void conv2d_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  const Finish finish = finish_of(p);
  each_pixel(p, args, p.in_c, 1, 1, [&](Dot4& d, int32_t, int32_t, int8_t* out) {
    make_outputs_s8(d, finish, p.out_c, data_of<Requant>(args, 2), out);
  });
}

void conv2d_apart_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  const Finish finish = finish_of(p);
  const int32_t depth = p.in_c / p.groups;
  each_pixel(p, args, depth, p.dilation_y, p.dilation_x, [&](Dot4& d, int32_t rows, int32_t columns, int8_t* out) {
    d.n = depth;
    make_apart(p, finish, d, rows, columns, data_of<Requant>(args, 2), out);
  });
}

}  // namespace mote
