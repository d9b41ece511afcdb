// ADD: two int8 operands, repeated where their size is 1, and a fused activation.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/broadcast.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/add/add.kernel.h"

namespace mote {

extern const OpDef add_op;

namespace {

constexpr KernelDef kKernel{"add_s8", "mote/ops/add/add.kernel.h", "Add",
                            MOTE_BROADCAST_FIELDS
                            " a_offset b_unit b_offset b_multiplier b_shift out_multiplier out_shift out_zero lo hi",
                            add_s8};
constexpr KernelDef kLinear{"add_linear_s8", "mote/ops/add/add.kernel.h", "AddLinear",
                            MOTE_BROADCAST_FIELDS " a_factor b_factor offset lo hi", add_linear_s8};

struct AddAttrs {
  Clamp clamp{-128, 127};
};

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  AddAttrs attrs;
  MOTE_TRY(attrs.clamp, read_clamp(from.op.builtin_options_as_AddOptions(), op, g));
  op.attrs = attrs;
  return {};
}

// Everything is done in double precision: the common scale t is twice the larger one, and 2^20 to spare.
struct Factors {
  double a, b, out;
};

Factors factors(const Op& op, const Graph& g) {
  const double a = g.in(op, 0)->quant.scale[0], b = g.in(op, 1)->quant.scale[0], out = g.out(op).quant.scale[0];
  const double t = 2 * std::max(a, b);
  return {a / t, b / t, t / (1048576.0 * out)};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  MOTE_TRY(std::vector<OutputType> types, infer_broadcast(op, g));
  if (const double out = factors(op, g).out; !(out < 0.25))
    return unsupported(
        fmt::format("the output's scale {} is more than 131,072 times smaller than an operand's ({} and {})",
                    g.out(op).quant.scale[0], g.in(op, 0)->quant.scale[0], g.in(op, 1)->quant.scale[0]));
  return types;
}

void define(const Operands& o) {
  const Factors f = factors(o.op, o.graph);
  const DefinedFactor fa = define_factor(f.a), fb = define_factor(f.b), fo = define_factor(f.out);
  const int32_t a_zero = o.graph.in(o.op, 0)->quant.zero_at(0), b_zero = o.graph.in(o.op, 1)->quant.zero_at(0);
  const Clamp clamp = o.op.attrs.as<AddAttrs>().clamp;
  const auto y = o.output<int8_t>(0);
  for (size_t i = 0; i < y.size(); ++i) {
    const int32_t a = define_requantize((define_operand(o, 0, i) - a_zero) * 1048576, fa);
    const int32_t b = define_requantize((define_operand(o, 1, i) - b_zero) * 1048576, fb);
    y[i] = define_clamp(int64_t{o.graph.out(o.op).quant.zero_at(0)} + define_requantize(a + b, fo), clamp.lo, clamp.hi);
  }
}

// The sum of two values before the clamp. Nothing wraps: both parts are below 2^28.
struct Sum {
  int32_t a_zero, b_zero, out_zero;
  Requant a, b, out;

  Sum(const Op& op, const Graph& g)
      : a_zero(g.in(op, 0)->quant.zero_at(0)),
        b_zero(g.in(op, 1)->quant.zero_at(0)),
        out_zero(g.out(op).quant.zero_at(0)) {
    const Factors f = factors(op, g);
    a = quantize_multiplier(f.a), b = quantize_multiplier(f.b), out = quantize_multiplier(f.out);
  }
  int32_t part_of_a(int32_t x) const { return requantize((x - a_zero) * kUnit, a); }
  int32_t part_of_b(int32_t y) const { return requantize((y - b_zero) * kUnit, b); }
  int64_t of_parts(int32_t part_a, int32_t part_b) const {
    return int64_t{out_zero} + requantize(part_a + part_b, out);
  }
  int64_t operator()(int32_t x, int32_t y) const { return of_parts(part_of_a(x), part_of_b(y)); }

 private:
  static constexpr int32_t kUnit = 1 << 20;
};

struct Linear {
  int32_t a_factor, b_factor, offset;
};

// The linear function of AddLinear that gives the saturated sum of every pair of values, if there is one: each pair
// bounds the offset from one side or from both. There is none where sums that lie halfway between two outputs are
// rounded up for some pairs and down for others, or where a factor or a sum would not fit.
std::optional<Linear> fit_linear(const Op& op, const Graph& g) {
  const auto factor = [&](size_t i) {
    const double scale = g.in(op, i)->quant.scale[0];
    return std::round(std::ldexp(scale / double{g.out(op).quant.scale[0]}, kAddLinearShift + 8));
  };
  constexpr double kLimit = 2147483648.0;
  if (!(factor(0) < kLimit && factor(1) < kLimit)) return std::nullopt;
  const auto a_factor = static_cast<int32_t>(factor(0)), b_factor = static_cast<int32_t>(factor(1));
  const Sum sum(op, g);
  std::array<int32_t, 256> parts_of_b;  // the same for each a
  for (int32_t b = -128; b <= 127; ++b) parts_of_b[static_cast<size_t>(b + 128)] = sum.part_of_b(b);
  constexpr int64_t kOne = int64_t{1} << kAddLinearShift, kMost = (int64_t{1} << 31) - 1;
  int64_t least = -kMost, most = kMost;
  for (int32_t a = -128; a <= 127; ++a) {
    const int32_t part_of_a = sum.part_of_a(a);
    for (int32_t b = -128; b <= 127; ++b) {
      const int64_t y =
          std::clamp<int64_t>(sum.of_parts(part_of_a, parts_of_b[static_cast<size_t>(b + 128)]), -128, 127);
      const int64_t products = (int64_t{a} * a_factor >> 8) + (int64_t{b} * b_factor >> 8);
      least = std::max(least, y > -128 ? y * kOne - products : -kMost - products);
      most = std::min(most, y < 127 ? (y + 1) * kOne - 1 - products : kMost - products);
    }
    if (least > most) return std::nullopt;
  }
  return Linear{a_factor, b_factor, static_cast<int32_t>(least)};
}

std::vector<Way> ways(const Op& op, const Graph& g) {
  if (fit_linear(op, g)) return {{&kKernel}, {&kLinear}};
  return {{&kKernel}};
}

// The kernel's shifts are at least one to the right. The factor of one half has none: its unit is doubled instead,
// which changes nothing, because both products are exact. A factor of 0 may have any.
Requant with_right_shift(double factor, int32_t& unit) {
  const Requant q = quantize_multiplier(factor);
  if (q.shift < 0) return q;
  if (q.multiplier != 0) unit *= 2;
  return {q.multiplier, -1};
}

std::vector<KernelCall> lower_plain(const Op& op, const Graph& g, Clamp clamp) {
  const Factors f = factors(op, g);
  const size_t large = f.a >= f.b ? 0 : 1;  // the operand whose factor is one half
  const Tensor &a = *g.in(op, large), &b = *g.in(op, 1 - large), &out = g.out(op);
  int32_t b_unit = 1 << 20, none = 0;
  const Requant of_b = with_right_shift(std::min(f.a, f.b), b_unit), of_out = with_right_shift(f.out, none);
  return lower_broadcast(op, g, kKernel,
                         {-a.quant.zero_at(0) * (1 << 19), b_unit, -b.quant.zero_at(0) * b_unit, of_b.multiplier,
                          of_b.shift, of_out.multiplier, of_out.shift, out.quant.zero_at(0), clamp.lo, clamp.hi},
                         large);
}

std::vector<KernelCall> lower_linear(const Op& op, const Graph& g, Clamp clamp) {
  const Linear linear = *fit_linear(op, g);
  return lower_broadcast(op, g, kLinear, {linear.a_factor, linear.b_factor, linear.offset, clamp.lo, clamp.hi});
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions& options) {
  const Clamp clamp = op.attrs.as<AddAttrs>().clamp;
  std::vector<KernelCall> calls =
      options.way.kernel == &kLinear ? lower_linear(op, g, clamp) : lower_plain(op, g, clamp);
  for (KernelCall& call : calls) call.work = {.steps = call.rows, .outputs = call.rows * row_bytes(g.out(op))};
  return calls;
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return map_corners(in[0], in[1], channel_count(g.out(op)), op.attrs.as<AddAttrs>().clamp, Sum(op, g));
}

bool is_identity(const Op& op, const Graph& g, const OperandRanges& in) {
  const Clamp c = op.attrs.as<AddAttrs>().clamp;
  return keeps_first(in[0], in[1], [&, sum = Sum(op, g)](int32_t x, int32_t y) {
    return std::clamp(sum(x, y), int64_t{c.lo}, int64_t{c.hi});
  });
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<AddAttrs>().clamp, clamp); }

Graph sample(Rng& rng) {
  std::vector<Tensor> in = sample_broadcast(rng);
  Tensor out = sample_int8(rng, {});
  if (rng.chance(0.2)) in[1].quant.scale = in[0].quant.scale;
  if (rng.chance(0.1)) {  // sums halfway between two outputs
    in[1].quant.scale = in[0].quant.scale;
    out.quant.scale[0] = 2 * in[0].quant.scale[0];
  }
  if (rng.chance(0.1)) in[0].quant.scale[0] *= rng.chance(0.5) ? 1e-11f : 1e-5f;
  if (rng.chance(0.1)) out.quant.scale[0] *= rng.chance(0.5) ? 1e-3f : 1e7f;
  return sample_graph(add_op, "ADD", AddAttrs{{rng.pick(-128, -20), rng.pick(20, 127)}}, std::move(in), out);
}

}  // namespace

extern const OpDef add_op{.name = "add",
                          .readers = {{"ADD", read}},
                          .infer = infer,
                          .define = define,
                          .lower = lower,
                          .ways = ways,
                          .absorb_clamp = absorb_clamp,
                          .ranges = ranges,
                          .is_identity = is_identity,
                          .need = need_same_channels,
                          .is_broadcast = true,
                          .sample = sample};

}  // namespace mote
