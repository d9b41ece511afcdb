// Depthwise Conv2D, int8: weights [kh][kw][out_c], out_c = in_c * multiplier, one requantisation per output channel.
//
//   out[y][x][o] = clamp(out_zero + requantize(bias[o] + sum (in[o / multiplier] - in_zero) * w[o], requant[o]), lo,
//   hi)
//
// Taps outside the image add nothing.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct DepthwiseConv2D {
  int32_t in_w, in_c;
  int32_t out_w;
  int32_t multiplier;  // output channels of each input channel
  int16_t kh, kw;
  int16_t stride_y, stride_x, dilation_y, dilation_x;
  int16_t pad_left;
  int8_t in_zero, out_zero, lo, hi;
  int8_t narrow;        // as in Finish (device/dot4.h)
  int8_t byte_weights;  // depthwise_conv2d_wide_s8: 1: weights are a byte each, and widened anew for each row
};
static_assert(sizeof(DepthwiseConv2D) == 36);

// Tables: int8_t weights[], int32_t bias[out_c], Requant requant[out_c].

// A multiplier of 1 and at least four channels.
void depthwise_conv2d_s8(const KernelArgs& args);
// That, three columns, no dilation and `narrow`: faster, and more code.
void depthwise_conv2d_3_s8(const KernelArgs& args);
// A multiplier of 1; weights and bias in the form of device/vectors.h's Columns, and a fourth table: its `words`.
// Scratch: the columns, two int32_t for each pixel, and an input row.
void depthwise_conv2d_columns_s8(const KernelArgs& args);
// Anything.
void depthwise_conv2d_spread_s8(const KernelArgs& args);

// Three by three taps, a multiplier of 1, at least four channels, no dilation, stride_y up to 3, stride_x 1 or 2.
// Its one table, uint32_t weights[]: the streams of wide.kernel.h. Carry: three rows as int16, with their borders.
void depthwise_conv2d_wide_s8(const KernelArgs& args);
// A multiplier of 1, at least four channels and up to kMaxWideTaps taps. Weights lie by groups of four channels, tap by
// tap; the last group may overlap the one before. Scratch, if windows are padded: a pixel of zero points.
void depthwise_conv2d_taps_s8(const KernelArgs& args);
constexpr int32_t kMaxWideTaps = 32;

// The same for cores without vectors (device/channels.h), any requantisation; int8_t weights[] as above, and instead of
// the bias int32_t start[]: bias[o] - in_zero * sum w[o]. Scratch: int32_t sums[in_c] and a pixel.
void depthwise_conv2d_channels_s8(const KernelArgs& args);

// Scratch memory of depthwise_conv2d_columns_s8: pixels of a step in whole blocks, the columns that the windows of a
// row reach, and the bytes of a step's columns, with those that interleave4 writes behind them.
struct ColumnsRoom {
  int32_t pixels, columns, bytes;
};
MOTE_INLINE ColumnsRoom columns_room(int32_t out_w, int32_t stride, int32_t kw, int32_t dilation, int32_t quads,
                                     int32_t channels, int32_t rows) {
  const int32_t columns = (out_w - 1) * stride + (kw - 1) * dilation + 1;
  return {(rows * out_w + 3) / 4 * 4, columns, 4 * (rows * quads * columns * channels + 16)};
}

}  // namespace mote
