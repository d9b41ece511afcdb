// TRANSPOSE: the operand with the permutation is constant and becomes an attribute.
#include <fmt/core.h>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/transpose/transpose.kernel.h"

namespace mote {

extern const OpDef transpose_op;

namespace {

constexpr KernelDef kKernel{"transpose_bytes", "mote/ops/transpose/transpose.kernel.h", "Transpose",
                            "loops run in_split in_high in_low", transpose_bytes};

constexpr size_t kMaxRank = 6;

struct TransposeAttrs {
  std::vector<int32_t> perm;  // dimension i of the output is perm[i] of the input
};

Status read(const TfliteOp&, const Graph& g, Op& op) {
  TransposeAttrs attrs;
  MOTE_TRY(attrs.perm, integer_values(g.in(op, 1), "the operand with the permutation"));
  for (int32_t& p : attrs.perm)
    if (p < 0 && p >= -static_cast<int32_t>(attrs.perm.size())) p += static_cast<int32_t>(attrs.perm.size());
  op.attrs = attrs;
  op.in.resize(1);
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_moved(in, g.out(op), "a transposition does not rescale"));
  const std::vector<int32_t>& perm = op.attrs.as<TransposeAttrs>().perm;
  const size_t rank = in->shape.size();
  if (rank > kMaxRank)
    return unsupported(fmt::format("an input of {} dimensions; at most {} are supported", rank, kMaxRank));
  std::vector<bool> used(rank, false);
  Shape shape;
  for (int32_t p : perm) {
    if (p < 0 || static_cast<size_t>(p) >= rank || used[static_cast<size_t>(p)])
      return malformed(fmt::format("({}) is no permutation of {} dimensions", print(perm), rank));
    used[static_cast<size_t>(p)] = true;
    shape.push_back(in->shape[static_cast<size_t>(p)]);
  }
  if (shape.size() != rank) return malformed(fmt::format("a permutation of {} dimensions for {}", shape.size(), rank));
  return std::vector<OutputType>{{in->type, shape}};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const std::vector<int32_t>& perm = o.op.attrs.as<TransposeAttrs>().perm;
  const auto size = static_cast<size_t>(bytes_of(in.type));
  for (size_t i = 0; i < o.out[0].size() / size; ++i) {
    std::vector<size_t> index(perm.size());  // in the input
    size_t rest = i, from = 0;
    for (size_t d = perm.size(); d-- > 0;) {
      index[static_cast<size_t>(perm[d])] = rest % static_cast<size_t>(out.shape[d]);
      rest /= static_cast<size_t>(out.shape[d]);
    }
    for (size_t d = 0; d < index.size(); ++d) from = from * static_cast<size_t>(in.shape[d]) + index[d];
    for (size_t b = 0; b < size; ++b) o.out[0][i * size + b] = o.in[0][from * size + b];
  }
}

// True where each output row is made of the same row of the input.
bool stays_in_rows(const Tensor& in, const Tensor& out, RowSplit begin, const std::vector<Loop>& loops, int32_t run) {
  int64_t reach = run;
  for (const Loop& loop : loops) reach += int64_t{loop.size - 1} * loop.in;
  const int64_t row = row_bytes(in);
  if (row_count(in) != row_count(out) || reach > row) return false;
  for (int32_t r = 0; r < row_count(out); ++r)
    if (offset_of_row(begin, r) != r * row) return false;
  return true;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const std::vector<int32_t>& perm = op.attrs.as<TransposeAttrs>().perm;
  const auto element = static_cast<int32_t>(bytes_of(in.type));
  const std::vector<int32_t> in_elements = steps_of(in.shape), out_elements = steps_of(out.shape);
  std::vector<int32_t> from;  // how far a step along each dimension of the output moves in the input, in bytes
  for (int32_t p : perm) from.push_back(in_elements[static_cast<size_t>(p)] * element);
  std::vector<Loop> loops;
  for (size_t i = first_inner_dimension(out.shape); i < perm.size(); ++i)
    loops.push_back({out.shape[i], from[i], out_elements[i] * element});
  loops = join_loops(loops);
  int32_t run = element;
  if (loops.back().in == element && loops.back().out == element) {
    run *= loops.back().size;
    loops.pop_back();
    loops = join_loops(loops);
  }
  RowSplit begin = split_rows(out.shape, from);
  const bool by_rows = stays_in_rows(in, out, begin, loops, run);
  if (by_rows) begin = {1, 0, 0};
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(loops.size()), run, begin.split, begin.high, begin.low};
  call.tables = {make_table("loops", loops)};
  call.reads = {by_rows ? read_same_rows(op.in[0], in, false) : read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return std::vector<KernelCall>{call};
}

// The last dimension stays the last.
bool keeps_channels(const Op& op) {
  const std::vector<int32_t>& perm = op.attrs.as<TransposeAttrs>().perm;
  return perm.empty() || perm.back() + 1 == static_cast<int32_t>(perm.size());
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return keeps_channels(op) ? in[0] : Ranges(static_cast<size_t>(channel_count(g.out(op))), hull(in[0]));
}

// Dimensions of more than one index stay in order.
bool is_identity(const Op& op, const Graph& g, const OperandRanges&) {
  int32_t last = -1;
  for (int32_t p : op.attrs.as<TransposeAttrs>().perm) {
    if (g.in(op, 0)->shape[static_cast<size_t>(p)] == 1) continue;
    if (p < last) return false;
    last = p;
  }
  return true;
}

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (keeps_channels(op)) need_same_channels(op, g, ranges, channels);
  else need_everything(channels);
}

Graph sample(Rng& rng) {
  Shape shape;
  TransposeAttrs attrs;
  const int32_t rank = rng.pick(1, 6);
  for (int32_t i = 0; i < rank; ++i) {
    shape.push_back(rng.chance(0.2) ? 1 : rng.pick(1, rank > 4 ? 3 : 6));
    attrs.perm.push_back(i);
  }
  const int32_t fixed = rng.chance(0.3) ? std::min(rank - 1, 2) : 0;
  for (int32_t i = rank - 1; i > fixed; --i)
    std::swap(attrs.perm[static_cast<size_t>(i)], attrs.perm[static_cast<size_t>(rng.pick(fixed, i))]);
  Tensor in = sample_int8(rng, shape), out = sample_int8(rng, {});
  out.quant = in.quant;
  if (const int32_t kind = rng.pick(0, 5); kind < 3) {
    in.quant = out.quant = {};
    in.type = out.type = kind == 0 ? DType::int16 : kind == 1 ? DType::int32 : DType::int64;
  }
  return sample_graph(transpose_op, "TRANSPOSE", attrs, {in}, out);
}

}  // namespace

extern const OpDef transpose_op{.name = "transpose",
                                .readers = {{"TRANSPOSE", read}},
                                .infer = infer,
                                .define = define,
                                .lower = lower,
                                .ranges = ranges,
                                .is_identity = is_identity,
                                .need = need,
                                .sample = sample};

}  // namespace mote
