// NumPy's .npy files (format 1.0 to 3.0): https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once
#include <string>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct NpyArray {
  DType type = DType::int8;
  Shape shape;
  Bytes data;  // C order
};

bool is_npy(std::span<const uint8_t> bytes);
Expected<NpyArray> parse_npy(std::span<const uint8_t> bytes);

}  // namespace mote
