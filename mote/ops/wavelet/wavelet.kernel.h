// One step of a discrete wavelet transform: a filter of which every second result is kept.
//
//   y[k] = clamp(floor((sum_j taps[j] x[2 k + 1 - j] + 2^29) / 2^30), -32768, 32767),  k < (n + taps - 1) / 2
//
// Before the first sample and behind the last one the samples are mirrored, those two repeated.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Wavelet {
  int32_t n;  // samples of an axis
  int32_t axes;
  int32_t taps;
};
static_assert(sizeof(Wavelet) == 3 * 4);

// int16 in (whole) and out; part p makes axis p. Table: int32_t taps[], 30 fractional bits, whose sizes add up to less
// than 2^31.
void wavelet_s16(const KernelArgs& args);

}  // namespace mote
