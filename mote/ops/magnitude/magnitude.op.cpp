// Lengths of vectors. There is no such op in model files: sensor blocks make it (make_magnitude).
#include "mote/ops/magnitude/magnitude.op.h"

#include <fmt/core.h>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/magnitude/magnitude.kernel.h"

namespace mote {

extern const OpDef magnitude_op;

namespace {

constexpr KernelDef kKernel{"magnitude_s16", "mote/ops/magnitude/magnitude.kernel.h", "Magnitude", "n axes",
                            magnitude_s16};

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<MagnitudeAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (in->quant.scale.size() != 1 || in->quant.zero_at(0) != 0 || out.quant.scale.size() != 1 ||
      out.quant.zero_at(0) != 0 || out.quant.scale[0] != 2 * in->quant.scale[0])
    return unsupported(
        "samples with one scale and the zero point 0, and an output with twice the scale, are supported");
  if (in->shape[0] != 1 || a.axes < 1 || a.axes > 3 || in->shape[2] % a.axes != 0)
    return unsupported(fmt::format("rows of {} values for {} axes; 1 to 3 axes are supported", in->shape[2], a.axes));
  return std::vector<OutputType>{{DType::int16, {1, in->shape[1], in->shape[2] / a.axes}}};
}

void define(const Operands& o) {
  const auto axes = static_cast<size_t>(o.op.attrs.as<MagnitudeAttrs>().axes);
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  for (size_t i = 0; i < y.size(); ++i) {
    Wide sum = 0, unit = 1;  // the sum's root is that of sum * unit^2, which has 31 or 32 bits, by the unit
    for (size_t a = 0; a < axes; ++a) sum += Wide{x[i * axes + a]} * x[i * axes + a];
    while (sum > 0 && sum * unit * unit < Wide{1} << 30) unit *= 2;
    Wide root = 0;
    for (Wide bit = 1 << 16; bit > 0; bit /= 2)
      if ((root + bit) * (root + bit) <= sum * unit * unit) root += bit;
    y[i] = static_cast<int16_t>((root + unit) / (2 * unit));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  const int32_t axes = op.attrs.as<MagnitudeAttrs>().axes;
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {in.shape[2] / axes, axes};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  const MagnitudeAttrs a{rng.pick(1, 3)};
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 5), rng.pick(1, 8) * a.axes};
  in.quant = {{0.01f}, {0}, 0};
  Tensor out;
  out.quant = {{0.02f}, {0}, 0};
  return sample_graph(magnitude_op, "MAGNITUDE", a, {in}, out);
}

}  // namespace

Op make_magnitude(MagnitudeAttrs attrs, TensorId samples, TensorId out) {
  return make_op(magnitude_op, "MAGNITUDE", attrs, {samples}, out);
}

extern const OpDef magnitude_op{
    .name = "magnitude", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
