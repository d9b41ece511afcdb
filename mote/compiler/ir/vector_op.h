// What the ops of classic learners share: each vector of features, int8 or int16, along the last dimension of an input
// becomes a vector along the last dimension of the output.
#pragma once
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"

namespace mote {

// Refuses inputs of another type or longer vectors.
Status require_vectors(const Tensor* x, int32_t most);
Status require_constant(const Tensor* tensor, DType type, size_t rank, const std::string& what);
// Refuses outputs that are not int8, int16 or int32.
Status require_scores(const Tensor& out);

// The shape of x with another last dimension.
Shape with_last(const Tensor& x, int32_t values);

// All values of an int8, int16 or int32 output; its zero point, which is 0 for int32.
Clamp range_of(const Tensor& out);
int32_t zero_of(const Tensor& out);

// For definitions: value i of an int8 or int16 input, and of an output of int8, int16 or int32, clamped to its range.
int32_t define_value(const Operands& o, size_t i);
void define_output(const Operands& o, size_t i, Wide value);

// A call of a kernel that deals with each row of x by itself; its parameters begin with n and how many vectors a row
// has.
KernelCall call_on_vectors(const Op& op, const Graph& g, const KernelDef& kernel, std::vector<int32_t> more_params);

// For samples: an input of vectors of n values, and an output type.
Tensor sample_vectors(Rng& rng, int32_t n);
DType sample_score_type(Rng& rng);

}  // namespace mote
