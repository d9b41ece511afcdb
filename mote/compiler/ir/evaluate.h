// Runs a graph by the definitions of its ops: what every kernel, plan and firmware is held against.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// The bytes of every tensor, by id; tensors that are never made are empty.
using Values = std::vector<Bytes>;

// `inputs`: the bytes of graph.inputs, in order, of the right sizes.
Values evaluate(const Graph& graph, const std::vector<Bytes>& inputs);

// How much evaluate_op has to do, in values and products: a hundred million are about a second.
int64_t work_of(const Graph& graph, const Op& op);

// The definition of one op, with operands taken from and put into `values`.
void evaluate_op(const Graph& graph, const Op& op, Values& values);

}  // namespace mote
