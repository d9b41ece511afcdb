// The same integers for other values, any type.
//
//   out = in
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Reinterpret {
  int32_t bytes;  // of a row
};
static_assert(sizeof(Reinterpret) == 1 * 4);

// Rows that stay where they are cost nothing.
void reinterpret_rows(const KernelArgs& args);

}  // namespace mote
