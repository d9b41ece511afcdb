// Elementwise ops of two int8 operands, either of which may be repeated along dimensions where its size is 1.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

// The members that device/broadcast.h reads; they come first in the kernel's parameter struct.
#define MOTE_BROADCAST_FIELDS "n n1 n2 a_step a_run a_block a_row b_step b_run b_block b_row"

// OpDef::infer of these ops: both operands and the output are int8 and the shapes fit.
Expected<std::vector<OutputType>> infer_broadcast(const Op& op, const Graph& g);

// The calls of a kernel whose parameters are the fields above and then `params`; its a is the op's operand `first`
// (0 or 1), its b the other.
std::vector<KernelCall> lower_broadcast(const Op& op, const Graph& g, const KernelDef& kernel,
                                        const std::vector<int32_t>& params, size_t first = 0);

// For definitions: which value of operand i (0 or 1) belongs to value `at` of the output.
int8_t define_operand(const Operands& o, size_t i, size_t at);

// Two operands whose shapes fit; the second may be a constant.
std::vector<Tensor> sample_broadcast(Rng& rng);

// Ops that give one of both values, whichever order these have: quantisation is the same on all sides.
Status read_choice(const TfliteOp& from, const Graph& g, Op& op);  // makes a constant operand the second one
Expected<std::vector<OutputType>> infer_choice(const Op& op, const Graph& g);
Graph sample_choice(const OpDef& def, const char* type, Rng& rng);
// The value of the second operand where it is one constant for all of the first.
std::optional<int32_t> constant_choice(const Op& op, const Graph& g);

}  // namespace mote
