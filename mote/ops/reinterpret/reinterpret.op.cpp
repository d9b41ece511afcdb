// Other values. There is no such op in model files: sensor blocks make it (make_reinterpret).
#include "mote/ops/reinterpret/reinterpret.op.h"

#include <algorithm>

#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/reinterpret/reinterpret.kernel.h"

namespace mote {

extern const OpDef reinterpret_op;

namespace {

constexpr KernelDef kKernel{"reinterpret_rows", "mote/ops/reinterpret/reinterpret.kernel.h", "Reinterpret", "bytes",
                            reinterpret_rows};

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  if (!in) return malformed("the input is missing");
  if (in->quant.scale.size() != 1 || out.quant.scale.size() != 1)
    return unsupported("tensors with one scale are supported");
  if (!(out.quant.scale[0] > 0)) return malformed("a scale that is not above 0");
  return std::vector<OutputType>{{in->type, in->shape}};
}

void define(const Operands& o) { std::copy(o.in[0].begin(), o.in[0].end(), o.out[0].begin()); }

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(row_bytes(in))};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return std::vector<KernelCall>{call};
}

Graph sample(Rng& rng) {
  Tensor in = sample_int8(rng, sample_shape(rng));
  if (rng.chance(0.5)) in.type = DType::int16;
  Tensor out = in;
  out.quant.scale[0] *= static_cast<float>(0.1 + rng.unit());
  if (rng.chance(0.5)) out.quant.zero[0] = 0;
  return sample_graph(reinterpret_op, "REINTERPRET", {}, {std::move(in)}, std::move(out));
}

}  // namespace

Op make_reinterpret(TensorId in, TensorId out) { return make_op(reinterpret_op, "REINTERPRET", {}, {in}, out); }

extern const OpDef reinterpret_op{.name = "reinterpret",
                                  .readers = {},
                                  .infer = infer,
                                  .define = define,
                                  .lower = lower,
                                  .is_reshape = true,
                                  .sample = sample};

}  // namespace mote
