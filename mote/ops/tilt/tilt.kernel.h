// Samples of three axes along and across a direction, in steps twice as large.
//
//   v = a g / |g|,  out[i] = v / 2, sqrt(|a|^2 - v^2) / 2, rounded to the nearest
//
// Roots and quotients are those of device/real.h; v has 14 fractional bits where it is squared.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Tilt {
  int32_t n;  // samples in a row
};
static_assert(sizeof(Tilt) == 1 * 4);

// int16 in (samples, directions) and out.
void tilt_s16(const KernelArgs& args);

}  // namespace mote
