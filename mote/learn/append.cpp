#include "mote/learn/append.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/ops/softmax/softmax.op.h"

namespace mote {

Tensor make_constant(std::string name, DType type, Shape shape, Blob data) {
  Tensor t;
  t.name = std::move(name);
  t.type = type;
  t.shape = std::move(shape);
  t.data = std::move(data);
  return t;
}

Expected<TensorId> append_op(Graph& graph, const char* name, const char* type, Attrs attrs, TensorId input,
                             std::vector<Tensor> constants, Tensor output) {
  Op op;
  op.def = find_op(name);
  op.attrs = std::move(attrs);
  op.type = type;
  op.in = {input};
  for (Tensor& t : constants) {
    t.name = fmt::format("{}/{}", output.name, t.name);
    op.in.push_back(graph.add(std::move(t)));
  }
  return append(graph, std::move(op), std::move(output));
}

Status check_input(const Graph& graph, TensorId input, int32_t features) {
  const Tensor& x = graph.at(input);
  if (x.shape.empty() || x.shape.back() != features)
    return malformed(fmt::format("the model has {} features, its input is {}", features, print(x.shape)));
  const size_t scales = x.quant.scale.size();
  const bool has_scales = scales == 1 || (scales == static_cast<size_t>(features) &&
                                          x.quant.axis == static_cast<int32_t>(x.shape.size()) - 1);
  if ((x.type != DType::int8 && x.type != DType::int16) || !has_scales)
    return unsupported(
        fmt::format("the model's input \"{}\" is {} with {} scales; int8 and int16 with one scale, or "
                    "one for each feature, are supported",
                    x.name, name_of(x.type), scales));
  return {};
}

Quant symmetric_quant(DType type, double reach) {
  const double most = type == DType::int8 ? 127 : type == DType::int16 ? 32767 : 1 << 20;
  return {{static_cast<float>(std::max(reach, 1e-20) / most)}, {0}, 0};
}

Expected<TensorId> append_probabilities(Graph& graph, TensorId scores) {
  Tensor out;
  out.name = graph.at(scores).name + "/probabilities";
  out.quant = {{1.0f / 256}, {-128}, 0};
  if (graph.at(scores).shape.back() == 1)
    return append_op(graph, "logistic", "LOGISTIC", Attrs(), scores, {}, std::move(out));
  return append_op(graph, "softmax", "SOFTMAX", SoftmaxAttrs{}, scores, {}, std::move(out));
}

}  // namespace mote
