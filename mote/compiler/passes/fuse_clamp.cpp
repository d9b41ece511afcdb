#include <algorithm>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {
namespace {

Op* maker_of(Graph& g, TensorId id) {
  for (Op& op : g.ops)
    if (std::count(op.out.begin(), op.out.end(), id)) return &op;
  return nullptr;
}

}  // namespace

Status fuse_clamp(Graph& graph) {
  const std::vector<int> readers = count_readers(graph);
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    if (!op.def->as_clamp) continue;
    const auto clamp = op.def->as_clamp(op, graph);
    if (!clamp) continue;
    // The clamped operand is the one that is not constant.
    TensorId in = kNone;
    for (TensorId id : op.in)
      if (id != kNone && !graph.at(id).is_constant()) in = id;
    if (in == kNone || readers[static_cast<size_t>(in)] != 1 || graph.at(in).shape != graph.out(op).shape) continue;
    Op* maker = maker_of(graph, in);
    if (!maker || !maker->def->absorb_clamp || !maker->def->absorb_clamp(*maker, *clamp)) continue;
    maker->out[0] = op.out[0];
    graph.ops.erase(graph.ops.begin() + static_cast<std::ptrdiff_t>(i--));
  }
  return {};
}

}  // namespace mote
