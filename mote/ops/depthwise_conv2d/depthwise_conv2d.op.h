// What passes may rewrite in a depthwise convolution.
#pragma once
#include "mote/compiler/ir/window.h"

namespace mote {

struct DepthwiseConv2DAttrs {
  Window2D window;  // kh and kw are those of the weights
  Clamp clamp;
};

}  // namespace mote
