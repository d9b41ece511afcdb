// A step of a wavelet transform. There is no such op in model files: sensor blocks make it (make_wavelet).
#include "mote/ops/wavelet/wavelet.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/wavelet/wavelet.kernel.h"

namespace mote {

extern const OpDef wavelet_op;

namespace {

constexpr KernelDef kKernel{"wavelet_s16", "mote/ops/wavelet/wavelet.kernel.h", "Wavelet", "n axes taps", wavelet_s16};
constexpr size_t kMaxTaps = 64;

// A tap in steps of the output for a step of the input.
double tap(const WaveletAttrs& a, const Tensor& in, const Tensor& out, size_t i) {
  return a.taps[i] * double{in.quant.scale[0]} / double{out.quant.scale[0]};
}

std::vector<int32_t> stored_taps(const WaveletAttrs& a, const Tensor& in, const Tensor& out) {
  std::vector<int32_t> taps;
  for (size_t i = 0; i < a.taps.size(); ++i)
    taps.push_back(static_cast<int32_t>(std::lround(std::ldexp(tap(a, in, out, i), 30))));
  return taps;
}

int64_t samples_of(const WaveletAttrs& a, const Tensor& in) { return element_count(in.shape) / a.axes; }

bool has_plain_scale(const Tensor& t) { return t.quant.scale.size() == 1 && t.quant.zero_at(0) == 0; }

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<WaveletAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (!has_plain_scale(*in) || !has_plain_scale(out))
    return unsupported("samples with one scale and the zero point 0 are supported");
  if (in->shape[0] != 1 || a.axes < 1 || in->shape[2] % a.axes != 0)
    return unsupported(fmt::format("rows of {} values for {} axes", in->shape[2], a.axes));
  if (a.taps.size() < 2 || a.taps.size() > kMaxTaps)
    return unsupported(fmt::format("{} taps; 2 to {} are supported", a.taps.size(), kMaxTaps));
  double sum = 0;
  for (size_t i = 0; i < a.taps.size(); ++i) sum += std::abs(tap(a, *in, out, i));
  if (!(sum < 1.999))
    return unsupported(
        fmt::format("the sizes of the taps, in steps of the output, add up to {}; below 2 is supported", sum));
  const int64_t left = (samples_of(a, *in) + static_cast<int64_t>(a.taps.size()) - 1) / 2;
  return std::vector<OutputType>{{DType::int16, {1, 1, static_cast<int32_t>(left * a.axes)}}};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<WaveletAttrs>();
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const std::vector<int32_t> taps = stored_taps(a, *o.graph.in(o.op, 0), o.graph.out(o.op));
  const auto axes = static_cast<int64_t>(a.axes), n = static_cast<int64_t>(x.size()) / axes;
  auto sample = [&](int64_t i, int64_t axis) {  // the window and its mirror image repeat themselves
    const int64_t at = (i % (2 * n) + 2 * n) % (2 * n);
    return Wide{x[static_cast<size_t>(std::min(at, 2 * n - 1 - at) * axes + axis)]};
  };
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t k = static_cast<int64_t>(i) / axes, axis = static_cast<int64_t>(i) % axes;
    Wide sum = 0;
    for (size_t j = 0; j < taps.size(); ++j) sum += taps[j] * sample(2 * k + 1 - static_cast<int64_t>(j), axis);
    const Wide rounded = define_floor_div(sum + (Wide{1} << 29), Wide{1} << 30);
    y[i] = static_cast<int16_t>(std::clamp<Wide>(rounded, -32768, 32767));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<WaveletAttrs>();
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(samples_of(a, in)), a.axes, static_cast<int32_t>(a.taps.size())};
  call.tables = {make_table("taps", stored_taps(a, in, g.out(op)))};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = 1;
  call.steps_per_row = a.axes;
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) {
  return element_count(g.out(op).shape) * static_cast<int64_t>(op.attrs.as<WaveletAttrs>().taps.size());
}

Graph sample(Rng& rng) {
  WaveletAttrs a;
  a.axes = rng.pick(1, 4);
  double sum = 0;
  for (int32_t n = rng.pick(2, 20); n > 0; --n) a.taps.push_back(2 * rng.unit() - 1), sum += std::abs(a.taps.back());
  for (double& t : a.taps) t *= 1.5 / std::max(sum, 1e-3);
  Tensor in, out;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 12) * a.axes};
  in.quant = {{0.01f}, {0}, 0};
  out.quant = {{static_cast<float>(0.008 + 0.02 * rng.unit())}, {0}, 0};
  return sample_graph(wavelet_op, "WAVELET", a, {in}, out);
}

}  // namespace

Op make_wavelet(WaveletAttrs attrs, TensorId samples, TensorId out) {
  return make_op(wavelet_op, "WAVELET", std::move(attrs), {samples}, out);
}

extern const OpDef wavelet_op{
    .name = "wavelet", .readers = {}, .infer = infer, .define = define, .lower = lower, .macs = macs, .sample = sample};

}  // namespace mote
