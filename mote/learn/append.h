// How trained models become ops of a graph.
#pragma once
#include "mote/compiler/ir/append.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

Tensor make_constant(std::string name, DType type, Shape shape, Blob data);

// Appends an op of that name, whose constants and output follow `input`; the output's shape is what the op infers.
Expected<TensorId> append_op(Graph& graph, const char* op, const char* type, Attrs attrs, TensorId input,
                             std::vector<Tensor> constants, Tensor output);

// Refuses inputs that are not int8 or int16 with `features` values along the last dimension, and one scale or one for
// each of them.
Status check_input(const Graph& graph, TensorId input, int32_t features);

// The type and scale of a model's output. No scale: one so that nothing the training samples make, or (trees) nothing
// at all, saturates.
struct OutputSpec {
  DType type = DType::int16;
  Quant quant = {};
};

// One scale for values up to `reach` in size; of int32, 2^20 steps.
Quant symmetric_quant(DType type, double reach);

// Probabilities of int8 scores in steps of 1/256: a softmax, or for one score the logistic function.
Expected<TensorId> append_probabilities(Graph& graph, TensorId scores);

}  // namespace mote
