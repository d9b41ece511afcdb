// PAD and PADV2: the paddings are constant and become attributes, as does a constant value; a value that is not
// constant stays the second operand.
#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/pad/pad.kernel.h"

namespace mote {

extern const OpDef pad_op;

namespace {

constexpr KernelDef kKernel{"pad_s8", "mote/ops/pad/pad.kernel.h", "Pad",
                            "a_size a_before a_after b_size b_before b_after c_size c_before c_after out_bytes "
                            "value given",
                            pad_s8};

constexpr size_t kMaxRank = 5;
constexpr int64_t kMaxElements = int64_t{1} << 28;

using Paddings = std::vector<std::pair<int32_t, int32_t>>;

struct PadAttrs {
  Paddings paddings;             // before and after, for each dimension
  std::optional<int32_t> value;  // absent: the output's zero point, or the second operand where there is one
};

Status read(const TfliteOp&, const Graph& g, Op& op) {
  PadAttrs attrs;
  MOTE_TRY(const std::vector<int32_t> sizes, integer_values(g.in(op, 1), "the operand with the paddings"));
  for (size_t i = 0; i + 1 < sizes.size(); i += 2) attrs.paddings.emplace_back(sizes[i], sizes[i + 1]);
  const Tensor* value = g.in(op, 2);
  if (value && !op.out.empty()) {
    MOTE_TRY_STATUS(require_moved(value, g.out(op), "the padding value"));
    if (value->is_constant() && value->type == DType::int8 && value->data.size() == 1)
      attrs.value = value->data.as<int8_t>()[0], value = nullptr;
  }
  op.in = value ? std::vector<TensorId>{op.in[0], op.in[2]} : std::vector<TensorId>{op.in[0]};
  op.attrs = attrs;
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), *value = g.in(op, 1);
  const Paddings& paddings = op.attrs.as<PadAttrs>().paddings;
  MOTE_TRY_STATUS(require_type(in, DType::int8, "the input"));
  MOTE_TRY_STATUS(require_moved(in, g.out(op), "a padding does not rescale"));
  if (in->shape.empty() || in->shape.size() > kMaxRank)
    return unsupported(fmt::format("an input of {} dimensions; 1 to {} are supported", in->shape.size(), kMaxRank));
  if (paddings.size() != in->shape.size())
    return malformed(fmt::format("{} paddings for {} dimensions", paddings.size(), in->shape.size()));
  if (value && (value->type != DType::int8 || element_count(value->shape) != 1))
    return malformed(fmt::format("the padding value \"{}\" is {} {}; one int8 is needed", value->name,
                                 name_of(value->type), print(value->shape)));
  Shape shape = in->shape;
  int64_t elements = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    const auto [before, after] = paddings[i];
    if (before < 0 || after < 0)
      return malformed(fmt::format("a padding of {} and {}; negative ones are not allowed", before, after));
    const int64_t size = int64_t{shape[i]} + before + after;
    if (size > kMaxElements || (elements *= std::max<int64_t>(size, 1)) > kMaxElements)
      return unsupported(fmt::format("the paddings make an output of more than {} values", kMaxElements));
    shape[i] = static_cast<int32_t>(size);
  }
  return std::vector<OutputType>{{DType::int8, shape}};
}

int8_t zero_of(const Tensor& out) { return static_cast<int8_t>(out.quant.zero_at(0)); }

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto& attrs = o.op.attrs.as<PadAttrs>();
  const auto x = o.input<int8_t>(0);
  const auto y = o.output<int8_t>(0);
  const int8_t value =
      o.op.in.size() > 1 ? o.input<int8_t>(1)[0] : static_cast<int8_t>(attrs.value.value_or(zero_of(out)));
  for (size_t i = 0; i < y.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i), from = 0, unit = 1;
    bool inside = true;
    for (size_t d = out.shape.size(); d-- > 0; rest /= out.shape[d], unit *= in.shape[d]) {
      const int64_t index = rest % out.shape[d] - attrs.paddings[d].first;
      inside &= index >= 0 && index < in.shape[d];
      from += index * unit;
    }
    y[i] = inside ? x[static_cast<size_t>(from)] : value;
  }
}

struct Level {
  int32_t size = 1, before = 0, after = 0;
};

// The dimensions of a row as levels of a nest, the innermost first; dimensions without a padding below them are joined.
std::vector<Level> row_levels(const Shape& shape, const Paddings& paddings) {
  std::vector<Level> levels(1);
  for (size_t d = shape.size(); d-- > first_inner_dimension(shape);) {
    const Level& below = levels.back();
    const bool joined = below.before == 0 && below.after == 0;
    int32_t unit = 1;  // bytes of the output that one index of this dimension takes
    for (const Level& l : levels) unit = unit * l.size + l.before + l.after;
    const Level level{joined ? below.size * shape[d] : shape[d], paddings[d].first * unit, paddings[d].second * unit};
    if (joined) levels.back() = level;
    else levels.push_back(level);
  }
  levels.resize(3);
  return levels;
}

// Which input row each output row holds; none: one that is outside.
Expected<Reads> read_padded_rows(TensorId id, const Tensor& in, const Tensor& out, const Paddings& paddings) {
  Reads reads = read_same_rows(id, in, false);
  const size_t rank = in.shape.size();
  if (rank < 2) return reads;
  const size_t y = rank == 2 ? 0 : 1;
  reads.offset = -paddings[y].first;
  if (rank == 2 || out.shape[0] == 1) return reads;
  constexpr int32_t kMostRows = UINT16_MAX;
  if (row_count(out) > kMostRows)
    return unsupported(fmt::format("{} rows; at most {} are supported", row_count(out), kMostRows));
  const auto outside = static_cast<uint16_t>(row_count(in));
  for (int32_t n = -paddings[0].first; n < out.shape[0] - paddings[0].first; ++n)
    for (int32_t r = -paddings[1].first; r < out.shape[1] - paddings[1].first; ++r) {
      const bool inside = n >= 0 && n < in.shape[0] && r >= 0 && r < in.shape[1];
      reads.table.push_back(inside ? static_cast<uint16_t>(n * in.shape[1] + r) : outside);
    }
  return reads;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const auto& attrs = op.attrs.as<PadAttrs>();
  const std::vector<Level> level = row_levels(in.shape, attrs.paddings);
  const bool given = op.in.size() > 1;
  KernelCall call;
  call.kernel = &kKernel;
  for (size_t i : {2, 1, 0}) call.params.insert(call.params.end(), {level[i].size, level[i].before, level[i].after});
  call.params.insert(call.params.end(),
                     {static_cast<int32_t>(row_bytes(out)), attrs.value.value_or(zero_of(out)), given});
  MOTE_TRY(const Reads rows, read_padded_rows(op.in[0], in, out, attrs.paddings));
  call.reads = {rows};
  if (given) call.reads.push_back(read_whole(op.in[1], *g.in(op, 1)));
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return std::vector<KernelCall>{call};
}

bool is_padded(std::pair<int32_t, int32_t> padding) { return padding.first > 0 || padding.second > 0; }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in) {
  const auto& attrs = op.attrs.as<PadAttrs>();
  const Tensor& out = g.out(op);
  const int32_t own = attrs.value.value_or(zero_of(out));
  const Range value = op.in.size() > 1 ? in[1][0] : make_range(own, own);
  const bool around = std::any_of(attrs.paddings.begin(), attrs.paddings.end() - 1, is_padded);
  Ranges result(static_cast<size_t>(channel_count(out)), value);
  for (size_t c = 0; c < in[0].size(); ++c)
    result[static_cast<size_t>(attrs.paddings.back().first) + c] = around ? hull(in[0][c], value) : in[0][c];
  return result;
}

bool is_identity(const Op& op, const Graph&, const OperandRanges&) {
  const Paddings& paddings = op.attrs.as<PadAttrs>().paddings;
  return std::none_of(paddings.begin(), paddings.end(), is_padded);
}

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (is_padded(op.attrs.as<PadAttrs>().paddings.back())) return need_everything(channels);
  OpChannels data{{channels.in[0]}, channels.out};  // the value is for all channels
  need_same_channels(op, g, ranges, data);
  channels.in[0] = data.in[0], channels.out = data.out;
  if (op.in.size() > 1) channels.in[1] = {true};
}

std::optional<Paddings> as_padding(const Op& op, const Graph& g) {
  const auto& attrs = op.attrs.as<PadAttrs>();
  const int32_t zero = g.out(op).quant.zero_at(0);
  if (op.in.size() > 1 || attrs.value.value_or(zero) != zero) return std::nullopt;
  return attrs.paddings;
}

Graph sample(Rng& rng) {
  Shape shape;
  PadAttrs attrs;
  for (int32_t rank = rng.pick(1, 5); rank > 0; --rank) {
    shape.push_back(rng.pick(1, rank > 3 ? 3 : 6));
    const bool padded = rng.chance(0.5);
    attrs.paddings.emplace_back(padded ? rng.pick(0, 3) : 0, padded ? rng.pick(0, 3) : 0);
  }
  if (shape.size() > 2 && rng.chance(0.5)) shape[0] = 1, attrs.paddings[0] = {0, 0};
  Tensor in = sample_int8(rng, shape), out = sample_int8(rng, {});
  out.quant = in.quant;
  std::vector<Tensor> operands{in};
  if (rng.chance(0.3)) attrs.value = rng.pick(-128, 127);
  else if (rng.chance(0.2)) operands.push_back(sample_int8(rng, {1}));
  return sample_graph(pad_op, "PAD", attrs, std::move(operands), out);
}

}  // namespace

extern const OpDef pad_op{.name = "pad",
                          .readers = {{"PAD", read}, {"PADV2", read}},
                          .infer = infer,
                          .define = define,
                          .lower = lower,
                          .as_padding = as_padding,
                          .ranges = ranges,
                          .is_identity = is_identity,
                          .need = need,
                          .sample = sample};

}  // namespace mote
