// Ops that turn one byte (int8 or uint8) into another: a table of 256, made by the compiler.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

// The quantised value that a byte holds.
inline int32_t value_of_byte(DType type, uint8_t byte) {
  return type == DType::uint8 ? byte : static_cast<int8_t>(byte);
}

// Refuses what is neither int8 nor uint8, or not quantised per tensor.
Status require_byte(const Tensor* tensor, const std::string& what);

// table[byte of the input] = byte of the output.
std::vector<KernelCall> lower_table(const Op& op, const Graph& g, const std::vector<int8_t>& table);

// out = f(in), applied to quantised values.
template <class F>
std::vector<KernelCall> lower_as_table(const Op& op, const Graph& g, F f) {
  std::vector<int8_t> table;
  for (int32_t i = 0; i < 256; ++i)
    table.push_back(static_cast<int8_t>(f(value_of_byte(g.in(op, 0)->type, static_cast<uint8_t>(i)))));
  return lower_table(op, g, table);
}

// For definitions: the same, value by value.
template <class F>
void define_each(const Operands& o, F f) {
  for (size_t i = 0; i < o.out[0].size(); ++i)
    o.out[0][i] = static_cast<uint8_t>(f(value_of_byte(o.graph.in(o.op, 0)->type, o.in[0][i])));
}

// An int8 or uint8 tensor with any quantisation.
Tensor sample_byte(Rng& rng, Shape shape);

}  // namespace mote
