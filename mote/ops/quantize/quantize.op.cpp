// QUANTIZE: float32 to int8 or uint8; and int8 or uint8 to another scale, zero point or type, which is a table.
//
//   out = clamp(zero_out + requantize(in - zero_in, scale_in / scale_out))
#include <algorithm>
#include <bit>
#include <cmath>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/table_op.h"
#include "mote/ops/quantize/quantize.kernel.h"

namespace mote {

extern const OpDef quantize_op;

namespace {

constexpr KernelDef kKernel{"quantize_f32", "mote/ops/quantize/quantize.kernel.h", "Quantize",
                            "n scale_bits zero lo hi", quantize_f32};

Status read(const TfliteOp&, const Graph&, Op&) { return {}; }

double factor(const Tensor& in, const Tensor& out) { return double{in.quant.scale[0]} / double{out.quant.scale[0]}; }

Clamp range_of(DType type) { return type == DType::uint8 ? Clamp{0, 255} : Clamp{-128, 127}; }

// Up to this bound no left shift of a difference (up to 255) loses bits.
Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  const Tensor& out = g.out(op);
  MOTE_TRY_STATUS(require_byte(&out, "the output"));
  if (in && in->type == DType::float32) return std::vector<OutputType>{{out.type, in->shape}};
  MOTE_TRY_STATUS(require_byte(in, "the input (if not float32)"));
  if (!(factor(*in, out) < 1048576)) return unsupported("its input's scale is more than 2^20 times that of its output");
  return std::vector<OutputType>{{out.type, in->shape}};
}

void define_from_float(const Operands& o) {
  const Tensor& out = o.graph.out(o.op);
  const Clamp range = range_of(out.type);
  const auto x = o.input<float>(0);
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = std::round(x[i] / out.quant.scale[0]) + static_cast<double>(out.quant.zero_at(0));
    const double y = std::isnan(v) ? out.quant.zero_at(0) : std::clamp<double>(v, range.lo, range.hi);
    o.out[0][i] = static_cast<uint8_t>(static_cast<int32_t>(y));
  }
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  if (in.type == DType::float32) return define_from_float(o);
  const DefinedFactor f = define_factor(factor(in, out));
  const Clamp range = range_of(out.type);
  define_each(o, [&](int32_t q) {
    return std::clamp(int64_t{out.quant.zero_at(0)} + define_requantize(q - in.quant.zero_at(0), f), int64_t{range.lo},
                      int64_t{range.hi});
  });
}

int32_t rescaled(const Tensor& in, const Tensor& out, Requant q, int32_t x) {
  const Clamp range = range_of(out.type);
  return clamp(out.quant.zero_at(0) + requantize(x - in.quant.zero_at(0), q), range.lo, range.hi);
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const Clamp range = range_of(out.type);
  const int32_t zero = out.quant.zero_at(0);
  if (in.type != DType::float32) {
    const Requant q = quantize_multiplier(factor(in, out));
    return lower_as_table(op, g, [&](int32_t x) { return rescaled(in, out, q, x); });
  }
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(row_bytes(out)), std::bit_cast<int32_t>(out.quant.scale[0]), zero, range.lo,
                 range.hi};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return std::vector<KernelCall>{call};
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  if (in.type == DType::float32) return full_ranges(out);
  const Requant q = quantize_multiplier(factor(in, out));
  return map_ranges(in_ranges[0], [&](int32_t x) { return rescaled(in, out, q, x); });
}

bool is_identity(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  if (in.type != out.type) return false;
  const Requant q = quantize_multiplier(factor(in, out));
  return is_unchanged(in_ranges[0], [&](int32_t x) { return rescaled(in, out, q, x); });
}

// Equal on both sides: nothing to do.
std::optional<Clamp> as_clamp(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  if (in.type != DType::int8 || out.type != DType::int8 || !require_same_quant(in, out, "")) return std::nullopt;
  return Clamp{-128, 127};
}

Graph sample(Rng& rng) {
  Tensor in = sample_byte(rng, sample_shape(rng)), out = sample_byte(rng, {});
  if (rng.chance(0.3)) in.quant.scale = out.quant.scale;
  if (rng.chance(0.4)) in.type = DType::float32, in.quant = {};
  return sample_graph(quantize_op, "QUANTIZE", {}, {std::move(in)}, std::move(out));
}

}  // namespace

extern const OpDef quantize_op{.name = "quantize",
                               .readers = {{"QUANTIZE", read}},
                               .infer = infer,
                               .define = define,
                               .lower = lower,
                               .is_pointwise = true,
                               .as_clamp = as_clamp,
                               .ranges = ranges,
                               .is_identity = is_identity,
                               .need = need_same_channels,
                               .sample = sample};

}  // namespace mote
