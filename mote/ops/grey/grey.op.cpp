// Brightness. There is no such op in model files: sensor blocks make it (make_grey).
#include "mote/ops/grey/grey.op.h"

#include <fmt/core.h>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/grey/grey.kernel.h"

namespace mote {

extern const OpDef grey_op;

namespace {

constexpr KernelDef kKernel{"grey_u8", "mote/ops/grey/grey.kernel.h", "Grey", "pixels", grey_u8};

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::uint8, "the picture"));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the picture"));
  MOTE_TRY_STATUS(require_same_quant(*in, g.out(op), "brightness has the scale of the colours"));
  if (in->shape[3] != 3) return unsupported(fmt::format("{} channels; red, green and blue are needed", in->shape[3]));
  return std::vector<OutputType>{{DType::uint8, {in->shape[0], in->shape[1], in->shape[2], 1}}};
}

void define(const Operands& o) {
  const auto parts = [](double share) { return static_cast<Wide>(share * 65536 + 0.5); };
  for (size_t i = 0; i < o.out[0].size(); ++i) {
    const Wide sum =
        parts(0.299) * o.in[0][3 * i] + parts(0.587) * o.in[0][3 * i + 1] + parts(0.114) * o.in[0][3 * i + 2];
    o.out[0][i] = static_cast<uint8_t>(define_floor_div(2 * sum + 65536, 2 * 65536));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {in.shape[2]};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  Tensor in, out;
  in.type = DType::uint8;
  in.shape = {rng.chance(0.2) ? 2 : 1, rng.pick(1, 6), rng.pick(1, 12), 3};
  in.quant = out.quant = {{1.0f / 255}, {0}, 0};
  return sample_graph(grey_op, "GREY", {}, {in}, out);
}

}  // namespace

Op make_grey(TensorId picture, TensorId out) { return make_op(grey_op, "GREY", {}, {picture}, out); }

extern const OpDef grey_op{
    .name = "grey", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
