#include <algorithm>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {

Status fuse_pad(Graph& graph) {
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op pad = graph.ops[i];
    const auto padding = pad.def->as_padding ? pad.def->as_padding(pad, graph) : std::nullopt;
    if (!padding || std::count(graph.outputs.begin(), graph.outputs.end(), pad.out[0])) continue;
    for (Op& op : graph.ops) {
      if (!op.def->absorb_padding || op.in.empty() || op.in[0] != pad.out[0] ||
          std::count(op.in.begin(), op.in.end(), pad.out[0]) != 1)
        continue;
      Op fused = op;
      if (!fused.def->absorb_padding(fused, graph, *padding)) continue;
      fused.in[0] = pad.in[0];
      // A padding takes inputs that the window may not: some without a scale of their own, for example.
      if (fused.def->infer(fused, graph)) op = fused;
    }
  }
  return remove_unused(graph);
}

}  // namespace mote
