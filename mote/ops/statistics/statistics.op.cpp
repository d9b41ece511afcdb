// Statistics. There is no such op in model files: sensor blocks make it (make_statistics).
#include "mote/ops/statistics/statistics.op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/define_real.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/statistics/statistics.kernel.h"

namespace mote {

extern const OpDef statistics_op;

namespace {

using Attrs_ = StatisticsAttrs;

static_assert(int{Attrs_::percentile} == int{kPercentile} && int{Attrs_::skewness} == int{kSkewness});

constexpr KernelDef kKernel{"statistics_s16", "mote/ops/statistics/statistics.kernel.h", "Statistics",
                            "n axes features sorts bits", statistics_s16};
constexpr int32_t kMaxSamples = 32768;

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<Attrs_>();
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
  if (a.features.empty()) return unsupported("no feature is chosen");
  for (uint16_t f : a.features)
    if (f > Attrs_::percentile + 100) return unsupported(fmt::format("a percentile of {}", f - Attrs_::percentile));
  if (g.out(op).quant != statistics_quant(a, in->quant)) return unsupported("the output has other scales");
  return std::vector<OutputType>{{DType::int16, {1, 1, a.axes, static_cast<int32_t>(a.features.size())}}};
}

// The most bits that a difference to the mean of n samples may have.
int32_t difference_bits(int64_t n) {
  int32_t bits = 15;
  while (n > int64_t{1} << (63 - 4 * bits)) --bits;
  return bits;
}

// ---- definition ----

int64_t define_nearest(int64_t v, int64_t n, int bits) {  // v / n
  const int64_t size = define_round(define_quotient(define_real(std::abs(v)), define_real(n)), bits);
  return v < 0 ? -size : size;
}

// Differences to the mean, scaled down until their fourth powers add up to 63 bits.
std::vector<int64_t> define_differences(const std::vector<int64_t>& x) {
  int64_t sum = 0;
  for (int64_t v : x) sum += v;
  const int64_t mean = define_nearest(sum, static_cast<int64_t>(x.size()), 14);
  std::vector<int64_t> d;
  int64_t most = 0, unit = 1;
  for (int64_t v : x) d.push_back(16384 * v - mean), most = std::max(most, std::abs(d.back()));
  while (most / unit >= int64_t{1} << difference_bits(static_cast<int64_t>(x.size()))) unit *= 2;
  for (int64_t& v : d) v = static_cast<int64_t>(define_floor_div(2 * v + unit, 2 * unit));
  return d;
}

Wide define_power_sum(const std::vector<int64_t>& d, int power) {
  Wide sum = 0;
  for (int64_t v : d) {
    Wide term = 1;
    for (int i = 0; i < power; ++i) term *= v;
    sum += term;
  }
  return sum;
}

int64_t define_skewness(const std::vector<int64_t>& x) {
  const std::vector<int64_t> d = define_differences(x);
  const DefinedReal second = define_real(define_power_sum(d, 2)), n = define_real(static_cast<Wide>(x.size()));
  if (second.m == 0) return 0;
  const Wide third = define_power_sum(d, 3);
  const DefinedReal top = define_product(define_real(third < 0 ? -third : third), define_root(n));
  const int64_t size = define_round(define_quotient(top, define_product(second, define_root(second))), 12);
  return third < 0 ? -size : size;
}

int64_t define_kurtosis(const std::vector<int64_t>& x) {
  const std::vector<int64_t> d = define_differences(x);
  const DefinedReal second = define_real(define_power_sum(d, 2)), n = define_real(static_cast<Wide>(x.size()));
  if (second.m == 0) return -3 * 1024;
  const DefinedReal top = define_product(define_real(define_power_sum(d, 4)), n);
  return define_round(define_quotient(top, define_product(second, second)), 10) - 3 * 1024;
}

// How many runs of equal values are above what is before and behind them, and at least the mean.
int64_t define_peaks(const std::vector<int64_t>& x, int64_t sum) {
  const auto n = static_cast<int64_t>(x.size());
  int64_t count = 0;
  for (size_t first = 1; first < x.size(); ++first) {
    size_t behind = first;
    while (behind < x.size() && x[behind] == x[first]) ++behind;
    if (behind < x.size() && x[first - 1] < x[first] && x[behind] < x[first] && n * x[first] >= sum) ++count;
  }
  return count;
}

int64_t define_percentile(std::vector<int64_t> x, int64_t percent) {
  std::sort(x.begin(), x.end());
  const auto at = static_cast<int64_t>(x.size() - 1) * percent;
  const int64_t low = x[static_cast<size_t>(at / 100)], high = x[static_cast<size_t>((at + 99) / 100)];
  const int64_t hundredths = low * 100 + (high - low) * (at % 100);
  return static_cast<int64_t>(define_floor_div(hundredths + 50, 100));
}

int64_t define_feature(const std::vector<int64_t>& x, uint16_t feature) {
  const auto n = static_cast<int64_t>(x.size());
  int64_t sum = 0, squares = 0, crossings = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += x[i], squares += x[i] * x[i];
    crossings += i > 0 && (x[i] < 0) != (x[i - 1] < 0);
  }
  switch (feature) {
    case Attrs_::mean: return define_nearest(sum, n, 0);
    case Attrs_::minimum: return *std::min_element(x.begin(), x.end());
    case Attrs_::maximum: return *std::max_element(x.begin(), x.end());
    case Attrs_::rms: return define_round(define_root(define_quotient(define_real(squares), define_real(n))), 0);
    case Attrs_::deviation:
      return define_round(
          define_quotient(define_root(define_real(Wide{n} * squares - Wide{sum} * sum)), define_real(n)), 0);
    case Attrs_::skewness: return define_skewness(x);
    case Attrs_::kurtosis: return define_kurtosis(x);
    case Attrs_::zero_crossings: return crossings;
    case Attrs_::peaks: return define_peaks(x, sum);
    default: return define_percentile(x, feature - Attrs_::percentile);
  }
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<Attrs_>();
  const auto in = o.input<int16_t>(0);
  const auto out = o.output<int16_t>(0);
  const auto axes = static_cast<size_t>(a.axes), features = a.features.size();
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<int64_t> x;
    for (size_t i = axis; i < in.size(); i += axes) x.push_back(in[i]);
    for (size_t f = 0; f < features; ++f)
      out[axis * features + f] =
          static_cast<int16_t>(std::clamp<int64_t>(define_feature(x, a.features[f]), -32768, 32767));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<Attrs_>();
  const Tensor& in = *g.in(op, 0);
  const auto n = static_cast<int32_t>(element_count(in.shape) / a.axes);
  const bool sorts = std::any_of(a.features.begin(), a.features.end(), [](int f) { return f >= Attrs_::percentile; });
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {n, a.axes, static_cast<int32_t>(a.features.size()), sorts, difference_bits(n)};
  call.tables = {make_table("features", a.features)};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = 1;
  call.steps_per_row = a.axes;
  call.scratch_bytes = sorts ? 2 * n : 0;
  return std::vector<KernelCall>{call};
}

int64_t taps(const Op& op, const Graph& g) {
  return element_count(g.in(op, 0)->shape) * static_cast<int64_t>(op.attrs.as<Attrs_>().features.size()) * 4;
}

Graph sample(Rng& rng) {
  Attrs_ a;
  a.axes = rng.pick(1, 4);
  for (int32_t n = rng.pick(1, 12); n > 0; --n)
    a.features.push_back(
        static_cast<uint16_t>(rng.chance(0.7) ? rng.pick(0, Attrs_::peaks) : Attrs_::percentile + rng.pick(0, 100)));
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 12) * a.axes};
  in.quant = {{static_cast<float>(0.001 + rng.unit())}, {0}, 0};
  Tensor out;
  out.quant = statistics_quant(a, in.quant);
  return sample_graph(statistics_op, "STATISTICS", a, {in}, out);
}

}  // namespace

Quant statistics_quant(const StatisticsAttrs& attrs, const Quant& samples) {
  Quant quant{{}, {0}, 3};
  for (uint16_t f : attrs.features) {
    const bool counts = f == Attrs_::zero_crossings || f == Attrs_::peaks;
    quant.scale.push_back(f == Attrs_::skewness   ? 1.0f / 4096
                          : f == Attrs_::kurtosis ? 1.0f / 1024
                          : counts                ? 1.0f
                                                  : samples.scale_at(0));
  }
  return quant;
}

Op make_statistics(StatisticsAttrs attrs, TensorId samples, TensorId out) {
  return make_op(statistics_op, "STATISTICS", std::move(attrs), {samples}, out);
}

extern const OpDef statistics_op{.name = "statistics",
                                 .readers = {},
                                 .infer = infer,
                                 .define = define,
                                 .lower = lower,
                                 .taps = taps,
                                 .sample = sample};

}  // namespace mote
