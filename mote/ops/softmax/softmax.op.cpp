// SOFTMAX along the last dimension, int8 to int8 in steps of 1/256.
#include "mote/ops/softmax/softmax.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define_exp.h"
#include "mote/compiler/ir/exp.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/softmax/softmax.kernel.h"

namespace mote {

extern const OpDef softmax_op;

namespace {

constexpr KernelDef kKernel{"softmax_s8", "mote/ops/softmax/softmax.kernel.h", "Softmax", "depth vectors n_exps",
                            softmax_s8};

constexpr int32_t kMaxDepth = 4095;  // the sum of so many ones fits Q12.19
constexpr int32_t kIntegerBits = 5;  // scaled differences are Q5.26

Status read(const TfliteOp& from, const Graph&, Op& op) {
  const auto* options = from.op.builtin_options_as_SoftmaxOptions();
  if (!options) return missing_options();
  op.attrs = SoftmaxAttrs{options->beta()};
  return {};
}

// What turns a difference of quantised values into Q5.26; TFLite bounds it.
double factor(const Op& op, const Graph& g) {
  const double d = double{op.attrs.as<SoftmaxAttrs>().beta} * double{g.in(op, 0)->quant.scale[0]} * 67108864.0;
  return std::min(d, 2147483647.0);
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  const Tensor& out = g.out(op);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&out, "the output"));
  if (in->shape.empty() || in->shape.back() > kMaxDepth)
    return unsupported(
        fmt::format("its input is {}; vectors of 1 to {} values are supported", print(in->shape), kMaxDepth));
  if (out.quant.scale[0] != 1.0f / 256 || out.quant.zero_at(0) != -128)
    return unsupported(fmt::format("its output has the scale {} and the zero point {}; 1/256 and -128 are supported",
                                   out.quant.scale[0], out.quant.zero_at(0)));
  if (!(factor(op, g) > 1))
    return unsupported(fmt::format("its input's scale {} times beta {} is too small: 2^-26 is the least",
                                   in->quant.scale[0], op.attrs.as<SoftmaxAttrs>().beta));
  return std::vector<OutputType>{{DType::int8, in->shape}};
}

// e[d] for a difference of d from the greatest value; 0 where the rule leaves it out.
Wide define_exp_of_difference(int32_t d, DefinedFactor f) {
  const Wide least = (Wide{31} << 26) / (Wide{1} << f.s);
  if (d > least) return 0;
  return define_exp(define_product(-Wide{d} * (Wide{1} << f.s), f.m), kIntegerBits);
}

void define_vector(std::span<const int8_t> x, std::span<int8_t> y, DefinedFactor f) {
  const int32_t max = *std::max_element(x.begin(), x.end());
  Wide sum = 0;
  for (int8_t v : x) sum += define_scale_down(define_exp_of_difference(max - v, f), 12);
  int over = 0;  // sum / 2^over is from 1 to below 2, in Q0.31 with the 1 on top
  Wide mantissa = sum * (Wide{1} << 12);
  while (mantissa >= Wide{1} << 32) mantissa = sum * (Wide{1} << (12 - ++over));
  const Wide scale = define_reciprocal(mantissa - (Wide{1} << 31));
  for (size_t i = 0; i < x.size(); ++i) {
    const Wide share = define_product(scale, define_exp_of_difference(max - x[i], f));
    y[i] = define_clamp(static_cast<int64_t>(define_scale_down(share, over + 31 - 8)) - 128, -128, 127);
  }
}

void define(const Operands& o) {
  const DefinedFactor f = define_factor(factor(o.op, o.graph));
  const auto depth = static_cast<size_t>(o.graph.in(o.op, 0)->shape.back());
  const auto x = o.input<int8_t>(0);
  const auto y = o.output<int8_t>(0);
  for (size_t at = 0; at < x.size(); at += depth) define_vector(x.subspan(at, depth), y.subspan(at, depth), f);
}

// Without the entries at the end that are 0 in the sum; those are below 2^-20 and 0 in the output, too.
std::vector<int32_t> make_exps(double factor) {
  const Requant q = quantize_multiplier(factor);  // factor > 1: shift > 0
  std::vector<int32_t> exps;
  for (int32_t d = 0; d < 256 && d <= (int64_t{31} << 26) >> q.shift; ++d)
    exps.push_back(exp_q31(high_mul(-d * (int32_t{1} << q.shift), q.multiplier), kIntegerBits));
  while (exps.size() > 1 && divide_by_power_of_two(exps.back(), 12) == 0) exps.pop_back();
  return exps;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  const std::vector<int32_t> exps = make_exps(factor(op, g));
  const int32_t depth = in.shape.back();
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {depth, static_cast<int32_t>(row_bytes(in) / depth), static_cast<int32_t>(exps.size())};
  call.tables = {make_table("exps", exps, Table::multipliers)};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  const int32_t a = rng.pick(1, 3), b = rng.pick(1, 4),
                c = rng.chance(0.02) ? rng.pick(500, kMaxDepth) : rng.pick(1, 20);
  const Shape shapes[] = {{c}, {a, c}, {a, b, c}, {1, a, b, c}, {a, b, 1, 2, c}};
  Tensor in = sample_int8(rng, shapes[rng.pick(0, 4)]), out;
  if (rng.chance(0.1)) in.quant.scale[0] *= rng.chance(0.5) ? 1000.0f : 0.0001f;
  out.quant = {{1.0f / 256}, {-128}, 0};
  return sample_graph(softmax_op, "SOFTMAX",
                      SoftmaxAttrs{rng.chance(0.7) ? 1.0f : static_cast<float>(rng.pick(1, 30)) / 10}, {std::move(in)},
                      std::move(out));
}

}  // namespace

extern const OpDef softmax_op{.name = "softmax",
                              .readers = {{"SOFTMAX", read}},
                              .infer = infer,
                              .define = define,
                              .lower = lower,
                              .is_pointwise = true,
                              .sample = sample};

}  // namespace mote
