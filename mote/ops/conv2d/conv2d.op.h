// What passes may rewrite in a convolution.
#pragma once
#include "mote/compiler/ir/window.h"

namespace mote {

struct Conv2DAttrs {
  Window2D window;  // kh and kw are those of the weights
  Clamp clamp;
};

}  // namespace mote
