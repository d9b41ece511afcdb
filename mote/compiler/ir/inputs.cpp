#include "mote/compiler/ir/inputs.h"

namespace mote {
namespace {

void fill_floats(Bytes& bytes, float reach, Rng& rng, InputKind kind) {
  for (float& v : view_as<float>(bytes)) {
    const float low = -reach, high = reach;
    switch (kind) {
      case InputKind::random: v = static_cast<float>((rng.unit() * 2 - 1) * 1.1) * reach; break;
      case InputKind::minimum: v = low; break;
      case InputKind::maximum: v = high; break;
      case InputKind::saturating: v = (rng.chance(0.5) ? low : high) * 1e3f; break;
    }
  }
}

void fill_integers(Bytes& bytes, DType type, Rng& rng, InputKind kind) {
  const auto size = static_cast<size_t>(bytes_of(type));
  const bool is_signed = type != DType::uint8 && type != DType::boolean;
  for (size_t i = 0; i < bytes.size(); i += size) {
    const bool high = kind == InputKind::maximum || (kind == InputKind::saturating && rng.chance(0.5));
    for (size_t b = 0; b < size; ++b) {
      const uint8_t top = is_signed && b + 1 == size ? 0x80 : 0;  // the sign bit's byte
      bytes[i + b] =
          kind == InputKind::random ? static_cast<uint8_t>(rng.next()) : static_cast<uint8_t>(high ? top - 1 : top);
      if (kind != InputKind::random && !top) bytes[i + b] = high ? 0xFF : 0;
    }
    if (type == DType::boolean) bytes[i] &= 1;
  }
}

// The largest size that the quantised reader of a float input represents.
float float_reach(const Graph& graph, TensorId id) {
  for (const Op& op : graph.ops)
    if (!op.in.empty() && op.in[0] == id && graph.out(op).quant.is_set()) return graph.out(op).quant.scale_at(0) * 256;
  return 4;
}

}  // namespace

std::vector<Bytes> make_inputs(const Graph& graph, Rng& rng, InputKind kind) {
  std::vector<Bytes> inputs;
  for (TensorId id : graph.inputs) {
    const Tensor& t = graph.at(id);
    Bytes bytes(static_cast<size_t>(byte_count(t)));
    if (t.type == DType::float32) fill_floats(bytes, float_reach(graph, id), rng, kind);
    else fill_integers(bytes, t.type, rng, kind);
    inputs.push_back(std::move(bytes));
  }
  return inputs;
}

std::vector<Bytes> make_inputs_in_turn(const Graph& graph, Rng& rng, int i) {
  constexpr InputKind first[] = {InputKind::minimum, InputKind::maximum, InputKind::saturating};
  return make_inputs(graph, rng, i < 3 ? first[i] : InputKind::random);
}

}  // namespace mote
