#include "mote/compiler/ir/vector_op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/sample.h"

namespace mote {

Status require_vectors(const Tensor* x, int32_t most) {
  if (!x || (x->type != DType::int8 && x->type != DType::int16))
    return unsupported(fmt::format("its input is {}; int8 and int16 are supported", x ? name_of(x->type) : "absent"));
  if (x->shape.empty() || x->shape.back() > most)
    return unsupported(fmt::format("its input is {}; vectors of 1 to {} values are supported", print(x->shape), most));
  return {};
}

Status require_constant(const Tensor* tensor, DType type, size_t rank, const std::string& what) {
  MOTE_TRY_STATUS(require_type(tensor, type, what));
  MOTE_TRY_STATUS(require_rank(*tensor, rank, what));
  if (!tensor->is_constant()) return unsupported(what + " is not constant");
  return {};
}

Status require_scores(const Tensor& out) {
  if (out.type != DType::int8 && out.type != DType::int16 && out.type != DType::int32)
    return unsupported(fmt::format("its output is {}; int8, int16 and int32 are supported", name_of(out.type)));
  return {};
}

Shape with_last(const Tensor& x, int32_t values) {
  Shape shape = x.shape;
  shape.back() = values;
  return shape;
}

Clamp range_of(const Tensor& out) {
  if (out.type == DType::int8) return {-128, 127};
  return out.type == DType::int16 ? Clamp{-32768, 32767} : Clamp{INT32_MIN, INT32_MAX};
}

int32_t zero_of(const Tensor& out) { return out.type == DType::int32 ? 0 : out.quant.zero_at(0); }

int32_t define_value(const Operands& o, size_t i) {
  return o.graph.in(o.op, 0)->type == DType::int8 ? o.input<int8_t>(0)[i] : o.input<int16_t>(0)[i];
}

void define_output(const Operands& o, size_t i, Wide value) {
  const Tensor& out = o.graph.out(o.op);
  const Clamp range = range_of(out);
  const auto v = static_cast<int32_t>(std::clamp<Wide>(value, range.lo, range.hi));
  if (out.type == DType::int8) o.output<int8_t>(0)[i] = static_cast<int8_t>(v);
  else if (out.type == DType::int16) o.output<int16_t>(0)[i] = static_cast<int16_t>(v);
  else o.output<int32_t>(0)[i] = v;
}

KernelCall call_on_vectors(const Op& op, const Graph& g, const KernelDef& kernel, std::vector<int32_t> more_params) {
  const Tensor& x = *g.in(op, 0);
  const int32_t n = x.shape.back();
  KernelCall call;
  call.kernel = &kernel;
  call.params = {n, static_cast<int32_t>(row_bytes(x) / bytes_of(x.type) / n)};
  call.params.insert(call.params.end(), more_params.begin(), more_params.end());
  call.reads = {read_same_rows(op.in[0], x, false)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(x);
  return call;
}

Tensor sample_vectors(Rng& rng, int32_t n) {
  const Shape shapes[] = {{n}, {1, n}, {rng.pick(2, 3), n}, {1, rng.pick(1, 3), rng.pick(1, 3), n}};
  Tensor x = sample_int8(rng, shapes[rng.pick(0, 3)]);
  if (rng.chance(0.6)) x.type = DType::int16, x.quant.zero = {0};
  return x;
}

DType sample_score_type(Rng& rng) {
  const DType types[] = {DType::int8, DType::int16, DType::int32};
  return types[rng.pick(0, 2)];
}

}  // namespace mote
