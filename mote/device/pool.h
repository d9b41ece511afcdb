// What pools share: their parameters and the columns of a window.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Pool2D {
  int32_t in_h, in_w, channels;
  int32_t out_w;
  int32_t kh, kw;
  int32_t stride_y, stride_x;
  int32_t pad_top, pad_left;
  int32_t lo, hi;
};
static_assert(sizeof(Pool2D) == 12 * 4);

struct Interval {
  int32_t begin, end;
};

// The part of [first, first + size) inside [0, limit); not empty for windows of pools.
MOTE_INLINE Interval inside(int32_t first, int32_t size, int32_t limit) {
  return {first < 0 ? 0 : first, first + size < limit ? first + size : limit};
}

// Calls visit(at, in, taps) for each window of a row: `at` counts output values, `in` is the offset of the first tap's
// pixel in an input row, `taps` how many taps lie inside.
template <class Visit>
MOTE_INLINE void each_window(const Pool2D& p, Visit visit) {
  int32_t left = -p.pad_left;
  for (int32_t x = 0, at = 0; x < p.out_w; ++x, left += p.stride_x, at += p.channels) {
    const Interval columns = inside(left, p.kw, p.in_w);
    visit(at, columns.begin * p.channels, columns.end - columns.begin);
  }
}

}  // namespace mote
