// The rules that every graph meets, whoever made it: the importer, a pass or a test.
#include <fmt/core.h>

#include "mote/compiler/ir/op_def.h"

namespace mote {
namespace {

constexpr int64_t kMaxTensorBytes = int64_t{1} << 28;
constexpr size_t kMaxRank = 8;

Status check_ids(const Graph& g) {
  const auto n = static_cast<TensorId>(g.tensors.size());
  auto in_range = [&](TensorId id) { return id >= 0 && id < n; };
  std::vector<char> made(g.tensors.size(), 0);
  for (size_t i = 0; i < g.tensors.size(); ++i) made[i] = g.tensors[i].is_constant();
  for (TensorId id : g.inputs) {
    if (!in_range(id)) return malformed(fmt::format("the model's input names tensor {} of {}", id, n));
    if (made[static_cast<size_t>(id)])
      return malformed(fmt::format("tensor \"{}\" is named twice as an input, or is a constant", g.at(id).name));
    made[static_cast<size_t>(id)] = 1;
  }
  for (const Op& op : g.ops) {
    for (TensorId id : op.in)
      if (id != kNone && !in_range(id))
        return malformed(fmt::format("op {} {} reads tensor {} of {}", op.source, op.type, id, n));
    for (TensorId id : op.out)
      if (!in_range(id)) return malformed(fmt::format("op {} {} makes tensor {} of {}", op.source, op.type, id, n));
    for (TensorId id : op.in)
      if (id != kNone && !made[static_cast<size_t>(id)])
        return malformed(describe(op, g) + " reads tensor \"" + g.at(id).name + "\", which nothing makes before it");
    for (TensorId id : op.out) {
      if (made[static_cast<size_t>(id)])
        return malformed(describe(op, g) + ": its output is made twice, or is an input or a constant");
      made[static_cast<size_t>(id)] = 1;
    }
  }
  for (TensorId id : g.outputs) {
    if (!in_range(id)) return malformed(fmt::format("the model's output names tensor {} of {}", id, n));
    if (!made[static_cast<size_t>(id)]) return malformed("the output \"" + g.at(id).name + "\" is made by no op");
  }
  if (g.inputs.empty() || g.outputs.empty()) return unsupported("the model has no input or no output");
  return {};
}

Status check_op(const Op& op, const Graph& g) {
  auto types = op.def->infer(op, g);
  if (!types) return std::move(types.error()).at(describe(op, g));
  if (types->size() != op.out.size())
    return malformed(fmt::format("{} has {} outputs; {} are expected", describe(op, g), op.out.size(), types->size()));
  for (size_t i = 0; i < op.out.size(); ++i) {
    const Tensor& t = g.at(op.out[i]);
    const OutputType& want = (*types)[i];
    if (t.type != want.type || t.shape != want.shape)
      return malformed(fmt::format("{}: output {} is {} {}, but its operands make {} {}", describe(op, g), i,
                                   name_of(t.type), print(t.shape), name_of(want.type), print(want.shape)));
  }
  return {};
}

}  // namespace

Status check_tensor(const Tensor& t) {
  const std::string where = fmt::format("tensor \"{}\"", t.name);
  if (t.shape.size() > kMaxRank)
    return unsupported(fmt::format("{} has {} dimensions; at most {} are allowed", where, t.shape.size(), kMaxRank));
  int64_t bytes = bytes_of(t.type);
  for (int32_t d : t.shape) {
    if (d <= 0)
      return unsupported(
          fmt::format("{} has the shape {}; every dimension has to be known and positive: "
                      "export the model with a fixed shape (and batch)",
                      where, print(t.shape)));
    bytes *= d;
    if (bytes > kMaxTensorBytes)
      return unsupported(
          fmt::format("{} of shape {} takes more than {} MiB", where, print(t.shape), kMaxTensorBytes >> 20));
  }
  if (t.is_constant() && static_cast<int64_t>(t.data.size()) != bytes)
    return malformed(fmt::format("{} of shape {} {} holds {} bytes of data; {} are needed", where, print(t.shape),
                                 name_of(t.type), t.data.size(), bytes));
  // A bias repeats the scales of its weights, along whatever dimension; they are not used.
  const size_t scales = t.type == DType::int32 ? 0 : t.quant.scale.size();
  if (scales > 1) {
    if (t.quant.axis < 0 || static_cast<size_t>(t.quant.axis) >= t.shape.size() ||
        static_cast<size_t>(t.shape[static_cast<size_t>(t.quant.axis)]) != scales)
      return malformed(
          fmt::format("{} of shape {} has {} scales along dimension {}", where, print(t.shape), scales, t.quant.axis));
    if (t.quant.zero.size() > 1 && t.quant.zero.size() != scales)
      return malformed(fmt::format("{} has {} scales but {} zero points", where, scales, t.quant.zero.size()));
  }
  for (float s : t.quant.scale)
    if (!(s > 0 && s < 1e30f))
      return malformed(fmt::format("{} has the scale {}; scales are positive and finite", where, s));
  const int32_t low = t.type == DType::uint8 ? 0 : -128, high = t.type == DType::uint8 ? 255 : 127;
  if (t.type == DType::int8 || t.type == DType::uint8)
    for (int32_t z : t.quant.zero)
      if (z < low || z > high)
        return malformed(
            fmt::format("{} ({}) has the zero point {}; {} to {} is its range", where, name_of(t.type), z, low, high));
  return {};
}

Status validate(const Graph& graph) {
  MOTE_TRY_STATUS(check_ids(graph));
  std::vector<char> used(graph.tensors.size(), 0);
  for (const Op& op : graph.ops) {
    for (TensorId id : op.in)
      if (id != kNone) used[static_cast<size_t>(id)] = 1;
    for (TensorId id : op.out) used[static_cast<size_t>(id)] = 1;
  }
  for (TensorId id : graph.inputs) used[static_cast<size_t>(id)] = 1;
  for (TensorId id : graph.outputs) used[static_cast<size_t>(id)] = 1;
  for (size_t i = 0; i < graph.tensors.size(); ++i)
    if (used[i]) MOTE_TRY_STATUS(check_tensor(graph.tensors[i]));
  for (const Op& op : graph.ops) MOTE_TRY_STATUS(check_op(op, graph));
  return {};
}

}  // namespace mote
