// RELU, RELU6 and RELU_N1_TO_1 as ops of their own, int8. With equal quantisation on both sides that is a clamp, which
// most producers take over; else a table.
//
//   out = clamp(out_zero + requantize(in - in_zero, float(scale_in / scale_out)), range of the activation)
#include <cmath>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/table_op.h"

namespace mote {

extern const OpDef relu_op;

namespace {

struct ReluAttrs {
  Activation activation = Activation::relu;
};

template <Activation activation>
Status read(const TfliteOp&, const Graph&, Op& op) {
  op.attrs = ReluAttrs{activation};
  return {};
}

// The quotient of the scales is rounded to float.
double factor(const Tensor& in, const Tensor& out) { return double{in.quant.scale[0] / out.quant.scale[0]}; }

// Up to this bound no left shift of a difference (up to 255) loses bits.
Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  if (!(factor(*in, g.out(op)) < 1048576))
    return unsupported("its input's scale is more than 2^20 times that of its output");
  return std::vector<OutputType>{{DType::int8, in->shape}};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const DefinedFactor f = define_factor(factor(in, out));
  const Activation activation = o.op.attrs.as<ReluAttrs>().activation;
  auto quantized = [&](float v) {
    return out.quant.zero_at(0) + static_cast<double>(std::round(v / out.quant.scale[0]));
  };
  const double lo = activation == Activation::relu_n1_to_1 ? quantized(-1) : quantized(0);
  const double hi = activation == Activation::relu    ? 127
                    : activation == Activation::relu6 ? quantized(6)
                                                      : quantized(1);
  define_each(o, [&](int32_t q) {
    const double y = out.quant.zero_at(0) + define_requantize(q - in.quant.zero_at(0), f);
    return static_cast<int32_t>(std::fmin(std::fmax(y, std::fmax(lo, -128)), std::fmin(hi, 127)));
  });
}

Clamp range_of(const Op& op, const Graph& g) {
  return activation_range(op.attrs.as<ReluAttrs>().activation, g.out(op).quant);
}

// The activation of one value.
auto activate(const Op& op, const Graph& g) {
  const int32_t in_zero = g.in(op, 0)->quant.zero_at(0), out_zero = g.out(op).quant.zero_at(0);
  return [=, q = quantize_multiplier(factor(*g.in(op, 0), g.out(op))), range = range_of(op, g)](int32_t x) {
    return clamp(out_zero + requantize(x - in_zero, q), range.lo, range.hi);
  };
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_as_table(op, g, activate(op, g));
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) { return map_ranges(in[0], activate(op, g)); }

bool is_identity(const Op& op, const Graph& g, const OperandRanges& in) { return is_unchanged(in[0], activate(op, g)); }

std::optional<Clamp> as_clamp(const Op& op, const Graph& g) {
  if (!require_same_quant(*g.in(op, 0), g.out(op), "")) return std::nullopt;
  return range_of(op, g);
}

Graph sample(Rng& rng) {
  Tensor in = sample_int8(rng, sample_shape(rng)), out = sample_int8(rng, {});
  if (rng.chance(0.5)) out.quant.scale[0] = in.quant.scale[0] * static_cast<float>(rng.pick(20, 200)) / 100;
  if (rng.chance(0.2)) out.quant = in.quant;
  const Activation activations[] = {Activation::relu, Activation::relu6, Activation::relu_n1_to_1};
  return sample_graph(relu_op, "RELU", ReluAttrs{activations[rng.pick(0, 2)]}, {std::move(in)}, std::move(out));
}

}  // namespace

extern const OpDef relu_op{.name = "relu",
                           .readers = {{"RELU", read<Activation::relu>},
                                       {"RELU6", read<Activation::relu6>},
                                       {"RELU_N1_TO_1", read<Activation::relu_n1_to_1>}},
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
