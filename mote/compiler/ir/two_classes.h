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

// Which label score 0 has: of one score for two classes the second.
inline size_t first_scored(size_t scores, size_t labels) { return scores == 1 && labels == 2 ? 1 : 0; }

// The names of the scores of the first output; numbers where a class has none.
inline std::vector<std::string> score_names(const Graph& graph) {
  const auto scores = static_cast<size_t>(element_count(graph.at(graph.outputs[0]).shape));
  const size_t first = first_scored(scores, graph.labels.size());
  std::vector<std::string> names;
  for (size_t i = 0; i < scores; ++i)
    names.push_back(first + i < graph.labels.size() ? graph.labels[first + i] : std::to_string(i));
  return names;
}

}  // namespace mote
