// Brightness of colours (ITU-R BT.601, https://www.itu.int/rec/R-REC-BT.601).
//
//   out = floor((19595 red + 38470 green + 7471 blue + 2^15) / 2^16)
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Grey {
  int32_t pixels;  // in a row
};
static_assert(sizeof(Grey) == 1 * 4);

// uint8 in and out.
void grey_u8(const KernelArgs& args);

}  // namespace mote
