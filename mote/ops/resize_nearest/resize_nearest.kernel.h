// Resize to the nearest neighbour, any type.
//
//   out[y][x] = in[row[y]][column[x]]
//
// Which row is the plan's business: a step gets the one that it repeats.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct ResizeNearest {
  int32_t out_w;
  int32_t pixel_bytes;
};
static_assert(sizeof(ResizeNearest) == 2 * 4);

// Table: uint16_t columns[out_w].
void resize_nearest(const KernelArgs& args);

}  // namespace mote
