// Sliding normalisation. There is no such op in model files: sensor blocks make it.
#include "mote/ops/sliding_normalize/sliding_normalize.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/sliding_normalize/sliding_normalize.kernel.h"

namespace mote {

extern const OpDef sliding_normalize_op;

namespace {

using By = SlidingNormalizeAttrs::By;

constexpr KernelDef kMean{"subtract_sliding_mean_s16", "mote/ops/sliding_normalize/sliding_normalize.kernel.h",
                          "SlidingNormalize", "rows columns window multiplier shift", subtract_sliding_mean_s16};
constexpr KernelDef kDeviation{"divide_by_sliding_deviation_s16", kMean.header, kMean.params, kMean.fields,
                               divide_by_sliding_deviation_s16};
constexpr int32_t kMaxWindow = 4095;

// What a difference of `window` values is multiplied by.
double mean_factor(const SlidingNormalizeAttrs& a, const Tensor& in, const Tensor& out) {
  return double{in.quant.scale[0]} / (double{out.quant.scale[0]} * a.window);
}

double deviation_factor(const SlidingNormalizeAttrs& a, const Tensor& out) {
  return std::round(std::sqrt(a.window) / out.quant.scale[0]);
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<SlidingNormalizeAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the features"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the features"));
  if (in->shape[0] != 1 || in->quant.scale.size() != 1 || out.quant.scale.size() != 1)
    return unsupported("features of one matrix with one scale are supported");
  if (a.window < 1 || a.window > kMaxWindow || a.window % 2 == 0)
    return unsupported(
        fmt::format("a window of {} rows; odd numbers from 1 to {} are supported", a.window, kMaxWindow));
  if (a.by == By::mean) MOTE_TRY_STATUS(require_factor(mean_factor(a, *in, out)));
  if (a.by == By::deviation && !(deviation_factor(a, out) >= 1 && deviation_factor(a, out) <= 65535))
    return unsupported(fmt::format("an output's scale of {} for a window of {} rows; {} to {} is supported",
                                   out.quant.scale[0], a.window, std::sqrt(a.window) / 65535, std::sqrt(a.window)));
  return std::vector<OutputType>{{DType::int16, in->shape}};
}

// Row r of the matrix continued by its mirror images.
size_t define_mirrored(int64_t r, int64_t rows) {
  int64_t at = r % (2 * rows);
  if (at < 0) at += 2 * rows;
  return static_cast<size_t>(std::min(at, 2 * rows - 1 - at));
}

// round(x * factor / sqrt(sum)) where the root is that of the sum's 32 upper bits, rounded down to 16 bits.
int64_t define_divided(int64_t x, int64_t sum, int64_t factor) {
  if (sum == 0) return 0;
  Wide m = Wide{sum} << 32;  // sum * 4^16
  int k = -16;
  while (m >= Wide{1} << 32) m /= 4, ++k;
  int64_t root = 0;
  while (Wide{root + 1} * (root + 1) <= m) ++root;
  const Wide numerator = Wide{std::abs(x)} * factor * (Wide{1} << std::max(-k, 0));
  const Wide denominator = Wide{root} << std::max(k, 0);
  const auto size = static_cast<int64_t>((2 * numerator + denominator) / (2 * denominator));
  return x < 0 ? -size : size;
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<SlidingNormalizeAttrs>();
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const auto columns = static_cast<size_t>(in.shape[2]);
  const int64_t rows = in.shape[1], half = a.window / 2;
  for (int64_t f = 0; f < rows; ++f)
    for (size_t c = 0; c < columns; ++c) {
      int64_t sum = 0, squares = 0;
      for (int64_t r = f - half; r <= f + half; ++r) {
        const int64_t v = x[define_mirrored(r, rows) * columns + c];
        sum += v, squares += v * v;
      }
      const size_t at = static_cast<size_t>(f) * columns + c;
      const int64_t value =
          a.by == By::mean
              ? define_requantize(static_cast<int32_t>(a.window * int64_t{x[at]} - sum), mean_factor(a, in, out))
              : define_divided(x[at], squares, static_cast<int64_t>(deviation_factor(a, out)));
      y[at] = static_cast<int16_t>(std::clamp<int64_t>(value, -32768, 32767));
    }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<SlidingNormalizeAttrs>();
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const int32_t columns = in.shape[2];
  const bool by_mean = a.by == By::mean;
  Requant q{0, 0};
  if (by_mean) q = quantize_multiplier(mean_factor(a, in, out));
  else q.multiplier = static_cast<int32_t>(deviation_factor(a, out));
  KernelCall call;
  call.kernel = by_mean ? &kMean : &kDeviation;
  call.params = {in.shape[1], columns, a.window, q.multiplier, q.shift};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  call.carry_bytes = columns * (by_mean ? 4 : 8);
  return std::vector<KernelCall>{call};
}

int64_t taps(const Op& op, const Graph& g) {
  return element_count(g.out(op).shape) * op.attrs.as<SlidingNormalizeAttrs>().window;
}

Graph sample(Rng& rng) {
  SlidingNormalizeAttrs a;
  a.by = rng.chance(0.5) ? By::mean : By::deviation;
  a.window = 2 * rng.pick(0, 20) + 1;
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 12), rng.pick(1, 9)};
  in.quant = {{static_cast<float>(0.01 + rng.unit())}, {0}, 0};
  Tensor out;
  out.quant = {{a.by == By::deviation ? 1.0f / 4096 : in.quant.scale[0] / 8}, {0}, 0};
  return sample_graph(sliding_normalize_op, "SLIDING_NORMALIZE", a, {in}, out);
}

}  // namespace

Op make_sliding_normalize(SlidingNormalizeAttrs attrs, TensorId in, TensorId out) {
  return make_op(sliding_normalize_op, "SLIDING_NORMALIZE", attrs, {in}, out);
}

extern const OpDef sliding_normalize_op{.name = "sliding_normalize",
                                        .readers = {},
                                        .infer = infer,
                                        .define = define,
                                        .lower = lower,
                                        .taps = taps,
                                        .sample = sample};

}  // namespace mote
