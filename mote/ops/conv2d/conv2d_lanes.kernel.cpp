// Convolutions with two outputs in the lanes of a word: a window is gathered as words, once for all outputs.
#include "mote/device/dot4.h"
#include "mote/device/lanes.h"
#include "mote/device/taps.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// The values of a window, zero points for taps outside the image: in `start` each tap counts with its zero point.
MOTE_INLINE void gather_window(const Conv2D& p, const uint8_t* const* rows, int32_t left, int32_t* to) {
  const int32_t n = p.kw * p.in_c;
  const bool inside = left >= 0 && left + p.kw <= p.in_w;
  for (int32_t y = 0; y < p.kh; ++y) {
    const auto* row = static_cast<const int8_t*>(static_cast<const void*>(rows[y]));
    if (row && inside) {
      to = widen_to_words(row + left * p.in_c, n, to);
    } else if (!row) {
      to = fill_words(p.in_zero, n, to);
    } else {
      const Taps taps = taps_inside(left, p.kw, 1, p.in_w);
      to = fill_words(p.in_zero, taps.begin * p.in_c, to);
      to = widen_to_words(row + (left + taps.begin) * p.in_c, (taps.end - taps.begin) * p.in_c, to);
      to = fill_words(p.in_zero, (p.kw - taps.end) * p.in_c, to);
    }
  }
}

}  // namespace

void conv2d_lanes_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  const Finish finish{p.out_zero, p.lo, p.hi, p.narrow, 1};
  int32_t* const x = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  const int32_t values = p.kh * p.kw * p.in_c, words = values + (values & 1);
  x[words - 1] = 0;  // in case their number is odd
  int32_t* const sums = x + words;
  Lanes lanes{x, sums, data_of<uint32_t>(args, 0), data_of<int32_t>(args, 1), sums, 0};
  for (int32_t r = 0; r < args.rows; ++r) {
    int8_t* out = out_row<int8_t>(args, r);
    int32_t left = -p.pad_left;
    for (int32_t i = 0; i < p.out_w; ++i, left += p.stride_x, out += p.out_c) {
      gather_window(p, args.in + r * p.stride_y, left, x);
      sum_lanes(lanes, p.out_c);
      finish_s8(finish, sums, p.out_c, data_of<Requant>(args, 2), out);
    }
  }
}

}  // namespace mote
