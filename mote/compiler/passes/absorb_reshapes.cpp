#include <algorithm>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {
namespace {

bool contains(const std::vector<TensorId>& ids, TensorId id) { return std::count(ids.begin(), ids.end(), id) > 0; }

void replace_reads(Graph& g, TensorId from, TensorId to) {
  for (Op& op : g.ops) std::replace(op.in.begin(), op.in.end(), from, to);
}

// Readers that take any shape read the original.
bool feed_flat_readers(Graph& g, const Op& reshape) {
  bool changed = false;
  for (Op& op : g.ops)
    if (!op.in.empty() && op.in[0] == reshape.out[0] && op.def->reads_flat && op.def->reads_flat(op) &&
        std::count(op.in.begin(), op.in.end(), reshape.out[0]) == 1) {
      op.in[0] = reshape.in[0];
      changed = true;
    }
  return changed;
}

// A model input that is only reshaped takes the other shape itself.
bool retype_input(Graph& g, const Op& reshape, const std::vector<int>& readers) {
  const TensorId in = reshape.in[0], out = reshape.out[0];
  if (!contains(g.inputs, in) || readers[static_cast<size_t>(in)] != 1 || contains(g.outputs, out)) return false;
  if (readers[static_cast<size_t>(out)] == 0) return false;
  g.at(in).shape = g.at(out).shape;
  replace_reads(g, out, in);
  return true;
}

// A model output that is a reshaped tensor is that tensor.
bool retype_output(Graph& g, const Op& reshape, const std::vector<int>& readers) {
  const TensorId in = reshape.in[0], out = reshape.out[0];
  if (!contains(g.outputs, out) || contains(g.outputs, in) || contains(g.inputs, in) || g.at(in).is_constant())
    return false;
  if (readers[static_cast<size_t>(out)] != 1) return false;
  std::replace(g.outputs.begin(), g.outputs.end(), out, in);
  return true;
}

// reshape -> pointwise becomes pointwise -> reshape. The pointwise op keeps its place in the order; the reshape
// follows.
bool sink(Graph& g, size_t at, const std::vector<int>& readers) {
  const Op reshape = g.ops[at];
  const TensorId in = reshape.in[0], out = reshape.out[0];
  if (readers[static_cast<size_t>(out)] != 1 || contains(g.outputs, out) || g.at(in).shape.empty() ||
      g.at(out).shape.empty() || g.at(in).shape.back() != g.at(out).shape.back())
    return false;
  for (size_t i = at + 1; i < g.ops.size(); ++i) {
    if (g.ops[i].in.empty() || g.ops[i].in[0] != out) continue;
    Op& pointwise = g.ops[i];
    if (!pointwise.def->is_pointwise || pointwise.in.size() != 1) return false;
    const TensorId result = pointwise.out[0];
    Tensor inner = g.at(result);
    inner.shape = g.at(in).shape;
    const TensorId inner_id = g.add(std::move(inner));
    g.ops[i].in[0] = in;
    g.ops[i].out[0] = inner_id;
    Op moved = reshape;
    moved.in[0] = inner_id;
    moved.out[0] = result;
    g.ops.insert(g.ops.begin() + static_cast<std::ptrdiff_t>(i) + 1, moved);
    g.ops.erase(g.ops.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }
  return false;
}

bool absorb_one(Graph& g) {
  const std::vector<int> readers = count_readers(g);
  for (size_t i = 0; i < g.ops.size(); ++i) {
    const Op op = g.ops[i];
    if (!op.def->is_reshape) continue;
    // One side alone is quantised, or by other channels: readers of the one may not take the other.
    if (!(g.at(op.in[0]).quant == g.at(op.out[0]).quant)) continue;
    if (g.at(op.in[0]).shape == g.at(op.out[0]).shape && !contains(g.outputs, op.out[0]) &&
        readers[static_cast<size_t>(op.out[0])] > 0) {
      replace_reads(g, op.out[0], op.in[0]);
      return true;
    }
    if (feed_flat_readers(g, op) || retype_input(g, op, readers) || retype_output(g, op, readers) ||
        sink(g, i, readers))
      return true;
  }
  return false;
}

}  // namespace

Status absorb_reshapes(Graph& graph) {
  while (absorb_one(graph)) MOTE_TRY_STATUS(remove_unused(graph));
  return {};
}

}  // namespace mote
