// Features in other units, and quantised: each column has its offset and factor.
//
//   out[c] = clamp(zero + requantize(in[c] + offset[c], requant[c]), lo, hi)
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Rescale {
  int32_t n;        // values in a row
  int32_t columns;  // of the tables; n is a multiple of it
  int32_t zero, lo, hi;
  int32_t narrow;  // 1: requantize_narrow is exact
};
static_assert(sizeof(Rescale) == 6 * 4);

// int16 in. Tables: Requant requant[columns], int32_t offset[columns].
void rescale_s16_to_s8(const KernelArgs& args);
void rescale_s16(const KernelArgs& args);

// int32 in, offsets 0 and factors of at most a quarter; the rest as above.
void rescale_s32_to_s8(const KernelArgs& args);

}  // namespace mote
