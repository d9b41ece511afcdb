// Concatenation, for passes and sensor blocks that make one.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

// Operands of one type, equal in all dimensions but `axis`, which may be negative. They have the output's quantisation,
// or (an output with scales along `axis`) each that of its part.
Op make_concat(int32_t axis, std::vector<TensorId> in, TensorId out);

// What the output's quantisation is, then.
Quant joined_quant(const Graph& graph, int32_t axis, const std::vector<TensorId>& in);

}  // namespace mote
