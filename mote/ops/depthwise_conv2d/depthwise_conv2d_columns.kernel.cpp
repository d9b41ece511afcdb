// Depthwise convolutions by vectors: the rows of each window are interleaved in scratch memory, four and four, then
// every channel goes over all pixels.
#include "mote/device/copy16.h"
#include "mote/device/vectors.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"

namespace mote {
namespace {

// Four rows of a window, from row y on, as words of all columns that the step's windows reach.
MOTE_INLINE void interleave(const DepthwiseConv2D& p, const uint8_t* const* in, int32_t y, int32_t columns,
                            const int8_t* no_row, int8_t* to) {
  const int8_t* rows[4];
  for (int32_t i = 0; i < 4; ++i, ++y) {
    const uint8_t* row = y < p.kh ? in[y * p.dilation_y] : nullptr;
    rows[i] = row ? static_cast<const int8_t*>(static_cast<const void*>(row)) : no_row;
  }
  const int32_t word = 4 * p.in_c, before = p.pad_left < columns ? p.pad_left : columns;
  const int32_t inside = columns - before < p.in_w ? columns - before : p.in_w, after = columns - before - inside;
  fill16(p.in_zero, before * word, to);
  interleave4(rows, inside * p.in_c, to + before * word);
  fill16(p.in_zero, after * word, to + (before + inside) * word);
}

__attribute__((noinline)) void make_rows(const KernelArgs& args, int32_t begin, int32_t end) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  const int32_t word = 4 * p.in_c, step = p.stride_x * word, quads = (p.kh + 3) / 4;
  const ColumnsRoom room = columns_room(p.out_w, p.stride_x, p.kw, p.dilation_x, quads, p.in_c, args.rows);
  auto* x = static_cast<int8_t*>(static_cast<void*>(args.scratch));
  auto* windows = static_cast<int32_t*>(static_cast<void*>(x + room.bytes));
  int32_t* offsets = windows + room.pixels;
  auto* no_row = static_cast<int8_t*>(static_cast<void*>(offsets + room.pixels));
  fill16(p.in_zero, p.in_w * p.in_c, no_row);
  int32_t pixels = 0, window = 0;
  for (int32_t r = begin; r < end; ++r) {
    const auto offset = static_cast<int32_t>(out_row<int8_t>(args, r) - out_row<int8_t>(args, begin));
    count16(window, step, p.out_w, windows + pixels);
    count16(offset, p.in_c, p.out_w, offsets + pixels);
    pixels += p.out_w;
    for (int32_t q = 0; q < quads; ++q, window += room.columns * word)
      interleave(p, args.in + r * p.stride_y, 4 * q, room.columns, no_row, x + window);
  }
  for (; pixels % 4 != 0; ++pixels)  // the last pixel again
    windows[pixels] = windows[pixels - 1], offsets[pixels] = offsets[pixels - 1];
  Columns c;
  c.x = x, c.words = data_of<int32_t>(args, 3), c.groups = (quads * p.kw + 3) / 4;
  c.windows = windows, c.offsets = offsets, c.blocks = pixels / 4;
  c.w = data_of<int8_t>(args, 0), c.bias = data_of<int32_t>(args, 1), c.q = data_of<Requant>(args, 2);
  c.channels = p.in_c, c.zero = p.out_zero, c.out = out_row<int8_t>(args, begin);
  make_columns_s8(c);
  if (p.lo > -128 || p.hi < 127)
    for (int32_t r = begin; r < end; ++r) clamp_bytes(out_row<int8_t>(args, r), p.out_w * p.in_c, p.lo, p.hi);
}

}  // namespace

void depthwise_conv2d_columns_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  if (rows_are_close(args, p.out_w * p.in_c)) return make_rows(args, 0, args.rows);
  for (int32_t r = 0; r < args.rows; ++r) make_rows(args, r, r + 1);
}

}  // namespace mote
