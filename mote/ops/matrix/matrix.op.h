// Matrix: vectors along the last dimension times a constant matrix.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

// Operands: int16 [.., n] with one scale and zero point 0; weights, constant int16 [m, n] with one scale; a bias (or
// kNone), constant int32 [m], in units of the product of the two scales. Output: int16 [.., m] with one scale.
Op make_matrix(TensorId in, TensorId weights, TensorId bias, TensorId out);

// A constant for it: m rows of n real numbers, in the finest scale that keeps all sums of products within 32 bits for
// any input.
Tensor matrix_weights(const std::vector<std::vector<double>>& rows);

}  // namespace mote
