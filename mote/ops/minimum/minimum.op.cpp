// MINIMUM: two int8 operands, repeated where their size is 1.
#include <algorithm>

#include "mote/compiler/ir/broadcast.h"
#include "mote/ops/minimum/minimum.kernel.h"

namespace mote {

extern const OpDef minimum_op;

namespace {

constexpr KernelDef kKernel{"minimum_s8", "mote/ops/minimum/minimum.kernel.h", "Minimum", MOTE_BROADCAST_FIELDS,
                            minimum_s8};

void define(const Operands& o) {
  const auto y = o.output<int8_t>(0);
  for (size_t i = 0; i < y.size(); ++i) y[i] = std::min(define_operand(o, 0, i), define_operand(o, 1, i));
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_broadcast(op, g, kKernel, {});
}

int32_t choose(int32_t a, int32_t b) { return std::min(a, b); }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return map_corners(in[0], in[1], channel_count(g.out(op)), {-128, 127}, choose);
}

// One is never beyond the other.
bool is_identity(const Op&, const Graph&, const OperandRanges& in) { return hull(in[0]).hi <= hull(in[1]).lo; }

std::optional<Clamp> as_clamp(const Op& op, const Graph& g) {
  const auto c = constant_choice(op, g);
  return c ? std::optional(Clamp{-128, *c}) : std::nullopt;
}

Graph sample(Rng& rng) { return sample_choice(minimum_op, "MINIMUM", rng); }

}  // namespace

extern const OpDef minimum_op{.name = "minimum",
                              .readers = {{"MINIMUM", read_choice}},
                              .infer = infer_choice,
                              .define = define,
                              .lower = lower,
                              .as_clamp = as_clamp,
                              .ranges = ranges,
                              .is_identity = is_identity,
                              .need = need_same_channels,
                              .is_broadcast = true,
                              .sample = sample};

}  // namespace mote
