// What samples of ops are made of: random shapes, quantisation and constants.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/graph.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

// Up to five dimensions, from none on.
Shape sample_shape(Rng& rng);

// An int8 tensor with a scale from 2^-7 to 2^1 and any zero point.
Tensor sample_int8(Rng& rng, Shape shape);
// A constant of random values.
Tensor sample_constant_int8(Rng& rng, Shape shape);
Tensor constant_int32(Shape shape, const std::vector<int32_t>& values);

// Weights from -127 to 127 with one scale per index of `axis` (kNone: one in all), chosen so that accumulators of
// `taps` products fill most of the output's range.
Tensor sample_weights(Rng& rng, Shape shape, int32_t axis, const Tensor& in, const Tensor& out, int64_t taps);

// int32 values of the size that sample_weights' accumulators have, now and then extreme.
Tensor sample_bias(Rng& rng, int32_t channels);

// A graph of one op: the given inputs (constants among them are not graph inputs), its attributes, and the output with
// the shape that OpDef::infer gives.
Graph sample_graph(const OpDef& def, std::string type, Attrs attrs, std::vector<Tensor> in, Tensor out);

}  // namespace mote
