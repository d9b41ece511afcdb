#include "mote/compiler/ir/flip_bits.h"

#include <set>

namespace mote {
namespace {

struct Flip {
  TensorId tensor;
  size_t element;
  int32_t bit, bits;  // of how many
};

Numbers numbers_of(const Op& op, size_t operand, const Tensor& constant) {
  const Numbers all{0, 1, static_cast<int32_t>(8 * bytes_of(constant.type))};
  return op.def->numbers ? op.def->numbers(operand).value_or(all) : all;
}

// visit(tensor, element, bits) for every number, in order of the ops.
template <class Visit>
void visit_numbers(const Graph& graph, size_t first_op, Visit visit) {
  std::set<TensorId> seen;
  for (size_t i = first_op; i < graph.ops.size(); ++i)
    for (size_t operand = 0; operand < graph.ops[i].in.size(); ++operand) {
      const Tensor* t = graph.in(graph.ops[i], operand);
      const TensorId id = graph.ops[i].in[operand];
      if (!t || !t->is_constant() || !seen.insert(id).second) continue;
      const Numbers numbers = numbers_of(graph.ops[i], operand, *t);
      const auto count = static_cast<size_t>(element_count(t->shape));
      for (size_t e = numbers.first; e < count; e += numbers.step) visit(id, e, numbers.bits);
    }
}

// The sign of a number that flash holds in fewer bits fills the rest of its element.
void flip_bit(std::span<uint8_t> element, const Flip& flip) {
  const int32_t end = flip.bit + 1 == flip.bits ? static_cast<int32_t>(8 * element.size()) : flip.bit + 1;
  for (int32_t bit = flip.bit; bit < end; ++bit) {
    uint8_t& byte = element[static_cast<size_t>(bit / 8)];
    byte = static_cast<uint8_t>(byte ^ 1 << bit % 8);
  }
}

// Twice the same flips: the graph is as it was. Those of a tensor follow each other.
void apply(Graph& graph, std::span<const Flip> flips) {
  for (size_t i = 0; i < flips.size();) {
    Tensor& tensor = graph.at(flips[i].tensor);
    const auto size = static_cast<size_t>(bytes_of(tensor.type));
    Bytes bytes(tensor.data.bytes().begin(), tensor.data.bytes().end());
    for (const TensorId id = flips[i].tensor; i < flips.size() && flips[i].tensor == id; ++i)
      flip_bit(std::span(bytes).subspan(flips[i].element * size, size), flips[i]);
    tensor.data = Blob(std::move(bytes));
  }
}

// All of them, or of each half what the graph may have.
size_t apply_allowed(Graph& graph, std::span<const Flip> flips) {
  apply(graph, flips);
  if (validate(graph)) return flips.size();
  apply(graph, flips);
  if (flips.size() < 2) return 0;
  const size_t half = flips.size() / 2;
  const size_t before = apply_allowed(graph, flips.first(half));
  return before + apply_allowed(graph, flips.subspan(half));
}

}  // namespace

int64_t count_number_bits(const Graph& graph, size_t first_op) {
  int64_t count = 0;
  visit_numbers(graph, first_op, [&](TensorId, size_t, int32_t bits) { count += bits; });
  return count;
}

size_t flip_bits(Graph& graph, size_t first_op, double share, Rng& rng) {
  std::vector<Flip> flips;
  visit_numbers(graph, first_op, [&](TensorId tensor, size_t element, int32_t bits) {
    for (int32_t bit = 0; bit < bits; ++bit)
      if (rng.chance(share)) flips.push_back({tensor, element, bit, bits});
  });
  return apply_allowed(graph, flips);
}

}  // namespace mote
