#include "mote/compiler/ir/append.h"

#include "mote/compiler/ir/op_def.h"

namespace mote {

Expected<TensorId> append(Graph& graph, Op op, Tensor out) {
  op.source = static_cast<int32_t>(graph.ops.size());
  const TensorId id = graph.add(std::move(out));
  op.out = {id};
  MOTE_TRY(const std::vector<OutputType> types, op.def->infer(op, graph));
  graph.at(id).type = types[0].type;
  graph.at(id).shape = types[0].shape;
  graph.ops.push_back(std::move(op));
  return id;
}

}  // namespace mote
