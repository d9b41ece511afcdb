#include "mote/compiler/ir/graph.h"

#include <fmt/core.h>

namespace mote {

std::string_view name_of(DType type) {
  switch (type) {
    case DType::int8: return "int8";
    case DType::int16: return "int16";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
    case DType::uint8: return "uint8";
    case DType::float32: return "float32";
    case DType::boolean: return "bool";
  }
  return "?";
}

int64_t bytes_of(DType type) {
  switch (type) {
    case DType::int8:
    case DType::uint8:
    case DType::boolean: return 1;
    case DType::int16: return 2;
    case DType::int32:
    case DType::float32: return 4;
    case DType::int64: return 8;
  }
  return 1;
}

int64_t element_count(const Shape& shape) {
  int64_t n = 1;
  for (int32_t d : shape) n *= d;
  return n;
}

std::string print(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (int32_t d : shape) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

int32_t row_count(const Tensor& t) {
  if (t.shape.size() >= 3) return t.shape[0] * t.shape[1];
  return t.shape.size() == 2 ? t.shape[0] : 1;
}

int64_t byte_count(const Tensor& t) { return element_count(t.shape) * bytes_of(t.type); }

int64_t row_bytes(const Tensor& t) { return byte_count(t) / row_count(t); }

std::vector<int> count_readers(const Graph& graph) {
  std::vector<int> readers(graph.tensors.size(), 0);
  for (const Op& op : graph.ops)
    for (TensorId id : op.in)
      if (id != kNone) ++readers[static_cast<size_t>(id)];
  for (TensorId id : graph.outputs) ++readers[static_cast<size_t>(id)];
  return readers;
}

std::string short_name(const Tensor& tensor) {
  constexpr size_t kLongest = 60;
  std::string name = tensor.name.substr(0, tensor.name.find(';'));
  return name.size() <= kLongest ? name : name.substr(0, kLongest - 3) + "...";
}

Op make_op(const OpDef& def, std::string type, Attrs attrs, std::vector<TensorId> in, TensorId out) {
  return {&def, std::move(attrs), std::move(in), {out}, std::move(type)};
}

std::string describe(const Op& op, const Graph& graph) {
  const std::string name = op.out.empty() ? "" : short_name(graph.at(op.out[0]));
  return fmt::format("op {} {} \"{}\"", op.source, op.type, name);
}

}  // namespace mote
