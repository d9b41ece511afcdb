// A part of a picture in another size, somewhere in another picture, which is 0 around it.
//
//   nearest    out[x][c] = in[column[x]][c]
//   bilinear   out[x][c] = floor(((2048 - v) (2048 - h) a + (2048 - v) h b + v (2048 - h) d + v h e + 2^21) / 2^22)
//
// a, b are the values of pixels column[x] and column[x] + 1 in a row, d, e those in the row behind it; h is the weight
// of the right pixel, v that of the lower row. Which rows is the plan's business; a null row is outside: the row is 0.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct CropResize {
  int32_t channels;
  int32_t left, columns, right;  // pixels that are 0, that are of the picture, that are 0
};
static_assert(sizeof(CropResize) == 4 * 4);

// uint8 in and out. Table: uint16_t columns[columns], times `channels`.
void crop_resize_nearest_u8(const KernelArgs& args);

// uint8 in and out. Second input: the row's weight, v (int16). Tables: uint16_t columns[columns], times `channels`;
// uint16_t weights[columns], h.
void crop_resize_bilinear_u8(const KernelArgs& args);

}  // namespace mote
