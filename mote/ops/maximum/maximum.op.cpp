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
                              .sample = sample};

}  // namespace mote
