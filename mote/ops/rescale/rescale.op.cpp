// Rescale. There is no such op in model files: sensor blocks make it.
#include "mote/ops/rescale/rescale.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/rescale/rescale.kernel.h"

namespace mote {

extern const OpDef rescale_op;

namespace {

constexpr KernelDef kToInt8{"rescale_s16_to_s8", "mote/ops/rescale/rescale.kernel.h", "Rescale",
                            "n columns zero lo hi narrow", rescale_s16_to_s8};
constexpr KernelDef kToInt16{"rescale_s16", kToInt8.header, kToInt8.params, kToInt8.fields, rescale_s16};
constexpr KernelDef kFromInt32{"rescale_s32_to_s8", kToInt8.header, kToInt8.params, kToInt8.fields, rescale_s32_to_s8};
constexpr int32_t kMaxOffset = 1 << 24;  // so that no left shift by up to 2^6 leaves 32 bits

double at(const std::vector<double>& v, size_t c) { return v[v.size() == 1 ? 0 : c]; }

Clamp limits(DType type) { return type == DType::int8 ? Clamp{-128, 127} : Clamp{-32768, 32767}; }

int32_t offset(const RescaleAttrs& a, const Tensor& in, size_t c) {
  const double steps = -at(a.center, c) / double{in.quant.scale_at(c)};
  return static_cast<int32_t>(std::clamp(std::round(steps), -double{kMaxOffset}, double{kMaxOffset}));
}

double factor(const RescaleAttrs& a, const Tensor& in, const Tensor& out, size_t c) {
  return at(a.gain, c) * double{in.quant.scale_at(c)} / double{out.quant.scale[0]};
}

size_t column_count(const RescaleAttrs& a, const Tensor& in) {
  return std::max({a.center.size(), a.gain.size(), in.quant.scale.size()});
}

// One scale, or one per index of the last dimension, and zero points of 0.
bool has_column_scales(const Tensor& t) {
  const auto is_zero = [](int32_t z) { return z == 0; };
  if (t.quant.scale.empty() || !std::all_of(t.quant.zero.begin(), t.quant.zero.end(), is_zero)) return false;
  return t.quant.scale.size() == 1 || static_cast<size_t>(t.quant.axis) + 1 == t.shape.size();
}

Status check_int32(const RescaleAttrs& a, const Tensor& in, const Tensor& out) {
  if (a.center != std::vector<double>{0} || a.gain != std::vector<double>{1} || in.quant.scale.size() != 1 ||
      out.type != DType::int8 || !(factor(a, in, out, 0) <= 0.25))
    return unsupported(
        "of int32, one scale to int8 of steps at least four times as large is supported, without centers and gains");
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<RescaleAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  if (in->type != DType::int32) MOTE_TRY_STATUS(require_type(in, DType::int16, "the features"));
  if (!has_column_scales(*in) || out.quant.scale.size() != 1)
    return unsupported(
        "an input with one scale or one per index of the last dimension and the zero point 0, and an output with one "
        "scale, are supported");
  if (out.type != DType::int8 && out.type != DType::int16)
    return unsupported(fmt::format("an output of type {}; int8 and int16 are supported", name_of(out.type)));
  const auto columns = static_cast<size_t>(in->shape.empty() ? 1 : in->shape.back());
  for (const auto* v : {&a.center, &a.gain})
    if (v->size() != 1 && v->size() != columns)
      return unsupported(fmt::format("{} centers or gains for {} columns", v->size(), columns));
  for (size_t c = 0; c < column_count(a, *in); ++c)
    if (const double f = factor(a, *in, out, c); !(f > 0 && f < 64))
      return unsupported(
          fmt::format("a factor of {} between steps of input and output; above 0 and below 64 is "
                      "supported",
                      f));
  if (in->type == DType::int32) MOTE_TRY_STATUS(check_int32(a, *in, out));
  return std::vector<OutputType>{{out.type, in->shape}};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<RescaleAttrs>();
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto columns = static_cast<size_t>(in.shape.empty() ? 1 : in.shape.back());
  for (size_t i = 0; i < static_cast<size_t>(element_count(in.shape)); ++i) {
    const size_t c = i % columns;
    const int32_t x = in.type == DType::int32 ? o.input<int32_t>(0)[i] : o.input<int16_t>(0)[i];
    const int64_t v =
        int64_t{out.quant.zero_at(0)} + define_requantize(x + offset(a, in, c), define_factor(factor(a, in, out, c)));
    const auto [lo, hi] = limits(out.type);
    const auto y = std::clamp<int64_t>(v, lo, hi);
    if (out.type == DType::int8) o.output<int8_t>(0)[i] = static_cast<int8_t>(y);
    else o.output<int16_t>(0)[i] = static_cast<int16_t>(y);
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<RescaleAttrs>();
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  std::vector<Requant> requant;
  std::vector<int32_t> offsets;
  for (size_t c = 0; c < column_count(a, in); ++c)
    requant.push_back(quantize_multiplier(factor(a, in, out, c))), offsets.push_back(offset(a, in, c));
  KernelCall call;
  call.kernel = in.type == DType::int32 ? &kFromInt32 : out.type == DType::int8 ? &kToInt8 : &kToInt16;
  const Clamp range = limits(out.type);
  // Sums are below 2^25 in size.
  const bool narrow = std::all_of(requant.begin(), requant.end(), [](Requant q) { return q.shift < 0; });
  call.params = {static_cast<int32_t>(row_bytes(in) / bytes_of(in.type)),
                 static_cast<int32_t>(requant.size()),
                 out.quant.zero_at(0),
                 range.lo,
                 range.hi,
                 narrow};
  call.tables = {make_table("requant", requant), make_table("offset", offsets, Table::multipliers)};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return std::vector<KernelCall>{call};
}

Graph sample_of_int32(Rng& rng) {
  Tensor in, out;
  in.type = DType::int32, in.shape = sample_shape(rng), in.quant = {{1.0f / 128}, {0}, 0};
  out.quant = {{static_cast<float>(0.04 + 1e6 * rng.unit() * rng.unit() * rng.unit())}, {rng.pick(-128, 127)}, 0};
  return sample_graph(rescale_op, "RESCALE", RescaleAttrs{}, {in}, out);
}

Graph sample(Rng& rng) {
  if (rng.chance(0.2)) return sample_of_int32(rng);
  Tensor in;
  in.type = DType::int16;
  in.shape = sample_shape(rng);
  in.quant = {{1.0f / 512}, {0}, 0};
  Tensor out;
  out.type = rng.chance(0.5) ? DType::int8 : DType::int16;
  out.quant = {{static_cast<float>(out.type == DType::int8 ? 0.01 + rng.unit() : 0.001)}, {rng.pick(-128, 127)}, 0};
  RescaleAttrs a;
  const auto columns = in.shape.empty() ? 1 : in.shape.back();
  if (rng.chance(0.5)) a.center.assign(static_cast<size_t>(columns), 0), a.gain.assign(static_cast<size_t>(columns), 1);
  if (!in.shape.empty() && rng.chance(0.3)) {
    in.quant = {{}, {0}, static_cast<int32_t>(in.shape.size()) - 1};
    for (int32_t c = 0; c < columns; ++c) in.quant.scale.push_back(static_cast<float>((0.5 + rng.unit()) / 512));
  }
  for (double& c : a.center) c = 40 * rng.unit() - 20;
  for (double& gain : a.gain) gain = 0.1 + rng.unit();
  return sample_graph(rescale_op, "RESCALE", a, {in}, out);
}

}  // namespace

Op make_rescale(RescaleAttrs attrs, TensorId in, TensorId out) {
  return make_op(rescale_op, "RESCALE", std::move(attrs), {in}, out);
}

extern const OpDef rescale_op{
    .name = "rescale", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
