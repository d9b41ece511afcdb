// Depthwise windows as addresses: all pixels have the same taps, those outside the image lying in a pixel of zero
// points.
#pragma once
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"

namespace mote {

// A pixel of zero points, made when it is first needed: windows that never leave the image have no memory for it.
class Missing {
 public:
  MOTE_INLINE Missing(const DepthwiseConv2D& p, uint8_t* scratch)
      : words_(static_cast<uint32_t*>(static_cast<void*>(scratch))),
        left_((p.in_c + 3) >> 2),
        four_(static_cast<uint8_t>(p.in_zero) * 0x01010101u) {}
  MOTE_INLINE const int8_t* pixel() {
    while (left_ > 0) words_[--left_] = four_;
    return static_cast<const int8_t*>(static_cast<const void*>(words_));
  }

 private:
  uint32_t* words_;
  int32_t left_;
  uint32_t four_;
};

// The last window that does not leave the image on the right.
MOTE_INLINE int32_t last_inside(const DepthwiseConv2D& p) { return p.in_w - 1 - (p.kw - 1) * p.dilation_x; }

// Where the taps of a window are; tells whether they are all inside the image.
MOTE_INLINE bool list_taps(const DepthwiseConv2D& p, const KernelArgs& args, int32_t left, Missing& missing,
                           const int8_t** tap) {
  const auto width = static_cast<uint32_t>(p.in_w);
  const int32_t step = p.dilation_x * p.in_c;
  bool inside = left >= 0 && left <= last_inside(p);
  for (int32_t y = 0; y < p.kh; ++y) {
    const auto* row = in_row<int8_t>(args, y * p.dilation_y);
    if (!row) inside = false;
    int32_t at = left * p.in_c;
    for (int32_t i = 0, x = left; i < p.kw; ++i, x += p.dilation_x, at += step)
      *tap++ = row && static_cast<uint32_t>(x) < width ? row + at : missing.pixel();
  }
  return inside;
}

}  // namespace mote
