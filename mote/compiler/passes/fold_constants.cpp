#include <algorithm>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {

Status fold_constants(Graph& graph) {
  std::vector<Op> kept;
  auto is_output = [&](TensorId id) { return std::count(graph.outputs.begin(), graph.outputs.end(), id) > 0; };
  for (Op& op : graph.ops) {
    const bool constant = std::all_of(op.in.begin(), op.in.end(), [&](TensorId id) { return id == kNone || graph.at(id).is_constant(); });
    if (!constant || std::any_of(op.out.begin(), op.out.end(), is_output)) {
      kept.push_back(std::move(op));
      continue;
    }
    Values values(graph.tensors.size());
    evaluate_op(graph, op, values);
    for (TensorId id : op.out) graph.at(id).data = Blob(std::move(values[static_cast<size_t>(id)]));
  }
  graph.ops = std::move(kept);
  return {};
}

}  // namespace mote
