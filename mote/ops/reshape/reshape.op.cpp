// RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes in another shape, which is that of the output tensor in the file.
// Passes remove most of them.
#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/reshape/reshape.kernel.h"

namespace mote {

extern const OpDef reshape_op;

namespace {

constexpr KernelDef kKernel{"reshape_rows", "mote/ops/reshape/reshape.kernel.h", "Reshape", "bytes pieces whole_step",
                            reshape_rows};

// The operand that says the new shape or axis may even be computed by the model: the file has its result all the same.
Status read(const TfliteOp&, const Graph&, Op& op) {
  if (op.in.size() > 1) op.in.resize(1);
  return {};
}

// Whether every value has the scale and zero point that it had: scales per channel, which are along the last dimension,
// repeat themselves.
bool keeps_quant(const Tensor& in, const Tensor& out) {
  for (const Tensor* t : {&in, &out})
    if (t->quant.scale.size() > 1 && (t->quant.axis + 1 != static_cast<int32_t>(t->shape.size()) ||
                                      t->quant.scale.size() != static_cast<size_t>(channel_count(*t))))
      return false;
  const auto from = static_cast<size_t>(channel_count(in)), to = static_cast<size_t>(channel_count(out));
  for (size_t i = 0; i < static_cast<size_t>(element_count(out.shape)); ++i)
    if (in.quant.scale_at(i % from) != out.quant.scale_at(i % to) ||
        in.quant.zero_at(i % from) != out.quant.zero_at(i % to))
      return false;
  return true;
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  if (!in) return malformed("the input is missing");
  if (in->type != out.type)
    return malformed(fmt::format("its input is {}, its output {}", name_of(in->type), name_of(out.type)));
  if (element_count(in->shape) != element_count(out.shape))
    return malformed(fmt::format("{} cannot take the shape {}", print(in->shape), print(out.shape)));
  if (in->quant.scale.size() > 1 || out.quant.scale.size() > 1) {
    if (!in->quant.is_set() || !out.quant.is_set() || !keeps_quant(*in, out))
      return unsupported("it changes the shape of a tensor that is quantised per channel");
  } else if (in->quant.is_set() && out.quant.is_set())
    MOTE_TRY_STATUS(require_same_quant(*in, out, "bytes are taken over as they are"));
  return std::vector<OutputType>{{in->type, out.shape}};
}

void define(const Operands& o) { std::copy(o.in[0].begin(), o.in[0].end(), o.out[0].begin()); }

bool keeps_channels(const Op& op, const Graph& g) { return channel_count(*g.in(op, 0)) == channel_count(g.out(op)); }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  return keeps_channels(op, g) ? in[0] : Ranges(static_cast<size_t>(channel_count(g.out(op))), hull(in[0]));
}

bool is_identity(const Op&, const Graph&, const OperandRanges&) { return true; }

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (keeps_channels(op, g)) need_same_channels(op, g, ranges, channels);
  else need_everything(channels);
}

constexpr int64_t kMaxPieces = 16;  // row pointers that are worth their memory

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const int64_t from = row_bytes(in), to = row_bytes(out);
  KernelCall call;
  call.kernel = &kKernel;
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  if (to % from == 0 && to / from <= kMaxPieces) {
    const auto pieces = static_cast<int32_t>(to / from);
    Reads reads = read_same_rows(op.in[0], in, pieces == 1);
    reads.span = reads.stride = pieces;
    call.reads = {reads};
    call.params = {static_cast<int32_t>(from), pieces, 0};
  } else {
    call.reads = {read_whole(op.in[0], in)};
    call.params = {static_cast<int32_t>(to), 1, static_cast<int32_t>(to)};
  }
  return std::vector<KernelCall>{call};
}

// Any split of a number of values into dimensions.
Shape sample_split(Rng& rng, int32_t values) {
  Shape shape;
  for (int32_t rank = rng.pick(0, 4); rank > 0; --rank) {
    int32_t d = rng.pick(1, values);
    while (values % d != 0) --d;
    shape.push_back(d);
    values /= d;
  }
  if (values > 1 || rng.chance(0.5))
    shape.insert(shape.begin() + rng.pick(0, static_cast<int32_t>(shape.size())), values);
  return shape;
}

Graph sample(Rng& rng) {
  const DType types[] = {DType::int8, DType::int8, DType::float32, DType::int16, DType::int32, DType::int64};
  const int32_t values = rng.pick(1, 30) * rng.pick(1, 12);
  Tensor in, out;
  in.type = out.type = types[rng.pick(0, 5)];
  in.shape = sample_split(rng, values), out.shape = sample_split(rng, values);
  return sample_graph(reshape_op, "RESHAPE", {}, {std::move(in)}, std::move(out));
}

}  // namespace

extern const OpDef reshape_op{.name = "reshape",
                              .readers = {{"RESHAPE", read}, {"SQUEEZE", read}, {"EXPAND_DIMS", read}},
                              .infer = infer,
                              .define = define,
                              .lower = lower,
                              .is_reshape = true,
                              .reads_flat = [](const Op&) { return true; },
                              .ranges = ranges,
                              .is_identity = is_identity,
                              .need = need,
                              .sample = sample};

}  // namespace mote
