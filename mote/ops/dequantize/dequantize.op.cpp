// DEQUANTIZE: int8, uint8 or int16 to float32.
#include "mote/ops/dequantize/dequantize.op.h"

#include <fmt/core.h>

#include <bit>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/table_op.h"
#include "mote/ops/dequantize/dequantize.kernel.h"

namespace mote {

extern const OpDef dequantize_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/dequantize/dequantize.kernel.h";
constexpr KernelDef kBytes{"dequantize_f32", kHeader, "Dequantize", "n flip zero scale_bits", dequantize_f32};
constexpr KernelDef kColumns{"dequantize_s16_f32", kHeader, "DequantizeColumns", "n columns", dequantize_s16_f32};

Status read(const TfliteOp&, const Graph&, Op&) { return {}; }

// One scale, or one per index of the last dimension, as features have them.
Status require_columns(const Tensor& in) {
  const size_t scales = in.quant.scale.size();
  const bool per_column = !in.shape.empty() && scales == static_cast<size_t>(in.shape.back()) &&
                          static_cast<size_t>(in.quant.axis) + 1 == in.shape.size();
  if (scales == 1 || per_column) return {};
  return unsupported(
      fmt::format("\"{}\" has {} scales; one, or one per index of the last dimension, is supported", in.name, scales));
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(in && in->type == DType::int16 ? require_columns(*in) : require_byte(in, "the input"));
  return std::vector<OutputType>{{DType::float32, in->shape}};
}

void define(const Operands& o) {
  const Tensor& in = *o.graph.in(o.op, 0);
  const auto y = o.output<float>(0);
  const size_t columns = in.quant.scale.size();
  for (size_t i = 0; i < y.size(); ++i) {
    const int32_t value = in.type == DType::int16 ? o.input<int16_t>(0)[i] : value_of_byte(in.type, o.in[0][i]);
    y[i] = static_cast<float>(double{in.quant.scale[i % columns]} * (value - in.quant.zero_at(i % columns)));
  }
}

KernelCall lower_bytes(const Tensor& in) {
  const int32_t flip = in.type == DType::uint8 ? 128 : 0;
  KernelCall call;
  call.kernel = &kBytes;
  call.params = {static_cast<int32_t>(row_bytes(in)), flip, in.quant.zero_at(0) - flip,
                 std::bit_cast<int32_t>(in.quant.scale[0])};
  return call;
}

KernelCall lower_columns(const Tensor& in) {
  std::vector<int32_t> zeros;
  for (size_t c = 0; c < in.quant.scale.size(); ++c) zeros.push_back(in.quant.zero_at(c));
  KernelCall call;
  call.kernel = &kColumns;
  call.params = {static_cast<int32_t>(row_bytes(in) / 2), static_cast<int32_t>(zeros.size())};
  call.tables = {make_table("scale_bits", "uint32_t", make_blob(in.quant.scale), Table::multipliers),
                 make_table("zero", zeros, Table::multipliers)};
  return call;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  KernelCall call = in.type == DType::int16 ? lower_columns(in) : lower_bytes(in);
  call.reads = {read_same_rows(op.in[0], in, false)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Tensor sample_int16(Rng& rng) {
  Tensor t = sample_int8(rng, sample_shape(rng));
  t.type = DType::int16;
  if (t.shape.empty() || rng.chance(0.5)) return t;
  t.quant = {{}, {}, static_cast<int32_t>(t.shape.size()) - 1};
  for (int32_t c = 0; c < t.shape.back(); ++c) {
    t.quant.scale.push_back(static_cast<float>((0.5 + rng.unit()) / 512));
    t.quant.zero.push_back(rng.chance(0.5) ? 0 : rng.pick(-32768, 32767));
  }
  return t;
}

Graph sample(Rng& rng) {
  Tensor in = rng.chance(0.5) ? sample_int16(rng) : sample_byte(rng, sample_shape(rng));
  return sample_graph(dequantize_op, "DEQUANTIZE", {}, {std::move(in)}, {});
}

}  // namespace

Op make_dequantize(TensorId in, TensorId out) { return make_op(dequantize_op, "DEQUANTIZE", {}, {in}, out); }

extern const OpDef dequantize_op{.name = "dequantize",
                                 .readers = {{"DEQUANTIZE", read}},
                                 .infer = infer,
                                 .define = define,
                                 .lower = lower,
                                 .is_pointwise = true,
                                 .sample = sample};

}  // namespace mote
