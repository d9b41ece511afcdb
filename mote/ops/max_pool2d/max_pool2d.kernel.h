// MaxPool2D, int8.
//
//   out[y][x][c] = clamp(max of the taps of the window that lie inside the image, lo, hi)
#pragma once
#include "mote/device/pool.h"

namespace mote {

// From the rows of a window.
void max_pool2d_s8(const KernelArgs& args);

// From the rows of a window, one by one: int8_t carry[] of the largest so far, one for each output value.
void max_pool2d_fold_s8(const KernelArgs& args);

}  // namespace mote
