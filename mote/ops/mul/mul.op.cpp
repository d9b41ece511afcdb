// MUL: two int8 operands, repeated where their size is 1, and a fused activation.
#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/broadcast.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/mul/mul.kernel.h"

namespace mote {

extern const OpDef mul_op;

namespace {

constexpr KernelDef kKernel{"mul_s8", "mote/ops/mul/mul.kernel.h", "Mul",
                            MOTE_BROADCAST_FIELDS " a_zero b_zero out_zero multiplier shift lo hi", mul_s8};

struct MulAttrs {
  Clamp clamp{-128, 127};
};

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  MulAttrs attrs;
  MOTE_TRY(attrs.clamp, read_clamp(from.op.builtin_options_as_MulOptions(), op, g));
  op.attrs = attrs;
  return {};
}

double factor(const Op& op, const Graph& g) {
  return double{g.in(op, 0)->quant.scale[0]} * double{g.in(op, 1)->quant.scale[0]} / double{g.out(op).quant.scale[0]};
}

// Below this bound no left shift of a product (less than 2^16) loses bits.
Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  MOTE_TRY(std::vector<OutputType> types, infer_broadcast(op, g));
  if (!(factor(op, g) < 16384))
    return unsupported("the product of its operands' scales is more than 16384 times that of its output");
  return types;
}

void define(const Operands& o) {
  const DefinedFactor f = define_factor(factor(o.op, o.graph));
  const int32_t a_zero = o.graph.in(o.op, 0)->quant.zero_at(0), b_zero = o.graph.in(o.op, 1)->quant.zero_at(0);
  const Clamp clamp = o.op.attrs.as<MulAttrs>().clamp;
  const auto y = o.output<int8_t>(0);
  for (size_t i = 0; i < y.size(); ++i) {
    const int32_t product = (define_operand(o, 0, i) - a_zero) * (define_operand(o, 1, i) - b_zero);
    y[i] =
        define_clamp(int64_t{o.graph.out(o.op).quant.zero_at(0)} + define_requantize(product, f), clamp.lo, clamp.hi);
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Requant q = quantize_multiplier(factor(op, g));
  const Clamp clamp = op.attrs.as<MulAttrs>().clamp;
  // The larger operand comes first, so that one that is repeated comes second.
  const size_t first = element_count(g.in(op, 0)->shape) >= element_count(g.in(op, 1)->shape) ? 0 : 1;
  const Tensor &a = *g.in(op, first), &b = *g.in(op, 1 - first);
  return lower_broadcast(
      op, g, kKernel,
      {a.quant.zero_at(0), b.quant.zero_at(0), g.out(op).quant.zero_at(0), q.multiplier, q.shift, clamp.lo, clamp.hi},
      first);
}

// The product of two values before the clamp.
auto product(const Op& op, const Graph& g) {
  const Requant q = quantize_multiplier(factor(op, g));
  const int32_t a = g.in(op, 0)->quant.zero_at(0), b = g.in(op, 1)->quant.zero_at(0), zero = g.out(op).quant.zero_at(0);
  return [=](int32_t x, int32_t y) { return int64_t{zero} + requantize((x - a) * (y - b), q); };
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return map_corners(in[0], in[1], channel_count(g.out(op)), op.attrs.as<MulAttrs>().clamp, product(op, g));
}

bool is_identity(const Op& op, const Graph& g, const OperandRanges& in) {
  const Clamp c = op.attrs.as<MulAttrs>().clamp;
  return keeps_first(in[0], in[1], [&, multiply = product(op, g)](int32_t x, int32_t y) {
    return std::clamp(multiply(x, y), int64_t{c.lo}, int64_t{c.hi});
  });
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<MulAttrs>().clamp, clamp); }

Graph sample(Rng& rng) {
  std::vector<Tensor> in = sample_broadcast(rng);
  Tensor out = sample_int8(rng, {});
  const bool large = rng.chance(0.2);  // a factor about 1, and an operand so near its zero point that not all saturates
  const float steps = static_cast<float>(large ? rng.pick(1, 200) : 8000);  // differences to an output step
  if (large) {
    Bytes bytes(static_cast<size_t>(byte_count(in[1])));
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(std::clamp(in[1].quant.zero_at(0) + rng.pick(-2, 2), -128, 127));
    in[1].data = Blob(std::move(bytes));
  }
  if (rng.chance(0.8)) out.quant.scale = {in[0].quant.scale[0] * in[1].quant.scale[0] * steps / 64};
  return sample_graph(mul_op, "MUL", MulAttrs{{rng.pick(-128, -20), rng.pick(20, 127)}}, std::move(in), out);
}

}  // namespace

extern const OpDef mul_op{.name = "mul",
                          .readers = {{"MUL", read}},
                          .infer = infer,
                          .define = define,
                          .lower = lower,
                          .absorb_clamp = absorb_clamp,
                          .ranges = ranges,
                          .is_identity = is_identity,
                          .need = need_same_channels,
                          .is_broadcast = true,
                          .sample = sample};

}  // namespace mote
