// Weighted sums along time. There is no such op in model files: sensor blocks make it (make_fir).
#include "mote/ops/fir/fir.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/fir/fir.kernel.h"

namespace mote {

extern const OpDef fir_op;

namespace {

constexpr KernelDef kKernel{"fir_s16", "mote/ops/fir/fir.kernel.h", "Fir", "taps factor axes row before rows", fir_s16};
constexpr size_t kMaxTaps = 4095;

std::vector<int32_t> stored_taps(const FirAttrs& a) {
  std::vector<int32_t> taps;
  for (double t : a.taps) taps.push_back(static_cast<int32_t>(std::lround(std::ldexp(t, 30))));
  return taps;
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<FirAttrs>();
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  MOTE_TRY_STATUS(require_same_quant(*in, g.out(op), "weighted sums do not rescale"));
  if (in->quant.scale.size() != 1 || in->quant.zero_at(0) != 0)
    return unsupported("samples with one scale and the zero point 0 are supported");
  if (in->shape[0] != 1 || a.axes < 1 || a.factor < 1 || in->shape[2] % (int64_t{a.axes} * a.factor) != 0)
    return unsupported(
        fmt::format("rows of {} values for {} axes and every sample in {}", in->shape[2], a.axes, a.factor));
  if (a.taps.size() % 2 == 0 || a.taps.size() > kMaxTaps)
    return unsupported(fmt::format("{} taps; odd numbers up to {} are supported", a.taps.size(), kMaxTaps));
  double sum = 0;
  for (double t : a.taps) sum += std::abs(t);
  if (!(sum < 1.999)) return unsupported(fmt::format("the sizes of the taps add up to {}; below 2 is supported", sum));
  return std::vector<OutputType>{{DType::int16, {1, in->shape[1], in->shape[2] / a.factor}}};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<FirAttrs>();
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const std::vector<int32_t> taps = stored_taps(a);
  const auto axes = static_cast<int64_t>(a.axes), n = static_cast<int64_t>(x.size()) / axes;
  const auto half = static_cast<int64_t>(taps.size() / 2);
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t m = static_cast<int64_t>(i) / axes, axis = static_cast<int64_t>(i) % axes;
    Wide sum = 0;
    for (int64_t k = 0; k <= 2 * half; ++k) {
      const int64_t at = std::clamp<int64_t>(m * a.factor + k - half, 0, n - 1);
      sum += Wide{taps[static_cast<size_t>(k)]} * x[static_cast<size_t>(at * axes + axis)];
    }
    const Wide rounded = define_floor_div(sum + (Wide{1} << 29), Wide{1} << 30);
    y[i] = static_cast<int16_t>(std::clamp<Wide>(rounded, -32768, 32767));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<FirAttrs>();
  const Tensor& in = *g.in(op, 0);
  const auto taps = static_cast<int32_t>(a.taps.size());
  const int32_t row = in.shape[2] / a.axes, before = (taps / 2 + row - 1) / row;
  const int32_t after = (row - a.factor + taps / 2) / row, rows = before + 1 + after;
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {taps, a.factor, a.axes, row, before, rows};
  call.tables = {make_table("taps", stored_taps(a))};
  Reads reads;
  reads.tensor = op.in[0];
  reads.count = in.shape[1];
  reads.span = rows;
  reads.offset = -before;
  call.reads = {reads};
  call.writes = {{op.out[0], 0}};
  call.rows = in.shape[1];
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) {
  return element_count(g.out(op).shape) * static_cast<int64_t>(op.attrs.as<FirAttrs>().taps.size());
}

Graph sample(Rng& rng) {
  FirAttrs a;
  a.axes = rng.pick(1, 4), a.factor = rng.pick(1, 5);
  const int32_t half = rng.pick(0, 20);
  for (int32_t i = 0; i <= 2 * half; ++i) a.taps.push_back((2 * rng.unit() - 1) * 1.9 / (half + 1));
  double sum = 0;
  for (double t : a.taps) sum += std::abs(t);
  for (double& t : a.taps) t *= 1.5 / std::max(sum, 1e-3);
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 6) * a.axes * a.factor};
  in.quant = {{0.01f}, {0}, 0};
  Tensor out;
  out.quant = in.quant;
  return sample_graph(fir_op, "FIR", a, {in}, out);
}

}  // namespace

Op make_fir(FirAttrs attrs, TensorId samples, TensorId out) {
  return make_op(fir_op, "FIR", std::move(attrs), {samples}, out);
}

extern const OpDef fir_op{
    .name = "fir", .readers = {}, .infer = infer, .define = define, .lower = lower, .macs = macs, .sample = sample};

}  // namespace mote
