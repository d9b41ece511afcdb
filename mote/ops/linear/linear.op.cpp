// A linear map with weights of 32 bits: see linear.op.h for the operands.
#include "mote/ops/linear/linear.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/vector_op.h"
#include "mote/ops/linear/linear.kernel.h"

namespace mote {

extern const OpDef linear_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/linear/linear.kernel.h";
constexpr std::string_view kFields = "n vectors outputs output_bytes shift out_zero lo hi";
constexpr KernelDef kNarrow{"linear_s8", kHeader, "Linear", kFields, linear_s8};
constexpr KernelDef kWide{"linear_s16", kHeader, "Linear", kFields, linear_s16};

constexpr int32_t kMaxFeatures = 65535;

Status check_operands(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(require_vectors(g.in(op, 0), kMaxFeatures));
  MOTE_TRY_STATUS(require_constant(g.in(op, 1), DType::int32, 2, "the weights operand"));
  MOTE_TRY_STATUS(require_constant(g.in(op, 2), DType::int32, 1, "the bias"));
  const Shape &x = g.in(op, 0)->shape, &weights = g.in(op, 1)->shape, &bias = g.in(op, 2)->shape;
  if (weights[1] != x.back() || bias[0] != weights[0])
    return malformed(fmt::format("weights of {} and biases of {} do not go with an input of {}", print(weights),
                                 print(bias), print(x)));
  const int32_t shift = op.attrs.as<LinearAttrs>().shift;
  if (shift < 8 || shift > 40) return malformed(fmt::format("its shift is {}; 8 to 40 are allowed", shift));
  return {};
}

// No sum leaves 62 bits.
Status check_sums(const Op& op, const Graph& g) {
  const auto w = g.in(op, 1)->data.as<int32_t>(), bias = g.in(op, 2)->data.as<int32_t>();
  const size_t n = w.size() / bias.size();
  const double reach = g.in(op, 0)->type == DType::int8 ? 128 : 32768;
  for (size_t j = 0; j < bias.size(); ++j) {
    double sum = std::ldexp(std::abs(static_cast<double>(bias[j])), op.attrs.as<LinearAttrs>().shift - 8);
    for (size_t i = 0; i < n; ++i) sum += std::abs(static_cast<double>(w[j * n + i])) * reach;
    if (!(sum < 4.6e18)) return unsupported(fmt::format("the sum of its output {} may leave 62 bits", j));
  }
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(check_operands(op, g));
  MOTE_TRY_STATUS(check_sums(op, g));
  MOTE_TRY_STATUS(require_scores(g.out(op)));
  return std::vector<OutputType>{{g.out(op).type, with_last(*g.in(op, 0), g.in(op, 1)->shape[0])}};
}

void define(const Operands& o) {
  const auto w = o.input<int32_t>(1), bias = o.input<int32_t>(2);
  const size_t outputs = bias.size(), n = w.size() / outputs;
  const Wide unit = Wide{1} << o.op.attrs.as<LinearAttrs>().shift;
  for (size_t v = 0; v < static_cast<size_t>(element_count(o.graph.in(o.op, 0)->shape)) / n; ++v)
    for (size_t j = 0; j < outputs; ++j) {
      Wide sum = bias[j] * unit / 256;
      for (size_t i = 0; i < n; ++i) sum += Wide{w[j * n + i]} * define_value(o, v * n + i);
      define_output(o, v * outputs + j, define_floor_div(2 * sum + unit, 2 * unit) + zero_of(o.graph.out(o.op)));
    }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &x = *g.in(op, 0), &out = g.out(op);
  const Clamp range = range_of(out);
  KernelCall call = call_on_vectors(op, g, x.type == DType::int8 ? kNarrow : kWide,
                                    {g.in(op, 1)->shape[0], static_cast<int32_t>(bytes_of(out.type)),
                                     op.attrs.as<LinearAttrs>().shift, zero_of(out), range.lo, range.hi});
  call.tables = {make_table("weights", "int32_t", g.in(op, 1)->data, Table::weights),
                 make_table("bias", "int32_t", g.in(op, 2)->data, Table::weights)};
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) { return element_count(g.in(op, 0)->shape) * g.in(op, 1)->shape[0]; }

Graph sample(Rng& rng) {
  const int32_t n = rng.pick(1, 30), outputs = rng.pick(1, 8), shift = rng.pick(8, 40);
  Tensor x = sample_vectors(rng, n), out = sample_int8(rng, {});
  out.type = sample_score_type(rng);
  // So that a sum is about the output's range, now and then far beyond it.
  const double reach = x.type == DType::int8 ? 128 : 32768;
  const double most = std::ldexp(out.type == DType::int8 ? 128 : 32768, shift) / reach / std::sqrt(n);
  const auto largest = static_cast<int32_t>(std::clamp(rng.chance(0.1) ? most * 1000 : most, 1.0, 1e9));
  std::vector<int32_t> w, bias;
  for (int32_t i = 0; i < outputs * n; ++i) w.push_back(rng.pick(-largest, largest));
  for (int32_t j = 0; j < outputs; ++j) bias.push_back(rng.pick(-30000, 30000));
  return sample_graph(linear_op, "LINEAR", LinearAttrs{shift},
                      {std::move(x), constant_int32({outputs, n}, w), constant_int32({outputs}, bias)}, std::move(out));
}

}  // namespace

extern const OpDef linear_op{
    .name = "linear", .readers = {}, .infer = infer, .define = define, .lower = lower, .macs = macs, .sample = sample};

}  // namespace mote
