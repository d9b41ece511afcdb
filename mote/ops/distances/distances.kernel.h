// Squared distances to centres, each under its own scaling: k-means, prototypes, Gaussians (Mahalanobis).
//
//   y[j]   = floor((sum over i of scale[k][j][i] * (x[i] - centre[k][i]) + 2^(shift - 1)) / 2^shift)
//   out[k] = min(floor((sum over j of y[j]^2 + 2^(out_shift - 1)) / 2^out_shift) + offset[k], 2^31 - 1)
//
// The scaling is diagonal (j = i alone: a number per feature) or lower triangular (i <= j: a factor of a precision
// matrix). It may be the same for all centres. With `least`, the output is the least of them alone.
//
// The compiler proves that every y fits 32 bits and every sum of squares 62.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Distances {
  int32_t n;        // features of a vector
  int32_t vectors;  // in a row
  int32_t centres;
  int32_t triangular;   // 0: diagonal
  int32_t scales_step;  // numbers from the scaling of a centre to that of the next; 0: one for all
  int32_t least;
  int32_t shift, out_shift;
};
static_assert(sizeof(Distances) == 8 * 4);

// Tables: int16_t centres[centres][n], int32_t scales[], int32_t offsets[centres]; out: int32.
void distances_s8(const KernelArgs& args);
void distances_s16(const KernelArgs& args);

}  // namespace mote
