// The same integers in another unit: what they stand for is multiplied, and nothing is computed.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// Any type with one scale to the same, with another scale above 0 and the same zero point.
Op make_reinterpret(TensorId in, TensorId out);

}  // namespace mote
