// What of a motion is along gravity and what across it: the same however a sensor is turned.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// Operands: samples a and the direction of gravity g, both int16 [1, rows, 3 n] with the same scale. Output: int16
// [1, rows, 2 n] with twice the scale, for each sample a g / |g| (0 where g is 0) and the length of what is across g.
Op make_tilt(TensorId samples, TensorId gravity, TensorId out);

}  // namespace mote
