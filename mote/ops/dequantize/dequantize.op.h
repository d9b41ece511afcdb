// Dequantize: whole numbers as the real values that they stand for, float32.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// int8 or uint8 with one scale, or int16 with one or with one per index of the last dimension.
Op make_dequantize(TensorId in, TensorId out);

}  // namespace mote
