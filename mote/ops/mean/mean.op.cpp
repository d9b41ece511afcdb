// MEAN and SUM over any dimensions; their operand with the axes is constant and becomes an attribute.
#include <fmt/core.h>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/mean/mean.kernel.h"

namespace mote {

extern const OpDef mean_op;

namespace {

constexpr KernelDef kKernel{
    "mean_s8", "mote/ops/mean/mean.kernel.h", "Mean",
    "loops sums parts in_split in_high in_low out_split out_high out_low initial multiplier shift "
    "out_zero lo hi",
    mean_s8};
constexpr KernelDef kSlide{"mean_slide_s8", kKernel.header, kKernel.params, kKernel.fields, mean_slide_s8};

struct MeanAttrs {
  std::vector<int32_t> axes;  // may be negative or named twice
  bool keep_dims = false;
  bool sum = false;
  Clamp clamp{-128, 127};
};

template <bool sum>
Status read(const TfliteOp& from, const Graph& g, Op& op) {
  const auto* options = from.op.builtin_options_as_ReducerOptions();
  MeanAttrs attrs;
  MOTE_TRY(attrs.axes, integer_values(g.in(op, 1), "the operand with the axes"));
  attrs.keep_dims = options && options->keep_dims();
  attrs.sum = sum;
  op.attrs = attrs;
  op.in.resize(1);
  return {};
}

Expected<std::vector<bool>> reduced_dimensions(const Op& op, size_t rank) {
  std::vector<bool> reduced(rank, false);
  if (rank == 0) return reduced;
  for (int32_t axis : op.attrs.as<MeanAttrs>().axes) {
    MOTE_TRY(const int32_t index, axis_index(axis, rank));
    reduced[static_cast<size_t>(index)] = true;
  }
  return reduced;
}

// The output's shape with all dimensions of the input.
Shape kept_shape(const Shape& in, const std::vector<bool>& reduced) {
  Shape shape = in;
  for (size_t i = 0; i < in.size(); ++i)
    if (reduced[i]) shape[i] = 1;
  return shape;
}

// One element per dimension of the output: where the input has `values`.
std::vector<int32_t> of_output(const std::vector<int32_t>& values, const std::vector<bool>& reduced, bool keep_dims) {
  std::vector<int32_t> kept;
  for (size_t i = 0; i < values.size(); ++i)
    if (!reduced[i] || keep_dims) kept.push_back(values[i]);
  return kept;
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY_STATUS(require_factor(double{in->quant.scale[0]} / double{g.out(op).quant.scale[0]}));
  MOTE_TRY(const std::vector<bool> reduced, reduced_dimensions(op, in->shape.size()));
  const Shape shape = of_output(kept_shape(in->shape, reduced), reduced, op.attrs.as<MeanAttrs>().keep_dims);
  // Files exist whose output has as many values in another shape; where that is one row, nothing depends on it.
  const Tensor& out = g.out(op);
  if (out.shape.size() < 3 && row_count(out) == 1 && element_count(out.shape) == element_count(shape))
    return std::vector<OutputType>{{DType::int8, out.shape}};
  return std::vector<OutputType>{{DType::int8, shape}};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto& attrs = o.op.attrs.as<MeanAttrs>();
  const auto x = o.input<int8_t>(0);
  const auto y = o.output<int8_t>(0);
  const std::vector<bool> reduced = *reduced_dimensions(o.op, in.shape.size());
  std::vector<int64_t> sums(y.size(), 0);
  for (size_t i = 0; i < x.size(); ++i) {
    size_t rest = i, to = 0, unit = 1;  // the index of x[i], last dimension first, and that of its output
    for (size_t d = in.shape.size(); d-- > 0;) {
      const auto size = static_cast<size_t>(in.shape[d]), index = rest % size;
      rest /= size;
      if (!reduced[d]) to += index * unit, unit *= size;
    }
    sums[to] += x[i] - in.quant.zero_at(0);
  }
  const auto n = static_cast<int64_t>(x.size() / y.size());
  DefinedFactor factor = define_factor(double{in.quant.scale[0]} / double{out.quant.scale[0]});
  if (!attrs.sum) {  // the factor is divided by n, rounded down, with as many bits as n has, at most 32, and at least
                     // 2^-31
    int bits = 0;
    while (bits < 32 && bits < 31 + factor.s && (int64_t{2} << bits) <= n) ++bits;
    factor = {static_cast<int64_t>(Wide{factor.m} * (Wide{1} << bits) / n), factor.s - bits};
  }
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = define_clamp(int64_t{out.quant.zero_at(0)} + define_requantize(define_wrap(sums[i]), factor), attrs.clamp.lo,
                        attrs.clamp.hi);
}

Requant mean_requant(const Tensor& in, const Tensor& out, int64_t n, bool sum) {
  const Requant q = quantize_multiplier(double{in.quant.scale[0]} / double{out.quant.scale[0]});
  if (sum) return q;
  int32_t shift = -1;
  for (int64_t rest = n; rest > 0; rest >>= 1) ++shift;
  shift = std::min({shift, 32, 31 + q.shift});
  return {static_cast<int32_t>((int64_t{q.multiplier} << shift) / n), q.shift - shift};
}

// How the kernel goes through the input.
struct Walk {
  bool by_rows = false;  // each output row comes from `parts` input rows after one another
  int32_t parts = 1;
  RowSplit in{1, 0, 0}, out{1, 0, 0};
  std::vector<Loop> loops;
};

// True where input row r belongs, whole, to output row r / parts, beginning there at the offset of part r % parts.
bool check_walk(const Walk& walk, const Tensor& in, const Tensor& out, RowSplit to) {
  int32_t reach = 1;
  for (const Loop& loop : walk.loops) reach += (loop.size - 1) * loop.out;
  const auto row = static_cast<int32_t>(row_bytes(out));
  for (int32_t r = 0; r < row_count(in); ++r) {
    const int32_t begin = offset_of_row(to, r), in_row = begin - r / walk.parts * row;
    if (in_row < 0 || in_row + reach > row || in_row != offset_of_row(walk.out, r % walk.parts)) return false;
  }
  return true;
}

Walk plan_walk(const Tensor& in, const Tensor& out, const std::vector<bool>& reduced, bool keep_dims) {
  const std::vector<int32_t> in_steps = steps_of(in.shape);
  std::vector<int32_t> out_steps = steps_of(kept_shape(in.shape, reduced));
  for (size_t i = 0; i < out_steps.size(); ++i)
    if (reduced[i]) out_steps[i] = 0;
  Walk walk;
  const size_t inner = first_inner_dimension(in.shape);
  for (size_t i = inner; i < in.shape.size(); ++i) walk.loops.push_back({in.shape[i], in_steps[i], out_steps[i]});
  if (const int32_t rows = row_count(in); rows % row_count(out) == 0) {
    walk.parts = rows / row_count(out);
    const RowSplit to = split_rows(in.shape, out_steps);
    walk.out = walk.parts == rows ? to : RowSplit{1, to.low, 0};
    walk.by_rows = check_walk(walk, in, out, to);
  }
  if (walk.by_rows) return walk;
  walk = {};
  walk.in = split_rows(out.shape, of_output(in_steps, reduced, keep_dims));
  const size_t row_dimensions = first_inner_dimension(out.shape);
  for (size_t i = 0, o = 0; i < in.shape.size(); ++i) {
    const bool in_output = !reduced[i] || keep_dims;
    const bool chooses_row = in_output && o++ < row_dimensions;
    if (reduced[i] || !chooses_row) walk.loops.push_back({in.shape[i], in_steps[i], out_steps[i]});
  }
  return walk;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const auto& attrs = op.attrs.as<MeanAttrs>();
  MOTE_TRY(const std::vector<bool> reduced, reduced_dimensions(op, in.shape.size()));
  const int64_t n = element_count(in.shape) / element_count(out.shape);
  const Requant q = mean_requant(in, out, n, attrs.sum);
  const Walk walk = plan_walk(in, out, reduced, attrs.keep_dims);
  const std::vector<Loop> loops = join_loops(walk.loops);
  const auto sums = static_cast<int32_t>(row_bytes(out));
  const auto initial = static_cast<int32_t>(static_cast<uint32_t>(-n * in.quant.zero_at(0)));
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(loops.size()),
                 sums,
                 walk.parts,
                 walk.in.split,
                 walk.in.high,
                 walk.in.low,
                 walk.out.split,
                 walk.out.high,
                 walk.out.low,
                 initial,
                 q.multiplier,
                 q.shift,
                 out.quant.zero_at(0),
                 attrs.clamp.lo,
                 attrs.clamp.hi};
  call.tables = {make_table("loops", loops)};
  call.reads = {walk.by_rows ? read_same_rows(op.in[0], in, false) : read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  call.steps_per_row = walk.parts;
  call.fold = walk.parts > 1;
  (call.fold ? call.carry_bytes : call.scratch_bytes) = sums * 4;
  return std::vector<KernelCall>{call};
}

// Rows of time add to the same sums where all parts begin at the same output.
std::optional<KernelCall> slide(const KernelCall& fold, int32_t rows) {
  enum { kParts = 2, kOutSplit = 6, kOutHigh = 7, kOutLow = 8 };
  const RowSplit out{fold.params[kOutSplit], fold.params[kOutHigh], fold.params[kOutLow]};
  for (int32_t part = 0; part < fold.steps_per_row; ++part)
    if (offset_of_row(out, part) != 0) return std::nullopt;
  KernelCall call = slide_rows(fold, rows);
  call.kernel = &kSlide;
  call.params[kParts] = call.steps_per_row;
  return call;
}

// The channels of the output are those of the input, each reduced on its own.
bool has_channels(const Op& op, const Graph& g) {
  const Tensor& in = *g.in(op, 0);
  const auto reduced = reduced_dimensions(op, in.shape.size());
  return !in.shape.empty() && reduced && !reduced->back() && channel_count(g.out(op)) == in.shape.back();
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const auto& attrs = op.attrs.as<MeanAttrs>();
  const int64_t n = element_count(in.shape) / element_count(out.shape);
  const Requant q = mean_requant(in, out, n, attrs.sum);
  const bool own = has_channels(op, g);
  Ranges result;
  for (size_t c = 0; c < static_cast<size_t>(channel_count(out)); ++c) {
    const Range x = own ? in_ranges[0][c] : hull(in_ranges[0]);
    const int32_t zero = in.quant.zero_at(0);
    result.push_back(requantize_range(n * (x.lo - zero), n * (x.hi - zero), q, out.quant.zero_at(0), attrs.clamp));
  }
  return result;
}

bool is_identity(const Op& op, const Graph& g, const OperandRanges& in) {
  const Tensor &from = *g.in(op, 0), &out = g.out(op);
  if (element_count(from.shape) != element_count(out.shape)) return false;
  const auto& attrs = op.attrs.as<MeanAttrs>();
  const Requant q = mean_requant(from, out, 1, attrs.sum);
  return is_unchanged(in[0], [&](int32_t x) {
    const int32_t d = x - from.quant.zero_at(0);
    const Range r = requantize_range(d, d, q, out.quant.zero_at(0), attrs.clamp);
    return r.is_constant() ? r.lo : INT32_MIN;
  });
}

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (has_channels(op, g)) need_same_channels(op, g, ranges, channels);
  else need_everything(channels);
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<MeanAttrs>().clamp, clamp); }

Graph sample(Rng& rng) {
  Shape shape;
  for (int32_t rank = rng.pick(1, 5); rank > 0; --rank) shape.push_back(rng.pick(1, rank > 3 ? 3 : 6));
  MeanAttrs attrs;
  attrs.keep_dims = rng.chance(0.5), attrs.sum = rng.chance(0.2);
  if (rng.chance(0.4)) attrs.clamp = {rng.pick(-128, -20), rng.pick(20, 127)};
  const auto rank = static_cast<int32_t>(shape.size());
  if (rank == 4 && rng.chance(0.5)) attrs.axes = {1, 2};
  else
    for (int32_t axis = -rank; axis < rank; ++axis)
      if (rng.chance(0.25)) attrs.axes.push_back(axis);
  Tensor in = sample_int8(rng, shape), out = sample_int8(rng, {});
  if (rng.chance(0.5)) out.quant.scale[0] = in.quant.scale[0] * static_cast<float>(0.3 + rng.unit());
  return sample_graph(mean_op, attrs.sum ? "SUM" : "MEAN", attrs, {in}, out);
}

}  // namespace

extern const OpDef mean_op{.name = "mean",
                           .readers = {{"MEAN", read<false>}, {"SUM", read<true>}},
                           .infer = infer,
                           .define = define,
                           .lower = lower,
                           .slide = slide,
                           .absorb_clamp = absorb_clamp,
                           .ranges = ranges,
                           .is_identity = is_identity,
                           .need = need,
                           .sample = sample};

}  // namespace mote
