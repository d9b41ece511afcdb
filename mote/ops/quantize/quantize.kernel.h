// Quantize, float32 to int8 or uint8.
//
//   out[i] = clamp(round(in[i] / scale) + zero, lo, hi)
//
// round: to nearest, halves away from zero. Infinities saturate; what is not a number becomes the zero point.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Quantize {
  int32_t n;           // values in a row
  int32_t scale_bits;  // of the float
  int32_t zero, lo, hi;
};
static_assert(sizeof(Quantize) == 5 * 4);

void quantize_f32(const KernelArgs& args);

}  // namespace mote
