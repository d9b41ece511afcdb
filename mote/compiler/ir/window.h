// The window that convolutions and pools slide over an image, and its padding.
#pragma once
#include <algorithm>
#include <cstdint>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct Window2D {
  int32_t kh = 1, kw = 1;
  int32_t stride_y = 1, stride_x = 1;
  int32_t dilation_y = 1, dilation_x = 1;
  int32_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;

  bool is_padded() const { return pad_top > 0 || pad_bottom > 0 || pad_left > 0 || pad_right > 0; }
  int32_t reach_y() const { return (kh - 1) * dilation_y + 1; }
  int32_t reach_x() const { return (kw - 1) * dilation_x + 1; }
  // Rows and columns of the output; 0 or less where the window does not fit.
  int32_t out_h(int32_t h) const { return output_size(h + pad_top + pad_bottom - reach_y(), stride_y); }
  int32_t out_w(int32_t w) const { return output_size(w + pad_left + pad_right - reach_x(), stride_x); }

 private:
  static int32_t output_size(int32_t room, int32_t stride) { return room < 0 ? 0 : room / stride + 1; }
};

// Refuses sizes, strides and dilations outside 1 to 4096.
Status check_window_sizes(const Window2D& window);

// That, paddings outside 0 to 4096, and windows larger than the padded image.
Status check_window(const Window2D& window, int32_t h, int32_t w);

// TFLite's SAME: as many outputs as steps fit the image, the padding split in two, the smaller half first.
void pad_same(Window2D& window, int32_t h, int32_t w);

// The rows that output row y reads of image `begin` .. `begin + h`.
Reads read_window_rows(TensorId tensor, const Window2D& window, int32_t begin, int32_t h);

// Which taps of a window lie inside the image, along one dimension: [begin, end).
struct TapSpan {
  int32_t begin = 0, end = 0;
  bool operator==(const TapSpan&) const = default;
};
// Those that occur as the window goes over an image of h x w, each once.
struct TapSpans {
  std::vector<TapSpan> rows, columns;
  bool operator==(const TapSpans&) const = default;
};
TapSpans find_tap_spans(const Window2D& window, int32_t h, int32_t w);
// No tap is ever outside the image.
bool stays_inside(const Window2D& window, int32_t h, int32_t w);

// What the sum over the taps inside the image lies in, wherever the window stands; `taps` [kh][kw] bounds what each
// adds.
Bounds bound_window_sums(const Window2D& window, const TapSpans& spans, std::span<const Bounds> taps);

// How many rows (of at most `rows`) a kernel that makes blocks of four pixels best makes at a time: rows narrower than
// a block, or not filling it, are better made together.
int32_t rows_that_fill(int32_t width, int32_t rows);

// A window that fits an image of h x w; strides, dilations and paddings are random.
Window2D sample_window(Rng& rng, int32_t h, int32_t w, int32_t max_size, bool dilated);

// Adds a padding of dimensions N, H, W, C to the window's own; false where N or C is padded, or it grows too large.
bool add_padding(Window2D& window, const std::vector<std::pair<int32_t, int32_t>>& padding);

}  // namespace mote
