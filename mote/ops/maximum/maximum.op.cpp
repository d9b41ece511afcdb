// MAXIMUM: two int8 operands, repeated where their size is 1.
#include <algorithm>

#include "mote/compiler/ir/broadcast.h"
#include "mote/ops/maximum/maximum.kernel.h"

namespace mote {

extern const OpDef maximum_op;

namespace {

constexpr KernelDef kKernel{"maximum_s8", "mote/ops/maximum/maximum.kernel.h", "Maximum", MOTE_BROADCAST_FIELDS,
                            maximum_s8};

void define(const Operands& o) {
  const auto y = o.output<int8_t>(0);
  for (size_t i = 0; i < y.size(); ++i) y[i] = std::max(define_operand(o, 0, i), define_operand(o, 1, i));
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_broadcast(op, g, kKernel, {});
}

int32_t choose(int32_t a, int32_t b) { return std::max(a, b); }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return map_corners(in[0], in[1], channel_count(g.out(op)), {-128, 127}, choose);
}

// One is never beyond the other.
bool is_identity(const Op&, const Graph&, const OperandRanges& in) { return hull(in[0]).lo >= hull(in[1]).hi; }

std::optional<Clamp> as_clamp(const Op& op, const Graph& g) {
  const auto c = constant_choice(op, g);
  return c ? std::optional(Clamp{*c, 127}) : std::nullopt;
}

Graph sample(Rng& rng) { return sample_choice(maximum_op, "MAXIMUM", rng); }

}  // namespace

extern const OpDef maximum_op{.name = "maximum",
                              .readers = {{"MAXIMUM", read_choice}},
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
