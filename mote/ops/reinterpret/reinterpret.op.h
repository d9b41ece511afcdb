// The same integers for other values: in another unit, or from another zero point on. Nothing is computed.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// Any type to the same, each with one scale above 0.
Op make_reinterpret(TensorId in, TensorId out);

}  // namespace mote
