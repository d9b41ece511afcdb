// LOGISTIC, int8 to int8 in steps of 1/256: a table.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define_exp.h"
#include "mote/compiler/ir/exp.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/table_op.h"

namespace mote {

extern const OpDef logistic_op;

namespace {

Status read(const TfliteOp&, const Graph&, Op&) { return {}; }

// Turns a quantised value into Q4.27.
double factor(const Tensor& in) { return double{in.quant.scale[0]} * 134217728.0; }

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  const Tensor& out = g.out(op);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&out, "the output"));
  // Some models round the scale to 1/255; the result is in steps of 1/256 all the same.
  if (!(out.quant.scale[0] > 1.0f / 257 && out.quant.scale[0] < 1.0f / 254) || out.quant.zero_at(0) != -128)
    return unsupported(fmt::format("its output has the scale {} and the zero point {}; 1/256 and -128 are supported",
                                   out.quant.scale[0], out.quant.zero_at(0)));
  return std::vector<OutputType>{{DType::int8, in->shape}};
}

// Values of 15 and more, in units of Q4.27, saturate: with a large scale this is so even for 0.
void define(const Operands& o) {
  const Tensor& in = *o.graph.in(o.op, 0);
  const DefinedFactor f = define_factor(factor(in));
  const double radius = std::floor(15.0 * 134217728.0 / std::ldexp(1.0, f.s));
  define_each(o, [&](int32_t q) -> int32_t {
    const int32_t v = q - in.quant.zero_at(0);
    if (v <= -radius) return -128;
    if (v >= radius) return 127;
    const Wide x = define_requantize(v, f), of_size = define_reciprocal(define_exp(x < 0 ? x : -x, 4));
    const Wide y = x == 0 ? Wide{1} << 30 : x > 0 ? of_size : kDefinedOne - of_size;
    return define_clamp(static_cast<int64_t>(define_scale_down(y, 23)) - 128, -128, 127);
  });
}

// The function of one quantised value.
auto logistic(const Op& op, const Graph& g) {
  const Tensor& in = *g.in(op, 0);
  const Requant q = quantize_multiplier(factor(in));
  const int64_t radius = q.shift < 0 ? INT32_MAX : q.shift > 31 ? 0 : (int64_t{15} << 27) >> q.shift;
  return [q, radius, zero = in.quant.zero_at(0)](int32_t x) -> int32_t {
    const int32_t v = x - zero;
    if (v <= -radius) return -128;
    if (v >= radius) return 127;
    return std::min(divide_by_power_of_two(logistic_q31(requantize(v, q)), 23) - 128, 127);
  };
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_as_table(op, g, logistic(op, g));
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) { return map_ranges(in[0], logistic(op, g)); }

Graph sample(Rng& rng) {
  Tensor in = sample_int8(rng, sample_shape(rng)), out;
  if (rng.chance(0.1)) in.quant.scale[0] *= rng.chance(0.5) ? 1000.0f : 1e-9f;
  out.quant = {{1.0f / 256}, {-128}, 0};
  return sample_graph(logistic_op, "LOGISTIC", {}, {std::move(in)}, std::move(out));
}

}  // namespace

extern const OpDef logistic_op{.name = "logistic",
                               .readers = {{"LOGISTIC", read}},
                               .infer = infer,
                               .define = define,
                               .lower = lower,
                               .is_pointwise = true,
                               .ranges = ranges,
                               .need = need_same_channels,
                               .sample = sample};

}  // namespace mote
