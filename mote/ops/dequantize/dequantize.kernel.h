// Dequantize, int8, uint8 or int16 to float32.
//
//   out[i] = scale * (in[i] - zero)
//
// A uint8 is taken as an int8 with its top bit flipped: 128 less, as its zero point is then. The difference has at most
// 17 bits, so the product is rounded once.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Dequantize {
  int32_t n;           // values in a row
  int32_t flip;        // 0, or 128 for uint8
  int32_t zero;        // less `flip`
  int32_t scale_bits;  // of the float
};
static_assert(sizeof(Dequantize) == 4 * 4);

void dequantize_f32(const KernelArgs& args);

struct DequantizeColumns {
  int32_t n;        // values in a row
  int32_t columns;  // scales and zero points; value i has those of i modulo columns
};
static_assert(sizeof(DequantizeColumns) == 2 * 4);

// Of int16. Tables: uint32_t scale_bits[columns], int32_t zero[columns].
void dequantize_s16_f32(const KernelArgs& args);

}  // namespace mote
