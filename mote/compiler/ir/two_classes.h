// An output of one value that stands for two classes.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// The real value above which it is the second class: 0.5 of a chance, which a quantised output is that cannot be
// negative; else 0. Of a float output, what a DEQUANTIZE made it of counts.
inline float middle_of(const Graph& graph) {
  const Tensor* output = &graph.at(graph.outputs[0]);
  for (const Op& op : graph.ops)
    if (op.type == "DEQUANTIZE" && op.out[0] == graph.outputs[0]) output = graph.in(op, 0);
  const int32_t least = output->type == DType::int8 ? -128 : output->type == DType::int16 ? -32768 : 0;
  const bool is_chance = output->type != DType::int32 && output->quant.is_set() && output->quant.zero_at(0) <= least;
  return is_chance ? 0.5f : 0.0f;
}

}  // namespace mote
