#include "mote/compiler/ir/broadcast.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"

namespace mote {
namespace {

constexpr size_t kMaxLevels = 3;  // nested loops of the kernels

// As many dimensions as the output has: ones in front.
Shape align(const Shape& shape, size_t rank) {
  Shape aligned(rank - shape.size(), 1);
  aligned.insert(aligned.end(), shape.begin(), shape.end());
  return aligned;
}

Expected<Shape> broadcast_shape(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  const Shape x = align(a, rank), y = align(b, rank);
  Shape out(rank);
  for (size_t d = 0; d < rank; ++d) {
    if (x[d] != y[d] && x[d] != 1 && y[d] != 1)
      return malformed(fmt::format(
          "the shapes {} and {} do not fit: counted from the last, sizes have to be equal or 1", print(a), print(b)));
    out[d] = x[d] == 1 ? y[d] : x[d];
  }
  return out;
}

// The dimensions that count rows come first: see row_count.
size_t row_dims(const Shape& shape) { return shape.size() >= 3 ? 2 : shape.size() == 2 ? 1 : 0; }

// A loop within a row: `count` turns, in each of which the operands go on by so many values.
struct Level {
  int64_t count = 1, a = 0, b = 0;
};

// The loops of a row, innermost first. Dimensions along which the same operands are repeated are one loop.
std::vector<Level> row_levels(const Shape& out, const Shape& a, const Shape& b) {
  std::vector<Level> levels;
  int64_t a_values = 1, b_values = 1;
  for (size_t d = out.size(); d-- > row_dims(out); a_values *= a[d], b_values *= b[d]) {
    if (out[d] == 1) continue;
    const Level level{out[d], a[d] == 1 ? 0 : a_values, b[d] == 1 ? 0 : b_values};
    if (!levels.empty() && !levels.back().a == !level.a && !levels.back().b == !level.b)
      levels.back().count *= level.count;
    else levels.push_back(level);
  }
  return levels;
}

// What an operand goes on by, in values, along the two dimensions that count rows, and what a row of the output needs.
struct RowSteps {
  int32_t outer = 0, inner = 0, needed = 1;
};

RowSteps row_steps(const Shape& shape, size_t dims) {
  RowSteps s;
  for (size_t d = dims; d < shape.size(); ++d) s.needed *= shape[d];
  if (dims >= 1 && shape[dims - 1] > 1) s.inner = s.needed;
  if (dims == 2 && shape[0] > 1) s.outer = s.needed * shape[1];
  return s;
}

// Row by row where the operand's rows are what the output's rows need, else whole. It starts at value `from` and goes
// on by `step` values a row; `whole_step` is what the kernel itself has to go on by.
Reads read_operand(TensorId id, const Tensor& t, const RowSteps& s, int32_t from, int32_t step, bool may_overlap,
                   int32_t& whole_step) {
  const bool whole = s.needed != row_bytes(t);
  whole_step = whole ? step : 0;
  if (whole) return read_whole(id, t);
  Reads reads = read_same_rows(id, t, may_overlap);
  reads.begin = from / s.needed;
  reads.count -= reads.begin;
  reads.stride = step / s.needed;
  return reads;
}

}  // namespace

Expected<std::vector<OutputType>> infer_broadcast(const Op& op, const Graph& g) {
  const Tensor *a = g.in(op, 0), *b = g.in(op, 1);
  MOTE_TRY_STATUS(require_int8(a, "the first operand"));
  MOTE_TRY_STATUS(require_int8(b, "the second operand"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY(const Shape shape, broadcast_shape(a->shape, b->shape));
  if (row_levels(shape, align(a->shape, shape.size()), align(b->shape, shape.size())).size() > kMaxLevels)
    return unsupported(
        fmt::format("within a row, the shapes {} and {} change more than {} times between being repeated or not",
                    print(a->shape), print(b->shape), kMaxLevels - 1));
  return std::vector<OutputType>{{DType::int8, shape}};
}

std::vector<KernelCall> lower_broadcast(const Op& op, const Graph& g, const KernelDef& kernel,
                                        const std::vector<int32_t>& params, size_t first) {
  const Shape& out = g.out(op).shape;
  const size_t dims = row_dims(out);
  const TensorId ids[] = {op.in[first], op.in[1 - first]};
  const Shape shapes[] = {align(g.at(ids[0]).shape, out.size()), align(g.at(ids[1]).shape, out.size())};
  const RowSteps steps[] = {row_steps(shapes[0], dims), row_steps(shapes[1], dims)};
  std::vector<Level> levels = row_levels(out, shapes[0], shapes[1]);
  auto is_repeated = [&](size_t i) {
    return std::any_of(levels.begin(), levels.end(),
                       [&](const Level& level) { return (i == 0 ? level.a : level.b) == 0; });
  };
  const bool may_overlap[] = {!is_repeated(0), !is_repeated(1)};
  levels.resize(kMaxLevels);

  // One call for all rows if both operands go on from one outer dimension to the next as they do within it.
  const int32_t n_outer = dims == 2 ? out[0] : 1, n_inner = row_count(g.out(op)) / n_outer;
  auto goes_on = [&](const RowSteps& s) { return n_outer == 1 || n_inner == 1 || s.outer == s.inner * n_inner; };
  const int32_t n_calls = goes_on(steps[0]) && goes_on(steps[1]) ? 1 : n_outer;
  std::vector<KernelCall> calls;
  for (int32_t n = 0; n < n_calls; ++n) {
    KernelCall call;
    call.kernel = &kernel;
    call.rows = n_outer * n_inner / n_calls;
    int32_t whole_step[2];
    for (size_t i : {0, 1})
      call.reads.push_back(read_operand(ids[i], g.at(ids[i]), steps[i], n * steps[i].outer,
                                        n_inner == 1 ? steps[i].outer : steps[i].inner, may_overlap[i], whole_step[i]));
    for (const Level& level : levels) call.params.push_back(static_cast<int32_t>(level.count));
    for (const Level& level : levels) call.params.push_back(static_cast<int32_t>(level.a));
    call.params.push_back(whole_step[0]);
    for (const Level& level : levels) call.params.push_back(static_cast<int32_t>(level.b));
    call.params.push_back(whole_step[1]);
    call.params.insert(call.params.end(), params.begin(), params.end());
    call.writes = {{op.out[0], n * call.rows}};
    calls.push_back(std::move(call));
  }
  return calls;
}

int8_t define_operand(const Operands& o, size_t i, size_t at) {
  const Shape &to = o.graph.out(o.op).shape, &from = o.graph.in(o.op, i)->shape;
  size_t index = 0, unit = 1;
  for (size_t d = 1; d <= from.size(); ++d) {  // counted from the last dimension
    const auto size = static_cast<size_t>(to[to.size() - d]), own = static_cast<size_t>(from[from.size() - d]);
    index += (own == 1 ? 0 : at % size) * unit;
    unit *= own;
    at /= size;
  }
  return o.input<int8_t>(i)[index];
}

std::vector<Tensor> sample_broadcast(Rng& rng) {
  const int32_t rank = rng.pick(0, 5);
  Shape shape;
  for (int32_t d = 0; d < rank; ++d) shape.push_back(rng.pick(1, d + 1 == rank ? 9 : 4));
  Shape shapes[] = {shape, shape};
  if (rng.chance(0.6))
    for (Shape& s : shapes) {
      for (int32_t& d : s)
        if (rng.chance(0.25)) d = 1;
      if (rng.chance(0.25)) s.erase(s.begin(), s.begin() + rng.pick(0, rank));
    }
  return {sample_int8(rng, shapes[0]),
          rng.chance(0.3) ? sample_constant_int8(rng, shapes[1]) : sample_int8(rng, shapes[1])};
}

Status read_choice(const TfliteOp&, const Graph& g, Op& op) {
  if (op.in.size() == 2 && g.in(op, 0) && g.in(op, 0)->is_constant()) std::swap(op.in[0], op.in[1]);
  return {};
}

Expected<std::vector<OutputType>> infer_choice(const Op& op, const Graph& g) {
  MOTE_TRY(std::vector<OutputType> types, infer_broadcast(op, g));
  for (size_t i : {0, 1})
    MOTE_TRY_STATUS(require_same_quant(*g.in(op, i), g.out(op), "values are taken over as they are"));
  return types;
}

Graph sample_choice(const OpDef& def, const char* type, Rng& rng) {
  std::vector<Tensor> in = sample_broadcast(rng);
  Tensor out;
  out.quant = in[1].quant = in[0].quant;
  return sample_graph(def, type, {}, std::move(in), std::move(out));
}

std::optional<int32_t> constant_choice(const Op& op, const Graph& g) {
  const Tensor &a = *g.in(op, 0), &b = *g.in(op, 1);
  if (!b.is_constant() || b.data.size() != 1 || a.shape != g.out(op).shape) return std::nullopt;
  return b.data.as<int8_t>()[0];
}

}  // namespace mote
