// An output of one value that stands for two classes.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// The real value above which it is the second class: 0.5 of a chance, which a quantised output is that cannot be
// negative; else 0.
inline float middle_of(const Tensor& output) {
  const int32_t least = output.type == DType::int8 ? -128 : output.type == DType::int16 ? -32768 : 0;
  const bool is_chance = output.type != DType::int32 && output.quant.is_set() && output.quant.zero_at(0) <= least;
  return is_chance ? 0.5f : 0.0f;
}

}  // namespace mote
