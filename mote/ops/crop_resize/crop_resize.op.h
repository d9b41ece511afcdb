// A part of a picture in another size, placed in a picture that is black around it.
//
// Pixel i of n that `size` pixels from `begin` on become lies at begin + (i + 1/2) size / n - 1/2, as for
// half_pixel_centers of TFLite and for OpenCV: there the nearest pixel is taken, or a mean of the four around it. What
// would lie outside of the part is like its border.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct CropResizeAttrs {
  struct Rectangle {
    int32_t x = 0, y = 0, width = 1, height = 1;  // pixels, from the left and from the top
  };
  bool bilinear = true;           // false: the nearest pixel
  Rectangle from;                 // in the input
  Rectangle to;                   // in the output
  int32_t width = 1, height = 1;  // of the output
};

// uint8 [1, height, width, channels] to the same in another size. `weights`: crop_resize_weights, where it is bilinear;
// else none. A picture has 2 rows and columns at least.
Op make_crop_resize(CropResizeAttrs attrs, TensorId picture, TensorId weights, TensorId out);

// The weight of the lower row for each row of the output, a constant int16 [1, height, 1, 1] in parts of 2048. `rows`:
// of the input.
Tensor crop_resize_weights(const CropResizeAttrs& attrs, int32_t rows);

}  // namespace mote
