// Heartbeats. There is no such op in model files: sensor blocks make it (make_heartbeats).
#include "mote/ops/heartbeats/heartbeats.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define_real.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/heartbeats/heartbeats.kernel.h"

namespace mote {

extern const OpDef heartbeats_op;

namespace {

constexpr KernelDef kKernel{"heartbeats_s16", "mote/ops/heartbeats/heartbeats.kernel.h", "Heartbeats",
                            "n second refractory longer rate mean_bits bits", heartbeats_s16};
constexpr int32_t kMaxSamples = 32768;

int32_t samples_of(const HeartbeatsAttrs& a, double seconds) {
  return static_cast<int32_t>(std::lround(a.rate_hz * seconds));
}
int32_t longer_than(const HeartbeatsAttrs& a) { return static_cast<int32_t>(std::floor(a.rate_hz * 0.05)); }
int32_t rate_factor(const HeartbeatsAttrs& a) { return static_cast<int32_t>(std::lround(128 * 60 * a.rate_hz)); }

// The fractional bits with which an interval of so many seconds fits 16 bits.
int32_t bits_for(const HeartbeatsAttrs& a, double seconds) {
  return static_cast<int32_t>(std::floor(std::log2(32767 / (seconds * a.rate_hz))));
}
int32_t mean_bits(const HeartbeatsAttrs& a) { return bits_for(a, 2); }
int32_t spread_bits(const HeartbeatsAttrs& a) { return bits_for(a, 1); }

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<HeartbeatsAttrs>();
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (in->shape[0] != 1 || element_count(in->shape) > kMaxSamples)
    return unsupported(fmt::format("a window of {} samples; at most {}", element_count(in->shape), kMaxSamples));
  if (!(a.rate_hz >= 50 && a.rate_hz <= 4000))
    return unsupported(fmt::format("a rate of {} Hz; 50 to 4000 Hz are supported", a.rate_hz));
  if (!(a.refractory >= 0.05 && a.refractory <= 1))
    return unsupported(fmt::format("a refractory time of {} s; 0.05 to 1 s are supported", a.refractory));
  if (g.out(op).quant != heartbeats_quant(a)) return unsupported("the output has other scales");
  return std::vector<OutputType>{{DType::int16, {1, 1, 1, kHeartbeatFeatures}}};
}

// ---- definition ----

int64_t define_reference(const std::vector<int64_t>& sizes, size_t second) {
  std::vector<int64_t> greatest;
  for (size_t first = 0; first + second <= sizes.size(); first += second)
    greatest.push_back(*std::max_element(sizes.begin() + static_cast<std::ptrdiff_t>(first),
                                         sizes.begin() + static_cast<std::ptrdiff_t>(first + second)));
  if (greatest.empty()) return *std::max_element(sizes.begin(), sizes.end());
  std::sort(greatest.begin(), greatest.end());
  return greatest[(greatest.size() - 1) / 2];
}

std::vector<int64_t> define_beats(const HeartbeatsAttrs& a, const std::vector<int64_t>& sizes) {
  const int64_t reference = define_reference(sizes, static_cast<size_t>(samples_of(a, 1)));
  const auto reach = static_cast<int64_t>(samples_of(a, a.refractory)), n = static_cast<int64_t>(sizes.size());
  std::vector<int64_t> beats;
  for (int64_t i = 0; i < n; ++i) {
    const auto first = sizes.begin() + std::max<int64_t>(i - reach, 0),
               end = sizes.begin() + std::min(i + reach + 1, n);
    const int64_t size = sizes[static_cast<size_t>(i)];
    if (size > 0 && 2 * size >= reference && std::max_element(first, end) == sizes.begin() + i) beats.push_back(i);
  }
  return beats;
}

int16_t define_feature(DefinedReal r, int bits) {
  return static_cast<int16_t>(std::min<int64_t>(define_round(r, bits), 32767));
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<HeartbeatsAttrs>();
  const auto out = o.output<int16_t>(0);
  std::vector<int64_t> sizes;
  for (int16_t v : o.input<int16_t>(0)) sizes.push_back(std::abs(int64_t{v}));
  const std::vector<int64_t> beats = define_beats(a, sizes);
  std::fill(out.begin(), out.end(), int16_t{0});
  if (beats.size() < 2) return;
  const auto k = static_cast<Wide>(beats.size()) - 1;
  Wide squares = 0, change_squares = 0, far = 0;
  const Wide sum = beats.back() - beats.front();
  for (size_t i = 1; i < beats.size(); ++i) {
    const Wide d = beats[i] - beats[i - 1];
    squares += d * d;
    if (i < 2) continue;
    const Wide change = d - (beats[i - 1] - beats[i - 2]);
    change_squares += change * change;
    far += change > longer_than(a) || -change > longer_than(a);
  }
  const DefinedReal count = define_real(k), whole = define_real(sum);
  out[0] = define_feature(define_quotient(define_product(define_real(rate_factor(a)), count), whole), 0);
  out[1] = define_feature(define_quotient(whole, count), mean_bits(a));
  out[2] = define_feature(define_quotient(define_root(define_real(k * squares - sum * sum)), count), spread_bits(a));
  if (k < 2) return;
  out[3] =
      define_feature(define_root(define_quotient(define_real(change_squares), define_real(k - 1))), spread_bits(a));
  out[4] = define_feature(define_quotient(define_real(far), define_real(k - 1)), 14);
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<HeartbeatsAttrs>();
  const Tensor& in = *g.in(op, 0);
  const auto n = static_cast<int32_t>(element_count(in.shape));
  const int32_t second = samples_of(a, 1);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {n, second, samples_of(a, a.refractory), longer_than(a), rate_factor(a), mean_bits(a), spread_bits(a)};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.scratch_bytes = 2 * (n / second);
  return std::vector<KernelCall>{call};
}

int64_t taps(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<HeartbeatsAttrs>();
  return element_count(g.in(op, 0)->shape) * samples_of(a, a.refractory) * 2;
}

Graph sample(Rng& rng) {
  const HeartbeatsAttrs a{50.0 + rng.pick(0, 20), 0.05 + 0.1 * rng.unit()};
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 8), rng.pick(1, 60)};
  in.quant = {{0.01f}, {0}, 0};
  Tensor out;
  out.quant = heartbeats_quant(a);
  return sample_graph(heartbeats_op, "HEARTBEATS", a, {in}, out);
}

}  // namespace

Quant heartbeats_quant(const HeartbeatsAttrs& attrs) {
  auto period = [&](int32_t bits) { return static_cast<float>(std::ldexp(1 / attrs.rate_hz, -bits)); };
  const float spread = period(spread_bits(attrs));
  return {{1.0f / 128, period(mean_bits(attrs)), spread, spread, 1.0f / 16384}, {0}, 3};
}

Op make_heartbeats(HeartbeatsAttrs attrs, TensorId samples, TensorId out) {
  return make_op(heartbeats_op, "HEARTBEATS", attrs, {samples}, out);
}

extern const OpDef heartbeats_op{.name = "heartbeats",
                                 .readers = {},
                                 .infer = infer,
                                 .define = define,
                                 .lower = lower,
                                 .taps = taps,
                                 .sample = sample};

}  // namespace mote
