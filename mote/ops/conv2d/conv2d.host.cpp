#include "mote/ops/conv2d/conv2d.host.h"

#include <algorithm>

#include "mote/device/taps.h"
#include "mote/host/vector.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// Writes n zeros: what lies outside the image adds nothing.
int16_t* skip(int32_t n, int16_t* to) { return std::fill_n(to, n, int16_t{0}); }

// One row of a window, which begins at column `left`.
int16_t* widen_run(const VectorForms& forms, const Conv2D& p, const int8_t* row, int32_t left, int16_t* to) {
  if (!row) return skip(p.kw * p.in_c, to);
  const Taps taps = taps_inside(left, p.kw, p.dilation_x, p.in_w);
  to = skip(taps.begin * p.in_c, to);
  const int32_t step = p.dilation_x * p.in_c, taps_at_once = p.dilation_x == 1 ? taps.end - taps.begin : 1;
  const int8_t* x = row + left * p.in_c + taps.begin * step;
  for (int32_t tap = taps.begin; tap < taps.end; tap += taps_at_once, x += step, to += taps_at_once * p.in_c)
    forms.widen(x, taps_at_once * p.in_c, p.in_zero, to);
  return skip((p.kw - taps.end) * p.in_c, to);
}

int16_t* widen_window(const VectorForms& forms, const Conv2D& p, const KernelArgs& args, int32_t first_row,
                      int32_t left, int16_t* to) {
  for (int32_t y = 0; y < p.kh; ++y)
    to = widen_run(forms, p, in_row<int8_t>(args, first_row + y * p.dilation_y), left, to);
  return skip(p.kh * p.kw * p.in_c % 2, to);
}

}  // namespace

void conv2d_host_s8(const KernelArgs& args) {
  const VectorForms& forms = forms_in_use();
  const Conv2D& p = params_of<Conv2D>(args);
  auto* x = static_cast<int16_t*>(static_cast<void*>(args.scratch));
  WindowProducts products{x,
                          data_of<int16_t>(args, 0),
                          data_of<LaneQuant>(args, 1),
                          0,
                          value_pairs(p.kh * p.kw * p.in_c),
                          p.out_c,
                          {p.out_zero, p.lo, p.hi},
                          nullptr};
  for (int32_t row = 0; row < args.rows; ++row) {
    products.out = out_row<int8_t>(args, row);
    for (int32_t i = 0; i < p.out_w; i += products.windows, products.out += products.windows * p.out_c) {
      products.windows = std::min(kMostWindows, p.out_w - i);
      int16_t* to = x;
      for (int32_t window = i; window < i + products.windows; ++window)
        to = widen_window(forms, p, args, row * p.stride_y, window * p.stride_x - p.pad_left, to);
      forms.multiply(products);
    }
  }
}

}  // namespace mote
