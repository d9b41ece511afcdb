// The samples of a window, each axis by itself, less a centre and times a factor that are found in it.
//
//   out[i] = clamp(floor((2^14 x[i] - centre) factor + 1/2), -32768, 32767)
//
//   by        centre          factor
//   mean      2^14 mean       1 / 2^15
//   deviation 2^14 mean       4096 n / sqrt(n sum x^2 - (sum x)^2) / 2^14
//   range     2^14 least      32767 / (greatest - least) / 2^14
//
// The mean is rounded to 14 fractional bits, the factor has 32 significant ones (device/real.h); a factor that would
// divide by 0 is 0.
#pragma once
#include "mote/device/real.h"
#include "mote/device/rows.h"

namespace mote {

enum NormalizeBy : int32_t { kByMean, kByDeviation, kByRange };

struct Normalize {
  int32_t n;  // samples of an axis, at most 32768
  int32_t axes;
  int32_t row;  // samples of an axis in a row
  int32_t by;
};
static_assert(sizeof(Normalize) == 4 * 4);

// What is carried for each axis, from the first row on. The factor is m * 2^-shift.
struct NormalizeAxis {
  int32_t centre;
  uint32_t m;
  int32_t shift;  // from 16 to 62
};
static_assert(sizeof(NormalizeAxis) == 3 * 4);

// int16 in (whole) and out. Carry: NormalizeAxis[axes].
void normalize_s16(const KernelArgs& args);

}  // namespace mote
