// CONCATENATION of any number of inputs, some of which may be constant, along any dimension.
#include "mote/ops/concat/concat.op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/concat/concat.kernel.h"

namespace mote {

extern const OpDef concat_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/concat/concat.kernel.h";
constexpr KernelDef kRows{"concat_rows", kHeader, "ConcatRows", "bytes", concat_rows};
constexpr KernelDef kPieces{"concat_pieces", kHeader, "ConcatPieces", "inputs turns", concat_pieces};

constexpr size_t kMaxInputs = 255;

struct ConcatAttrs {
  int32_t axis = 0;  // may be negative
};

Status read(const TfliteOp& from, const Graph&, Op& op) {
  const auto* options = from.op.builtin_options_as_ConcatenationOptions();
  if (!options) return missing_options();
  MOTE_TRY(const Activation activation, read_activation(options->fused_activation_function()));
  if (activation != Activation::none) return unsupported("a fused activation of a concatenation is not supported");
  op.attrs = ConcatAttrs{options->axis()};
  return {};
}

// The operands' types are the output's, and its scales are theirs, one after another.
bool has_joined_quant(const Op& op, const Graph& g, size_t axis) {
  const Tensor& out = g.out(op);
  for (TensorId in : op.in)
    if (g.at(in).type != out.type || !g.at(in).quant.is_set()) return false;
  return out.quant.scale.size() > 1 && out.quant == joined_quant(g, static_cast<int32_t>(axis), op.in);
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  if (op.in.empty() || op.in.size() > kMaxInputs)
    return unsupported(fmt::format("{} inputs; 1 to {} are supported", op.in.size(), kMaxInputs));
  const Tensor *first = g.in(op, 0), &out = g.out(op);
  for (size_t i = 0; i < op.in.size(); ++i)
    if (!g.in(op, i)) return malformed("an input of a concatenation is missing");
  MOTE_TRY(const int32_t index, axis_index(op.attrs.as<ConcatAttrs>().axis, first->shape.size()));
  const auto axis = static_cast<size_t>(index);
  int64_t size = 0;
  for (TensorId in : op.in) {
    Shape shape = g.at(in).shape;
    if (shape.size() == first->shape.size()) shape[axis] = first->shape[axis];
    if (shape != first->shape)
      return malformed(fmt::format("inputs of {} and {} cannot be joined along dimension {}", print(first->shape),
                                   print(g.at(in).shape), axis));
    size += g.at(in).shape[axis];
  }
  if (size > INT32_MAX) return unsupported(fmt::format("an output of {} along dimension {}", size, axis));
  if (!has_joined_quant(op, g, axis))
    for (TensorId in : op.in) MOTE_TRY_STATUS(require_moved(&g.at(in), out, "a concatenation does not rescale"));
  Shape shape = first->shape;
  shape[axis] = static_cast<int32_t>(size);
  return std::vector<OutputType>{{first->type, shape}};
}

size_t axis_of(const Op& op, const Graph& g) {
  return static_cast<size_t>(*axis_index(op.attrs.as<ConcatAttrs>().axis, g.out(op).shape.size()));
}

// Bytes of one index of a dimension.
int64_t bytes_at(const Tensor& t, size_t dimension) {
  int64_t bytes = bytes_of(t.type);
  for (size_t d = dimension + 1; d < t.shape.size(); ++d) bytes *= t.shape[d];
  return bytes;
}

void define(const Operands& o) {
  const Tensor& out = o.graph.out(o.op);
  const size_t axis = axis_of(o.op, o.graph);
  const auto unit = static_cast<size_t>(bytes_at(out, axis)), size = static_cast<size_t>(out.shape[axis]);
  for (size_t at = 0; at < o.out[0].size(); ++at) {
    const size_t outer = at / (unit * size);
    size_t index = at / unit % size, i = 0;  // along the axis: of the output, then of input i
    auto size_of = [&](size_t k) { return static_cast<size_t>(o.graph.in(o.op, k)->shape[axis]); };
    for (; index >= size_of(i); ++i) index -= size_of(i);
    o.out[0][at] = o.in[i][(outer * size_of(i) + index) * unit + at % unit];
  }
}

// Along dimension 0 or 1 of what is laid out in rows: calls that copy rows, an input or a batch of it at a time.
std::vector<KernelCall> join_rows(const Op& op, const Graph& g, size_t axis) {
  const Tensor& out = g.out(op);
  const int32_t batches = axis == 1 ? out.shape[0] : 1;
  const auto rows_of = [&](const Tensor& t) { return row_count(t) / batches; };
  std::vector<KernelCall> calls;
  int32_t before = 0;
  for (size_t i = 0; i < op.in.size(); ++i) {
    const Tensor& in = *g.in(op, i);
    for (int32_t n = 0; n < batches; ++n) {
      KernelCall call;
      call.kernel = &kRows;
      call.params = {static_cast<int32_t>(row_bytes(out))};
      Reads reads = read_same_rows(op.in[i], in, true);
      reads.begin = n * rows_of(in), reads.count = rows_of(in);
      call.reads = {reads};
      call.writes = {{op.out[0], n * rows_of(out) + before}};
      call.rows = rows_of(in);
      calls.push_back(call);
    }
    before += rows_of(in);
  }
  return calls;
}

KernelCall join_pieces(const Op& op, const Graph& g, size_t axis) {
  const Tensor& out = g.out(op);
  KernelCall call;
  call.kernel = &kPieces;
  std::vector<int32_t> bytes;
  for (size_t i = 0; i < op.in.size(); ++i) {
    const Tensor& in = *g.in(op, i);
    bytes.push_back(static_cast<int32_t>(bytes_at(in, axis) * in.shape[axis]));
    call.reads.push_back(read_same_rows(op.in[i], in, false));
  }
  const int64_t turns = row_bytes(out) / (bytes_at(out, axis) * out.shape[axis]);
  call.params = {static_cast<int32_t>(op.in.size()), static_cast<int32_t>(turns)};
  call.tables = {make_table("bytes", bytes, Table::multipliers)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return call;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const size_t axis = axis_of(op, g);
  if (axis < first_inner_dimension(g.out(op).shape)) return join_rows(op, g, axis);
  return std::vector<KernelCall>{join_pieces(op, g, axis)};
}

bool joins_channels(const Op& op, const Graph& g) { return axis_of(op, g) + 1 == g.out(op).shape.size(); }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  Ranges result = in[0];
  for (size_t i = 1; i < in.size(); ++i) {
    if (joins_channels(op, g)) result.insert(result.end(), in[i].begin(), in[i].end());
    else
      for (size_t c = 0; c < result.size(); ++c) result[c] = hull(result[c], in[i][c]);
  }
  return result;
}

bool is_identity(const Op& op, const Graph&, const OperandRanges&) { return op.in.size() == 1; }

// Along the channels, each input has its own, of which at least one stays.
void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (!joins_channels(op, g)) return need_same_channels(op, g, ranges, channels);
  size_t first = 0;
  for (ChannelSet& in : channels.in) {
    for (size_t c = 0; c < in.size(); ++c)
      if (in[c] || channels.out[0][first + c]) in[c] = true;
    if (count(in) == 0) in[0] = true;
    std::copy(in.begin(), in.end(), channels.out[0].begin() + static_cast<std::ptrdiff_t>(first));
    first += in.size();
  }
}

Graph sample(Rng& rng) {
  Shape shape;
  for (int32_t rank = rng.pick(1, 5); rank > 0; --rank) shape.push_back(rng.pick(1, rank > 3 ? 3 : 6));
  const auto rank = static_cast<int32_t>(shape.size()), axis = rng.pick(-rank, rank - 1);
  Tensor out = sample_int8(rng, {});
  const bool wide = rng.chance(0.2);
  if (wide) out.quant = {}, out.type = DType::int32;
  // Features: int16, each operand with a scale of its own.
  const auto at = static_cast<size_t>(axis < 0 ? axis + rank : axis);
  const bool joins_scales = !wide && rng.chance(0.2);
  if (joins_scales) out.quant = {{}, {}, static_cast<int32_t>(at)}, out.type = DType::int16;
  std::vector<Tensor> operands;
  for (int32_t n = rng.pick(joins_scales ? 2 : 1, 5); n > 0; --n) {
    shape[at] = rng.pick(1, 5);
    Tensor in = operands.empty() || wide || joins_scales || rng.chance(0.7) ? sample_int8(rng, shape)
                                                                            : sample_constant_int8(rng, shape);
    in.type = out.type;
    if (joins_scales) in.quant = {{static_cast<float>(n)}, {0}, 0};
    else in.quant = out.quant;
    for (int32_t c = 0; joins_scales && c < shape[at]; ++c)
      out.quant.scale.push_back(static_cast<float>(n)), out.quant.zero.push_back(0);
    operands.push_back(in);
  }
  return sample_graph(concat_op, "CONCATENATION", ConcatAttrs{axis}, std::move(operands), out);
}

}  // namespace

Quant joined_quant(const Graph& graph, int32_t axis, const std::vector<TensorId>& in) {
  Quant quant{{}, {}, axis};
  for (TensorId id : in) {
    const Tensor& t = graph.at(id);
    for (size_t c = 0; c < static_cast<size_t>(t.shape[static_cast<size_t>(axis)]); ++c) {
      quant.scale.push_back(t.quant.scale_at(c));
      quant.zero.push_back(t.quant.zero_at(c));
    }
  }
  return quant;
}

Op make_concat(int32_t axis, std::vector<TensorId> in, TensorId out) {
  return make_op(concat_op, "CONCATENATION", ConcatAttrs{axis}, std::move(in), out);
}

extern const OpDef concat_op{.name = "concat",
                             .readers = {{"CONCATENATION", read}},
                             .infer = infer,
                             .define = define,
                             .lower = lower,
                             .ranges = ranges,
                             .is_identity = is_identity,
                             .need = need,
                             .sample = sample};

}  // namespace mote
