// A function of one byte, as a table.
//
//   out[i] = table[in[i] as an unsigned byte]
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Lut {
  int32_t n;  // values in a row
};
static_assert(sizeof(Lut) == 4);

// Table: int8_t table[256].
void lut_s8(const KernelArgs& args);

}  // namespace mote
