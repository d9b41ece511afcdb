// The length of the vector that the axes of a sample are: the same however a sensor is turned.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct MagnitudeAttrs {
  int32_t axes = 3;  // 1 to 3
};

// int16 [1, rows, n axes] to [1, rows, n], with twice the scale, so that every length fits.
Op make_magnitude(MagnitudeAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
