// Tensors from NumPy's .npy files.
#pragma once
#include "mote/compiler/ir/graph.h"
#include "mote/data/npy.h"

namespace mote {

struct NpyArray {
  DType type = DType::int8;
  Shape shape;
  Bytes data;  // C order
};

Expected<NpyArray> parse_npy(std::span<const uint8_t> bytes);

}  // namespace mote
