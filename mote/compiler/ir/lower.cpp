#include "mote/compiler/ir/lower.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace mote {

Status require_type(const Tensor* t, DType type, const std::string& what) {
  if (!t) return malformed(what + " is missing");
  if (t->type != type)
    return unsupported(fmt::format("{} \"{}\" is {}; {} is supported", what, t->name, name_of(t->type), name_of(type)));
  return {};
}

Status require_int8(const Tensor* t, const std::string& what) {
  MOTE_TRY_STATUS(require_type(t, DType::int8, what));
  if (t->quant.scale.size() != 1)
    return unsupported(fmt::format("{} \"{}\" has {} scales; exactly one (per tensor) is supported", what, t->name,
                                   t->quant.scale.size()));
  return {};
}

Status require_rank(const Tensor& t, size_t rank, const std::string& what) {
  if (t.shape.size() != rank)
    return unsupported(
        fmt::format("{} \"{}\" has the shape {}; {} dimensions are supported", what, t.name, print(t.shape), rank));
  return {};
}

Status require_same_quant(const Tensor& a, const Tensor& b, const std::string& what) {
  if (a.quant.scale_at(0) != b.quant.scale_at(0) || a.quant.zero_at(0) != b.quant.zero_at(0))
    return unsupported(fmt::format("{}: \"{}\" has scale {} and zero point {}, \"{}\" {} and {}; they have to be equal",
                                   what, a.name, a.quant.scale_at(0), a.quant.zero_at(0), b.name, b.quant.scale_at(0),
                                   b.quant.zero_at(0)));
  return {};
}

Status require_moved(const Tensor* in, const Tensor& out, const std::string& what) {
  if (!in) return malformed(what + " is missing");
  if (in->type != out.type)
    return unsupported(fmt::format("{} \"{}\" is {}, the output {}; they have to be equal", what, in->name,
                                   name_of(in->type), name_of(out.type)));
  if (in->quant.is_set() && out.quant.is_set()) return require_same_quant(*in, out, what);
  return {};
}

Expected<std::vector<int32_t>> integer_values(const Tensor* t, const std::string& what) {
  constexpr size_t kMost = 64;
  if (!t) return malformed(what + " is missing");
  if (!t->is_constant())
    return unsupported(fmt::format("{} \"{}\" is not constant; only a constant is supported", what, t->name));
  if (t->type != DType::int32 && t->type != DType::int64)
    return unsupported(fmt::format("{} \"{}\" is {}; int32 and int64 are supported", what, t->name, name_of(t->type)));
  const bool wide = t->type == DType::int64;
  const size_t bytes = wide ? 8 : 4, count = t->data.size() / bytes;
  if (t->data.size() % bytes != 0 || count > kMost)
    return malformed(
        fmt::format("{} \"{}\" holds {} bytes; up to {} values are allowed", what, t->name, t->data.size(), kMost));
  std::vector<int32_t> values;
  for (size_t i = 0; i < count; ++i) {
    const int64_t v = wide ? t->data.as<int64_t>()[i] : t->data.as<int32_t>()[i];
    if (v < INT32_MIN || v > INT32_MAX)
      return malformed(fmt::format("{} \"{}\" holds {}, which is out of range", what, t->name, v));
    values.push_back(static_cast<int32_t>(v));
  }
  return values;
}

Expected<int32_t> axis_index(int32_t axis, size_t rank) {
  const auto n = static_cast<int32_t>(rank);
  if (axis < -n || axis >= n) return malformed(fmt::format("axis {} of a tensor of {} dimensions", axis, n));
  return axis < 0 ? axis + n : axis;
}

Status require_weights(const Tensor* w, int32_t axis, bool zero_point) {
  MOTE_TRY_STATUS(require_type(w, DType::int8, "the weights operand"));
  if (!w->is_constant())
    return unsupported(
        fmt::format("the weights \"{}\" are not constant; only constant weights are supported", w->name));
  if (!w->quant.is_set()) return unsupported(fmt::format("the weights \"{}\" are not quantised", w->name));
  if (w->quant.scale.size() > 1 && w->quant.axis != axis)
    return unsupported(fmt::format("the weights \"{}\" are quantised along dimension {}; {} is supported", w->name,
                                   w->quant.axis, axis));
  const bool per_tensor = w->quant.scale.size() == 1;
  for (int32_t z : w->quant.zero)
    if (z != 0 && !(zero_point && per_tensor))
      return unsupported(fmt::format("the weights \"{}\" have the zero point {}; 0 is supported", w->name, z));
  return {};
}

Status require_bias(const Tensor* b, int64_t channels) {
  if (!b) return {};
  MOTE_TRY_STATUS(require_type(b, DType::int32, "the bias"));
  if (!b->is_constant()) return unsupported(fmt::format("the bias \"{}\" is not constant", b->name));
  if (element_count(b->shape) != channels)
    return malformed(
        fmt::format("the bias \"{}\" has {} values for {} channels", b->name, element_count(b->shape), channels));
  return {};
}

std::vector<int32_t> bias_values(const Tensor* b, int64_t channels) {
  if (!b) return std::vector<int32_t>(static_cast<size_t>(channels), 0);
  const auto values = b->data.as<int32_t>();
  return {values.begin(), values.end()};
}

Table make_table(std::string name, const char* type, Blob data, Table::Role role) {
  return {std::move(name), type, role, std::move(data)};
}
Table make_table(std::string name, const std::vector<int8_t>& v, Table::Role role) {
  return make_table(std::move(name), "int8_t", make_blob(v), role);
}
Table make_table(std::string name, const std::vector<int32_t>& v, Table::Role role) {
  return make_table(std::move(name), "int32_t", make_blob(v), role);
}
Table make_table(std::string name, const std::vector<uint16_t>& v, Table::Role role) {
  return make_table(std::move(name), "uint16_t", make_blob(v), role);
}
Table make_table(std::string name, const std::vector<Requant>& v, Table::Role role) {
  return make_table(std::move(name), "Requant", make_blob(v), role);
}

Status require_factor(double factor) {
  if (factor < 1073741824.0) return {};
  return unsupported(fmt::format(
      "the output's scale is {} times too fine for its operands' scales; a factor below 2^30 is supported", factor));
}

Status require_channel_factors(const Tensor& in, const Tensor& weights, const Tensor& out) {
  for (float s : weights.quant.scale)
    MOTE_TRY_STATUS(require_factor(double{in.quant.scale[0]} * double{s} / double{out.quant.scale[0]}));
  return {};
}

std::vector<Requant> channel_requant(const Tensor& in, const Tensor& weights, const Tensor& out, int64_t channels) {
  std::vector<Requant> requant;
  for (int64_t c = 0; c < channels; ++c)
    requant.push_back(
        quantize_multiplier(double{in.quant.scale[0]} * double{weights.quant.scale_at(static_cast<size_t>(c))} /
                            double{out.quant.scale[0]}));
  return requant;
}

std::vector<int32_t> steps_of(const Shape& shape) {
  std::vector<int32_t> steps(shape.size());
  int32_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i]) steps[i] = step;
  return steps;
}

RowSplit split_rows(const Shape& shape, const std::vector<int32_t>& steps) {
  if (shape.size() >= 3) return {shape[1], steps[0], steps[1]};
  return {1, shape.size() == 2 ? steps[0] : 0, 0};
}

size_t first_inner_dimension(const Shape& shape) { return shape.size() >= 3 ? 2 : shape.size() == 2 ? 1 : 0; }

std::vector<Loop> join_loops(const std::vector<Loop>& loops) {
  std::vector<Loop> joined;
  for (const Loop& next : loops) {
    if (next.size == 1) continue;
    if (!joined.empty() && joined.back().in == next.size * next.in && joined.back().out == next.size * next.out)
      joined.back() = {joined.back().size * next.size, next.in, next.out};
    else joined.push_back(next);
  }
  if (joined.empty()) joined.push_back({1, 0, 0});
  return joined;
}

Table make_table(std::string name, const std::vector<Loop>& loops) {
  return make_table(std::move(name), "int32_t", make_blob(loops), Table::multipliers);
}

KernelCall slide_rows(const KernelCall& fold, int32_t rows) {
  KernelCall call = fold;
  Reads& reads = call.reads[0];
  call.steps_per_row = 2 * rows;
  for (int32_t first : {0, reads.count - rows})
    for (int32_t i = 0; i < rows; ++i) reads.table.push_back(static_cast<uint16_t>(first + i));
  return call;
}

bool narrow_clamp(Clamp& range, Clamp clamp) {
  const Clamp both{std::max(range.lo, clamp.lo), std::min(range.hi, clamp.hi)};
  if (both.lo > both.hi) return false;
  range = both;
  return true;
}

bool is_narrow(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
               const std::vector<int32_t>& bias, const std::vector<Requant>& requant, int32_t in_zero) {
  const int64_t reach = std::max(127 - in_zero, in_zero + 128);
  for (size_t c = 0; c < bias.size(); ++c) {
    if (requant[c].shift > -1) return false;
    int64_t sum = std::llabs(static_cast<int64_t>(bias[c]));
    for (int64_t i = 0; i < taps; ++i)
      sum += reach * std::abs(weights[static_cast<size_t>(static_cast<int64_t>(c) * step + i * tap_step)]);
    if (sum >= int64_t{1} << 30) return false;
  }
  return true;
}

int32_t narrowness(std::span<const int8_t> weights, int64_t taps, int64_t step, int64_t tap_step,
                   const std::vector<int32_t>& bias, const std::vector<Requant>& requant, int32_t in_zero) {
  if (!is_narrow(weights, taps, step, tap_step, bias, requant, in_zero)) return 0;
  for (size_t c = 0; c < bias.size(); ++c) {
    int64_t least = bias[c], most = bias[c];
    for (int64_t i = 0; i < taps; ++i) {
      const int64_t w = weights[static_cast<size_t>(static_cast<int64_t>(c) * step + i * tap_step)];
      const int64_t of_lowest = w * (-128 - in_zero), of_highest = w * (127 - in_zero);
      least += std::min(of_lowest, of_highest);
      most += std::max(of_lowest, of_highest);
    }
    if (least <= -kShortSum || most >= kShortSum) return 1;
  }
  return 2;
}

}  // namespace mote
