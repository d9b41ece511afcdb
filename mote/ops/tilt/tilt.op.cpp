// Along and across gravity. There is no such op in model files: sensor blocks make it (make_tilt).
#include "mote/ops/tilt/tilt.op.h"

#include <fmt/core.h>

#include "mote/compiler/ir/define_real.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/tilt/tilt.kernel.h"

namespace mote {

extern const OpDef tilt_op;

namespace {

constexpr KernelDef kKernel{"tilt_s16", "mote/ops/tilt/tilt.kernel.h", "Tilt", "n", tilt_s16};

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *a = g.in(op, 0), *gravity = g.in(op, 1), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(a, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_type(gravity, DType::int16, "gravity"));
  MOTE_TRY_STATUS(require_rank(*a, 3, "the samples"));
  MOTE_TRY_STATUS(require_same_quant(*a, *gravity, "samples and gravity have one unit"));
  if (a->quant.scale.size() != 1 || a->quant.zero_at(0) != 0 || out.quant.scale.size() != 1 ||
      out.quant.zero_at(0) != 0 || out.quant.scale[0] != 2 * a->quant.scale[0])
    return unsupported(
        "samples with one scale and the zero point 0, and an output with twice the scale, are supported");
  if (a->shape[0] != 1 || a->shape != gravity->shape || a->shape[2] % 3 != 0)
    return unsupported(fmt::format("samples of {}, gravity of {}; rows of three axes, equally many, are supported",
                                   print(a->shape), print(gravity->shape)));
  return std::vector<OutputType>{{DType::int16, {1, a->shape[1], a->shape[2] / 3 * 2}}};
}

void define(const Operands& o) {
  const auto a = o.input<int16_t>(0), g = o.input<int16_t>(1);
  const auto out = o.output<int16_t>(0);
  for (size_t i = 0; i < out.size() / 2; ++i) {
    Wide product = 0, size = 0, length = 0;
    for (size_t axis = 3 * i; axis < 3 * i + 3; ++axis) {
      product += Wide{a[axis]} * g[axis];
      size += Wide{a[axis]} * a[axis];
      length += Wide{g[axis]} * g[axis];
    }
    DefinedReal along;
    if (length > 0)
      along = define_quotient(define_real(product < 0 ? -product : product), define_root(define_real(length)));
    const Wide fine = define_round(along, 14), rest = size * (Wide{1} << 28) - fine * fine;
    const DefinedReal across = define_root(define_real(rest > 0 ? rest : 0, -28));
    const int64_t half = define_round(along, -1);
    out[2 * i] = static_cast<int16_t>(product < 0 ? -half : half);
    out[2 * i + 1] = static_cast<int16_t>(define_round(across, -1));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &a = *g.in(op, 0), &gravity = *g.in(op, 1);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {a.shape[2] / 3};
  call.reads = {read_same_rows(op.in[0], a, false), read_same_rows(op.in[1], gravity, false)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(a);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 5), rng.pick(1, 8) * 3};
  in.quant = {{0.01f}, {0}, 0};
  Tensor out;
  out.quant = {{0.02f}, {0}, 0};
  return sample_graph(tilt_op, "TILT", {}, {in, in}, out);
}

}  // namespace

Op make_tilt(TensorId samples, TensorId gravity, TensorId out) {
  return make_op(tilt_op, "TILT", {}, {samples, gravity}, out);
}

extern const OpDef tilt_op{
    .name = "tilt", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
