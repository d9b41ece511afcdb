// Pad, int8: a row of an image among rows and columns of one value.
//
//   out = value, but in[y - before_y][x - before_x]... where that is inside the image
#pragma once
#include "mote/device/rows.h"

namespace mote {

// A row is a nest of up to three dimensions, a outermost; c counts bytes that lie together. All paddings are in bytes.
struct Pad {
  int32_t a_size, a_before, a_after;
  int32_t b_size, b_before, b_after;
  int32_t c_size, c_before, c_after;
  int32_t out_bytes;  // of an output row
  int32_t value;
  int32_t given;  // 1: the second input is one byte with the value
};
static_assert(sizeof(Pad) == 12 * 4);

void pad_s8(const KernelArgs& args);

}  // namespace mote
