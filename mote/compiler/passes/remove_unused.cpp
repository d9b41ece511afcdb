#include <algorithm>

#include "mote/compiler/passes/passes.h"

namespace mote {

Status remove_unused(Graph& graph) {
  std::vector<int> readers = count_readers(graph);
  std::vector<Op> kept;
  for (size_t i = graph.ops.size(); i-- > 0;) {
    Op& op = graph.ops[i];
    const bool used =
        std::any_of(op.out.begin(), op.out.end(), [&](TensorId id) { return readers[static_cast<size_t>(id)] > 0; });
    if (used) {
      kept.push_back(std::move(op));
      continue;
    }
    for (TensorId id : op.in)
      if (id != kNone) --readers[static_cast<size_t>(id)];
  }
  std::reverse(kept.begin(), kept.end());
  graph.ops = std::move(kept);
  return {};
}

}  // namespace mote
