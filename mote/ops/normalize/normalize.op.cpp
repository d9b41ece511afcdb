// Normalisation of a window. There is no such op in model files: sensor blocks make it (make_normalize).
#include "mote/ops/normalize/normalize.op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/define_real.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/normalize/normalize.kernel.h"

namespace mote {

extern const OpDef normalize_op;

namespace {

using By = NormalizeAttrs::By;
static_assert(int{kByMean} == int(By::mean) && int{kByDeviation} == int(By::deviation) &&
              int{kByRange} == int(By::range));

constexpr KernelDef kKernel{"normalize_s16", "mote/ops/normalize/normalize.kernel.h", "Normalize", "n axes row by",
                            normalize_s16};
constexpr int32_t kMaxSamples = 32768;

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<NormalizeAttrs>();
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (in->quant.scale.size() != 1 || in->quant.zero_at(0) != 0)
    return unsupported("samples with one scale and the zero point 0 are supported");
  if (in->shape[0] != 1 || a.axes < 1 || in->shape[2] % a.axes != 0)
    return unsupported(fmt::format("rows of {} values for {} axes", in->shape[2], a.axes));
  if (element_count(in->shape) / a.axes > kMaxSamples)
    return unsupported(
        fmt::format("a window of {} samples; at most {}", element_count(in->shape) / a.axes, kMaxSamples));
  if (g.out(op).quant != normalize_quant(a, in->quant)) return unsupported("the output has another scale");
  return std::vector<OutputType>{{DType::int16, in->shape}};
}

// What an axis is shifted and multiplied by, for samples in steps of 2^-14.
struct DefinedAxis {
  Wide centre = 0;
  DefinedReal factor;
};

DefinedAxis define_axis(By by, const std::vector<int64_t>& x) {
  const auto n = static_cast<Wide>(x.size());
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  if (by == By::range)
    return {Wide{*low} << 14,
            *high > *low ? define_quotient(define_real(32767), define_real(*high - *low)) : DefinedReal{}};
  Wide sum = 0, squares = 0;
  for (int64_t v : x) sum += v, squares += Wide{v} * v;
  const int64_t size = define_round(define_quotient(define_real(sum < 0 ? -sum : sum), define_real(n)), 14);
  const Wide centre = sum < 0 ? -size : size, variance = n * squares - sum * sum;  // the latter times n^2
  if (by == By::mean) return {centre, define_real(1, -1)};
  if (variance == 0) return {centre, {}};
  return {centre, define_quotient(define_real(4096 * n), define_root(define_real(variance)))};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<NormalizeAttrs>();
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const auto axes = static_cast<size_t>(a.axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<int64_t> samples;
    for (size_t i = axis; i < x.size(); i += axes) samples.push_back(x[i]);
    const DefinedAxis by = define_axis(a.by, samples);
    const Wide unit = Wide{1} << (14 - by.factor.e);
    for (size_t i = axis; i < x.size(); i += axes) {
      const Wide product = ((Wide{x[i]} << 14) - by.centre) * by.factor.m;
      y[i] = static_cast<int16_t>(std::clamp<Wide>(define_floor_div(2 * product + unit, 2 * unit), -32768, 32767));
    }
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<NormalizeAttrs>();
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(element_count(in.shape) / a.axes), a.axes, in.shape[2] / a.axes,
                 static_cast<int32_t>(a.by)};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  call.carry_bytes = a.axes * static_cast<int32_t>(sizeof(NormalizeAxis));
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  const NormalizeAttrs a{static_cast<By>(rng.pick(0, 2)), rng.pick(1, 4)};
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 12) * a.axes};
  in.quant = {{static_cast<float>(0.001 + rng.unit())}, {0}, 0};
  Tensor out;
  out.quant = normalize_quant(a, in.quant);
  return sample_graph(normalize_op, "NORMALIZE", a, {in}, out);
}

}  // namespace

Quant normalize_quant(const NormalizeAttrs& attrs, const Quant& samples) {
  const float scales[] = {2 * samples.scale_at(0), 1.0f / 4096, 1.0f / 32767};
  return {{scales[static_cast<size_t>(attrs.by)]}, {0}, 0};
}

Op make_normalize(NormalizeAttrs attrs, TensorId samples, TensorId out) {
  return make_op(normalize_op, "NORMALIZE", attrs, {samples}, out);
}

extern const OpDef normalize_op{
    .name = "normalize", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
