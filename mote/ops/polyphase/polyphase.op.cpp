// Samples at another rate. There is no such op in model files: sensor blocks make it (make_polyphase).
#include "mote/ops/polyphase/polyphase.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/polyphase/polyphase.kernel.h"

namespace mote {

extern const OpDef polyphase_op;

namespace {

constexpr KernelDef kKernel{"polyphase_s16", "mote/ops/polyphase/polyphase.kernel.h", "Polyphase",
                            "taps bits up step rest first phase axes row made before rows", polyphase_s16};
constexpr size_t kMaxTaps = 32767;
constexpr double kMaxSum = 65534;  // of a phase: times 2^15, and a half, it is below 2^31
constexpr int32_t kMaxBits = 15;

size_t taps_of_phase(const PolyphaseAttrs& a) {
  const auto up = static_cast<size_t>(a.up);
  return (a.taps.size() + up - 1) / up;
}

// The largest sum of the sizes of a phase's taps.
double largest_sum(const PolyphaseAttrs& a) {
  std::vector<double> sums(static_cast<size_t>(a.up), 0);
  for (size_t i = 0; i < a.taps.size(); ++i) sums[i % sums.size()] += std::abs(a.taps[i]);
  return *std::max_element(sums.begin(), sums.end());
}

double largest_tap(const PolyphaseAttrs& a) {
  double most = 0;
  for (double t : a.taps) most = std::max(most, std::abs(t));
  return most;
}

// The most fractional bits with which taps fit 16 bits and sums of products 32, each tap being off by a step at most.
int32_t fractional_bits(const PolyphaseAttrs& a) {
  const double off = static_cast<double>(taps_of_phase(a)), sum = largest_sum(a), most = largest_tap(a);
  int32_t bits = kMaxBits;
  while (bits > 0 && (std::ldexp(sum, bits) + off > kMaxSum || std::ldexp(most, bits) + 1 > 32767)) --bits;
  return bits;
}

// In the filter's order. In each phase the sums up to a tap are rounded, not the taps: a phase adds up to what it
// should, to half a step, and errors lie at high frequencies.
std::vector<int16_t> stored_taps(const PolyphaseAttrs& a) {
  const int32_t bits = fractional_bits(a);
  const auto up = static_cast<size_t>(a.up);
  std::vector<int16_t> taps(a.taps.size());
  for (size_t phase = 0; phase < up; ++phase) {
    double sum = 0;
    int64_t before = 0;
    for (size_t i = phase; i < taps.size(); i += up) {
      sum += a.taps[i];
      const int64_t rounded = std::llround(std::ldexp(sum, bits));
      taps[i] = static_cast<int16_t>(rounded - before);
      before = rounded;
    }
  }
  return taps;
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<PolyphaseAttrs>();
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  MOTE_TRY_STATUS(require_same_quant(*in, g.out(op), "weighted sums do not rescale"));
  if (in->quant.scale.size() != 1 || in->quant.zero_at(0) != 0)
    return unsupported("samples with one scale and the zero point 0 are supported");
  if (std::min(a.up, a.down) < 1 || std::max(a.up, a.down) > kMaxPhases)
    return unsupported(fmt::format("a rate times {} / {}; up to {} are supported", a.up, a.down, kMaxPhases));
  if (in->shape[0] != 1 || a.axes < 1 || in->shape[2] % (int64_t{a.axes} * a.down) != 0)
    return unsupported(
        fmt::format("rows of {} values for {} axes and {} of every {} samples", in->shape[2], a.axes, a.up, a.down));
  if (a.taps.size() % 2 == 0 || a.taps.size() > kMaxTaps)
    return unsupported(fmt::format("{} taps; odd numbers up to {} are supported", a.taps.size(), kMaxTaps));
  if (const double sum = largest_sum(a); !(sum < 4))
    return unsupported(fmt::format("the sizes of a phase's taps add up to {}; below 4 is supported", sum));
  return std::vector<OutputType>{{DType::int16, {1, in->shape[1], in->shape[2] / a.down * a.up}}};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<PolyphaseAttrs>();
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const std::vector<int16_t> taps = stored_taps(a);
  const Wide one = Wide{1} << fractional_bits(a);
  const int64_t axes = a.axes, n = static_cast<int64_t>(x.size()) / axes;
  const auto half = static_cast<int64_t>(taps.size() / 2);
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t m = static_cast<int64_t>(i) / axes, axis = static_cast<int64_t>(i) % axes;
    Wide sum = 0;
    // Of the filter's places those with a sample: the others hold zeros.
    const int64_t begin = m * a.down - half;
    for (int64_t k = (-begin % a.up + a.up) % a.up; k <= 2 * half; k += a.up) {
      const int64_t at = std::clamp<int64_t>((begin + k) / a.up, 0, n - 1);
      sum += Wide{taps[static_cast<size_t>(k)]} * x[static_cast<size_t>(at * axes + axis)];
    }
    y[i] = static_cast<int16_t>(std::clamp<Wide>(define_floor_div(2 * sum + one, 2 * one), -32768, 32767));
  }
}

// taps[phase][k], filled up with zeros.
Table phase_table(const PolyphaseAttrs& a) {
  const std::vector<int16_t> taps = stored_taps(a);
  const size_t count = taps_of_phase(a), up = static_cast<size_t>(a.up);
  std::vector<int16_t> phases(count * up, 0);
  for (size_t i = 0; i < taps.size(); ++i) phases[i % up * count + i / up] = taps[i];
  return make_table("taps", "int16_t", make_blob(phases), Table::weights);
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<PolyphaseAttrs>();
  const Tensor& in = *g.in(op, 0);
  const auto half = static_cast<int32_t>(a.taps.size() / 2);
  const int32_t row = in.shape[2] / a.axes, made = row / a.down * a.up;
  const int32_t before = (half / a.up + row - 1) / row;
  const int32_t after = ((made - 1) * a.down + half) / a.up / row, rows = before + 1 + after;
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(taps_of_phase(a)),
                 fractional_bits(a),
                 a.up,
                 a.down / a.up,
                 a.down % a.up,
                 before * row - half / a.up,
                 half % a.up,
                 a.axes,
                 row,
                 made,
                 before,
                 rows};
  call.tables = {phase_table(a)};
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
  return element_count(g.out(op).shape) * static_cast<int64_t>(taps_of_phase(op.attrs.as<PolyphaseAttrs>()));
}

Graph sample(Rng& rng) {
  PolyphaseAttrs a;
  a.axes = rng.pick(1, 4), a.up = rng.pick(1, 9), a.down = rng.pick(1, 9);
  const int32_t half = rng.pick(0, 40);
  for (int32_t i = 0; i <= 2 * half; ++i) a.taps.push_back(2 * rng.unit() - 1);
  const double sum = std::max(largest_sum(a), 1e-3), wanted = rng.chance(0.5) ? 1.5 : 3.9;
  for (double& t : a.taps) t *= wanted / sum;
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 6) * a.axes * a.down};
  in.quant = {{0.01f}, {0}, 0};
  Tensor out;
  out.quant = in.quant;
  return sample_graph(polyphase_op, "POLYPHASE", a, {in}, out);
}

}  // namespace

Op make_polyphase(PolyphaseAttrs attrs, TensorId samples, TensorId out) {
  return make_op(polyphase_op, "POLYPHASE", std::move(attrs), {samples}, out);
}

extern const OpDef polyphase_op{.name = "polyphase",
                                .readers = {},
                                .infer = infer,
                                .define = define,
                                .lower = lower,
                                .macs = macs,
                                .sample = sample};

}  // namespace mote
