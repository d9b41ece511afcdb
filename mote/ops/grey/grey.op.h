// The brightness of a picture's pixels, 0.299 red + 0.587 green + 0.114 blue.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// uint8 [1, height, width, 3] to [1, height, width, 1], with the same scale.
Op make_grey(TensorId picture, TensorId out);

}  // namespace mote
