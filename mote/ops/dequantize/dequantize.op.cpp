// DEQUANTIZE: int8 or uint8 to float32.
#include <bit>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/table_op.h"
#include "mote/ops/dequantize/dequantize.kernel.h"

namespace mote {

extern const OpDef dequantize_op;

namespace {

constexpr KernelDef kKernel{"dequantize_f32", "mote/ops/dequantize/dequantize.kernel.h", "Dequantize",
                            "n flip zero scale_bits", dequantize_f32};

Status read(const TfliteOp&, const Graph&, Op&) { return {}; }

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_byte(in, "the input"));
  return std::vector<OutputType>{{DType::float32, in->shape}};
}

void define(const Operands& o) {
  const Tensor& in = *o.graph.in(o.op, 0);
  const auto y = o.output<float>(0);
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = static_cast<float>(double{in.quant.scale[0]} * (value_of_byte(in.type, o.in[0][i]) - in.quant.zero_at(0)));
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  const int32_t flip = in.type == DType::uint8 ? 128 : 0;
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(row_bytes(in)), flip, in.quant.zero_at(0) - flip,
                 std::bit_cast<int32_t>(in.quant.scale[0])};
  call.reads = {read_same_rows(op.in[0], in, false)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  return sample_graph(dequantize_op, "DEQUANTIZE", {}, {sample_byte(rng, sample_shape(rng))}, {});
}

}  // namespace

extern const OpDef dequantize_op{.name = "dequantize",
                                 .readers = {{"DEQUANTIZE", read}},
                                 .infer = infer,
                                 .define = define,
                                 .lower = lower,
                                 .is_pointwise = true,
                                 .sample = sample};

}  // namespace mote
