// AveragePool2D, int8.
//
//   out[y][x][c] = clamp(sum / n, lo, hi), halves away from zero: the n taps of the window that lie inside the image
#pragma once
#include "mote/device/pool.h"

namespace mote {

// From the rows of a window.
void average_pool2d_s8(const KernelArgs& args);

// From the rows of a window, one by one: int32_t carry[] of sums, one for each output value.
void average_pool2d_fold_s8(const KernelArgs& args);

// The sums of the window before, in carry[], become those of the window stride_y rows further on: that many steps are
// rows that leave it, as many more are rows that enter.
void average_pool2d_slide_s8(const KernelArgs& args);

}  // namespace mote
