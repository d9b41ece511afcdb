// Lengths of vectors, in steps twice as large as those of their parts.
//
//   out[i] = sqrt(sum_a in[i][a]^2) / 2, the root with 16 significant bits (cut off), the half rounded up
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Magnitude {
  int32_t n;     // vectors in a row
  int32_t axes;  // of a vector, at most 3
};
static_assert(sizeof(Magnitude) == 2 * 4);

// int16 in and out.
void magnitude_s16(const KernelArgs& args);

}  // namespace mote
