// Conv2D, int8: weights [out_c][kh][kw][in_c / groups], one multiplier per output channel.
//
//   out[y][x][o] = clamp(out_zero + requantize(bias[o] + sum (in - in_zero) * w[o], requant[o]), lo, hi)
//
// Taps outside the image add nothing.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct Conv2D {
  int32_t in_w, in_c;  // in_c: all channels of an input pixel
  int32_t out_w, out_c;
  int32_t groups;
  int16_t kh, kw;
  int16_t stride_y, stride_x, dilation_y, dilation_x;
  int16_t pad_left;
  int8_t in_zero, out_zero, lo, hi;
  int8_t narrow;  // as in Finish (device/dot4.h)
};
static_assert(sizeof(Conv2D) == 40);

// Tables: int8_t weights[], int32_t bias[out_c], Requant requant[out_c].

// Without groups and dilation.
void conv2d_s8(const KernelArgs& args);
// With them: tap by tap.
void conv2d_apart_s8(const KernelArgs& args);

// The same without groups and dilation, its one table, uint32_t weights[], in the form of device/pairs.h.
// Scratch: the words of four windows, or of one, and for each of them the bytes of one of its rows if it may
// leave the image.
void conv2d_pairs4_s8(const KernelArgs& args);
void conv2d_pairs1_s8(const KernelArgs& args);

// The same in the form of device/lanes.h: uint32_t weights[], int32_t start[], Requant requant[out_c]. Scratch: the
// words of a window, an even number of them, and int32_t sums[out_c].
void conv2d_lanes_s8(const KernelArgs& args);

// The same without groups and dilation, by device/vectors.h: weights and bias in its form. Windows of one row must not
// have rows outside the image. Windows of several rows, none of whole sixteens, have a fourth table, uint16_t order[]:
// where their values lie, in a strip whose rows hold the columns of all windows of a row. First come those of the first
// half of each sixteen, then those of the second halves. Scratch: four windows of whole sixteens, and a strip unless
// windows are of one row and inside the image.
void conv2d_vectors_s8(const KernelArgs& args);

// How many of n values lie in first halves of sixteens.
MOTE_INLINE int32_t values_in_first_halves(int32_t n) { return n / 16 * 8 + (n % 16 < 8 ? n % 16 : 8); }

}  // namespace mote
