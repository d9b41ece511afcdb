#include "mote/compiler/ir/evaluate.h"

#include "mote/compiler/ir/op_def.h"

namespace mote {

int64_t work_of(const Graph& graph, const Op& op) {
  int64_t work = 0;
  for (const auto* ids : {&op.in, &op.out})
    for (TensorId id : *ids)
      if (id != kNone) work += element_count(graph.at(id).shape);
  if (op.def->macs) work += op.def->macs(op, graph);
  if (op.def->taps) work += op.def->taps(op, graph);
  return work;
}

void evaluate_op(const Graph& graph, const Op& op, Values& values) {
  Operands operands{graph, op, {}, {}};
  for (TensorId id : op.in) {
    if (id == kNone) operands.in.emplace_back();
    else if (graph.at(id).is_constant()) operands.in.push_back(graph.at(id).data.bytes());
    else operands.in.emplace_back(values[static_cast<size_t>(id)]);
  }
  for (TensorId id : op.out) {
    Bytes& out = values[static_cast<size_t>(id)];
    out.assign(static_cast<size_t>(byte_count(graph.at(id))), 0);
    operands.out.emplace_back(out);
  }
  op.def->define(operands);
}

Values evaluate(const Graph& graph, const std::vector<Bytes>& inputs) {
  Values values(graph.tensors.size());
  MOTE_ASSERT(inputs.size() == graph.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    MOTE_ASSERT(static_cast<int64_t>(inputs[i].size()) == byte_count(graph.at(graph.inputs[i])));
    values[static_cast<size_t>(graph.inputs[i])] = inputs[i];
  }
  for (const Op& op : graph.ops) evaluate_op(graph, op, values);
  for (TensorId id : graph.outputs)
    if (graph.at(id).is_constant()) {
      const auto bytes = graph.at(id).data.bytes();
      values[static_cast<size_t>(id)].assign(bytes.begin(), bytes.end());
    }
  return values;
}

}  // namespace mote
