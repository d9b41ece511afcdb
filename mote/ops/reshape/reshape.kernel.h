// Reshape, any element type: bytes move as they are. An output row is made of `pieces` input rows of `bytes` each, or
// is one piece of an input that is read whole.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Reshape {
  int32_t bytes;
  int32_t pieces;
  int32_t whole_step;  // `bytes` where the input is read whole, else 0
};
static_assert(sizeof(Reshape) == 3 * 4);

void reshape_rows(const KernelArgs& args);

}  // namespace mote
