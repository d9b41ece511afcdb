// Rows that a sliding window takes over from the window before, brought to where the next one has them.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct MoveRows {
  int32_t bytes;  // of a row
};

// out[r] = in[r], in ascending order.
void move_rows(const KernelArgs& args);

}  // namespace mote
