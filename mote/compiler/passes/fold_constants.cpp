#include <algorithm>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {
namespace {

// Weights that a converter left in another type or layout are far below; a few repeated bytes could make far more.
constexpr int64_t kMaxWork = int64_t{1} << 25, kMaxBytes = int64_t{1} << 24;

}  // namespace

Status fold_constants(Graph& graph) {
  std::vector<Op> kept;
  int64_t work = 0, bytes = 0;
  auto is_output = [&](TensorId id) { return std::count(graph.outputs.begin(), graph.outputs.end(), id) > 0; };
  for (Op& op : graph.ops) {
    const bool constant =
        std::all_of(op.in.begin(), op.in.end(), [&](TensorId id) { return id == kNone || graph.at(id).is_constant(); });
    if (!constant || std::any_of(op.out.begin(), op.out.end(), is_output)) {
      kept.push_back(std::move(op));
      continue;
    }
    int64_t made = 0;
    for (TensorId id : op.out) made += byte_count(graph.at(id));
    if (work + work_of(graph, op) > kMaxWork || bytes + made > kMaxBytes) {
      kept.push_back(std::move(op));
      continue;
    }
    work += work_of(graph, op), bytes += made;
    Values values(graph.tensors.size());
    evaluate_op(graph, op, values);
    for (TensorId id : op.out) graph.at(id).data = Blob(std::move(values[static_cast<size_t>(id)]));
  }
  graph.ops = std::move(kept);
  return {};
}

}  // namespace mote
