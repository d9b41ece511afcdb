// Recursive filter. There is no such op in model files: sensor blocks make it (make_iir).
#include "mote/ops/iir/iir.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/iir/iir.kernel.h"

namespace mote {

extern const OpDef iir_op;

namespace {

using Section = IirAttrs::Section;

constexpr KernelDef kKernel{"iir_s16", "mote/ops/iir/iir.kernel.h", "Iir", "n axes sections steady multiplier shift",
                            iir_s16};
constexpr size_t kMaxSections = 16;
constexpr double kOne = 1 << 30;
constexpr int32_t kMaxResponse = 1 << 20;  // samples until which an impulse has to have died away

Status check_section(const Section& s) {
  for (double c : {s.b0, s.b1, s.b2})
    if (!(std::abs(c) < 1e6)) return unsupported(fmt::format("a coefficient of {}; below 1e6 is supported", c));
  // The triangle of stability, less what would be stored as 2.
  if (!(std::abs(s.a2) < 1 && std::abs(s.a1) < 1 + s.a2 && std::abs(s.a1) < 2 - 1e-9))
    return unsupported(fmt::format("a section with a1 = {}, a2 = {} is not stable", s.a1, s.a2));
  return {};
}

// ---- the stored filter, which is part of what the op is ----

double through_section(const Section& s, double x, double state[2]) {
  const double y = s.b0 * x + state[0];
  state[0] = s.b1 * x - s.a1 * y + state[1];
  state[1] = s.b2 * x - s.a2 * y;
  return y;
}

struct Response {
  std::vector<double> sums;  // of the sizes of an impulse behind each section: what it makes of samples of at most 1
  bool ends = false;         // it has died away
};

Response respond(const std::vector<Section>& sections) {
  Response r{std::vector<double>(sections.size())};
  std::vector<std::array<double, 2>> states(sections.size());
  int32_t quiet = 0;
  for (int32_t i = 0; i < kMaxResponse && quiet < 64; ++i) {
    double x = i == 0 ? 1 : 0, change = 0;
    for (size_t s = 0; s < sections.size(); ++s) {
      x = through_section(sections[s], x, states[s].data());
      r.sums[s] += std::abs(x);
      change = std::max(change, std::abs(x) / std::max(r.sums[s], 1e-30));
    }
    quiet = change < 1e-9 ? quiet + 1 : 0;
  }
  r.ends = quiet == 64;
  return r;
}

struct Stored {
  std::vector<int32_t> coefficients;  // b0, b1, b2, -a1, -a2, gain for a constant
  double gain = 1;                    // what they make of a signal, relative to the filter
};

int32_t stored_coefficient(double c) { return static_cast<int32_t>(std::lround(c * kOne)); }

// Scales each section so that what it makes of any samples is no larger than these, and (as near as that comes) such
// that its first coefficient is a whole number as stored: those that go with it are then often exact, too.
Stored store(const std::vector<Section>& sections) {
  Stored stored;
  const std::vector<double> peak = respond(sections).sums;
  double before = 1;
  for (size_t k = 0; k < sections.size(); ++k) {
    const Section& s = sections[k];
    double g = peak[k] > 0 ? 1 / (peak[k] * before) : 1;
    const double most = std::max({std::abs(s.b0), std::abs(s.b1), std::abs(s.b2)});
    while (g * most >= 1.999) g /= 2;
    if (const double b0 = std::floor(std::abs(g * s.b0) * kOne); b0 >= 1) g = b0 / (std::abs(s.b0) * kOne);
    before *= g;
    const int32_t b[] = {stored_coefficient(g * s.b0), stored_coefficient(g * s.b1), stored_coefficient(g * s.b2)};
    const int32_t a[] = {stored_coefficient(-s.a1), stored_coefficient(-s.a2)};
    const double constant = (static_cast<double>(b[0]) + b[1] + b[2]) / (kOne - a[0] - a[1]);
    stored.coefficients.insert(
        stored.coefficients.end(),
        {b[0], b[1], b[2], a[0], a[1], static_cast<int32_t>(std::clamp(std::round(constant * kOne), -kOne, kOne))});
  }
  stored.gain = before;
  return stored;
}

double factor(const Op& op, const Graph& g, const Stored& stored) {
  return double{g.in(op, 0)->quant.scale[0]} / (double{g.out(op).quant.scale[0]} * stored.gain * (1 << 14));
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<IirAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (in->quant.scale.size() != 1 || out.quant.scale.size() != 1 || in->quant.zero_at(0) != 0 ||
      out.quant.zero_at(0) != 0)
    return unsupported("samples with one scale and the zero point 0 are supported");
  if (in->shape[0] != 1 || a.axes < 1 || in->shape[2] % a.axes != 0)
    return unsupported(fmt::format("rows of {} values for {} axes", in->shape[2], a.axes));
  if (a.sections.empty() || a.sections.size() > kMaxSections)
    return unsupported(fmt::format("{} sections; 1 to {} are supported", a.sections.size(), kMaxSections));
  for (const Section& s : a.sections) MOTE_TRY_STATUS(check_section(s));
  if (!respond(a.sections).ends)
    return unsupported(fmt::format("a filter whose response lasts for more than {} samples", kMaxResponse));
  if (const double f = factor(op, g, store(a.sections)); !(f > 0 && f < 0.5))
    return unsupported(fmt::format("an output's scale of {} for samples of {}: the filter amplifies too much",
                                   out.quant.scale[0], in->quant.scale[0]));
  return std::vector<OutputType>{{DType::int16, in->shape}};
}

// ---- definition ----

// What section `c` (its stored coefficients) makes of x; before the first sample there were others like `start`.
std::vector<Wide> define_section(const std::vector<Wide>& x, const int32_t* c, Wide start, Wide y_start) {
  std::vector<Wide> y(x.size());
  Wide rest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    auto x_at = [&](size_t back) { return i >= back ? x[i - back] : start; };
    auto y_at = [&](size_t back) { return i >= back ? y[i - back] : y_start; };
    const Wide sum = rest + c[0] * x_at(0) + c[1] * x_at(1) + c[2] * x_at(2) + c[3] * y_at(1) + c[4] * y_at(2);
    y[i] = define_floor_div(sum, Wide{1} << 30);
    rest = sum - y[i] * (Wide{1} << 30);
  }
  return y;
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<IirAttrs>();
  const auto in = o.input<int16_t>(0);
  const auto out = o.output<int16_t>(0);
  const Stored stored = store(a.sections);
  const DefinedFactor f = define_factor(factor(o.op, o.graph, stored));
  const auto axes = static_cast<size_t>(a.axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<Wide> x;
    for (size_t i = axis; i < in.size(); i += axes) x.push_back(Wide{in[i]} * 16384);
    Wide start = a.steady ? x[0] : 0;
    for (size_t s = 0; s < a.sections.size(); ++s) {
      const int32_t* c = stored.coefficients.data() + 6 * s;
      const Wide y_start = define_floor_div(start * c[5], Wide{1} << 30);
      x = define_section(x, c, start, y_start);
      start = y_start;
    }
    for (size_t i = 0; i < x.size(); ++i)
      out[i * axes + axis] =
          static_cast<int16_t>(std::clamp(define_requantize(static_cast<int32_t>(x[i]), f), -32768, 32767));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<IirAttrs>();
  const Tensor& in = *g.in(op, 0);
  const auto sections = static_cast<int32_t>(a.sections.size());
  const Stored stored = store(a.sections);
  const Requant q = quantize_multiplier(factor(op, g, stored));
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {in.shape[2] / a.axes, a.axes, sections, a.steady, q.multiplier, q.shift};
  call.tables = {make_table("sections", stored.coefficients)};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  call.carry_bytes = a.axes * (sections + 1) * 3 * 4;
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) {
  return element_count(g.out(op).shape) * static_cast<int64_t>(op.attrs.as<IirAttrs>().sections.size()) * 5;
}

Graph sample(Rng& rng) {
  IirAttrs a;
  a.axes = rng.pick(1, 4);
  a.steady = rng.chance(0.5);
  for (int32_t n = rng.pick(1, 5); n > 0; --n) {
    // Poles of the radius r, some near to the unit circle.
    const double r = rng.chance(0.5) ? 0.9 * rng.unit() : 1 - 0.01 * rng.unit() - 1e-3, turn = 3.14159 * rng.unit();
    Section s{rng.unit() - 0.5, 2 * rng.unit() - 1, rng.unit() - 0.5, -2 * r * std::cos(turn), r * r};
    if (rng.chance(0.2)) s.b2 = s.a2 = 0, s.a1 = rng.chance(0.5) ? r : -r;
    a.sections.push_back(s);
  }
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 9), rng.pick(1, 12) * a.axes};
  in.quant = {{static_cast<float>(0.001 + rng.unit())}, {0}, 0};
  Tensor out;
  out.quant = {{in.quant.scale[0] * static_cast<float>(1 / store(a.sections).gain / (0.5 + rng.unit()))}, {0}, 0};
  return sample_graph(iir_op, "IIR", a, {in}, out);
}

}  // namespace

Op make_iir(IirAttrs attrs, TensorId samples, TensorId out) {
  return make_op(iir_op, "IIR", std::move(attrs), {samples}, out);
}

extern const OpDef iir_op{
    .name = "iir", .readers = {}, .infer = infer, .define = define, .lower = lower, .macs = macs, .sample = sample};

}  // namespace mote
