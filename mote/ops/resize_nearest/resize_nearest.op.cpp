// RESIZE_NEAREST_NEIGHBOR: the operand with the new height and width is constant and becomes an attribute.
#include <fmt/core.h>

#include <cmath>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/resize_nearest/resize_nearest.kernel.h"

namespace mote {

extern const OpDef resize_nearest_op;

namespace {

constexpr KernelDef kKernel{"resize_nearest", "mote/ops/resize_nearest/resize_nearest.kernel.h", "ResizeNearest",
                            "out_w pixel_bytes", resize_nearest};

constexpr int32_t kMaxSize = 32767;

struct ResizeAttrs {
  int32_t out_h = 1, out_w = 1;
  bool align_corners = false, half_pixel_centers = false;
};

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  const auto* options = from.op.builtin_options_as_ResizeNearestNeighborOptions();
  MOTE_TRY(const std::vector<int32_t> size, integer_values(g.in(op, 1), "the operand with the size"));
  if (size.size() != 2) return malformed(fmt::format("a size of {} values; height and width are needed", size.size()));
  ResizeAttrs attrs{size[0], size[1]};
  if (options) attrs.align_corners = options->align_corners(), attrs.half_pixel_centers = options->half_pixel_centers();
  op.attrs = attrs;
  op.in.resize(1);
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_moved(in, g.out(op), "repeating the nearest value does not rescale"));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the input"));
  const auto& a = op.attrs.as<ResizeAttrs>();
  for (int32_t size : {a.out_h, a.out_w, in->shape[1], in->shape[2]})
    if (size < 1 || size > kMaxSize)
      return unsupported(fmt::format("a height or width of {}; 1 to {} are supported", size, kMaxSize));
  return std::vector<OutputType>{{in->type, {in->shape[0], a.out_h, a.out_w, in->shape[3]}}};
}

// Where along a dimension output index i is taken from. The rule is in float, so that ties fall as in TFLite.
int32_t nearest(const ResizeAttrs& a, int32_t i, int32_t in_size, int32_t out_size) {
  const bool corners = a.align_corners && out_size > 1;
  const float scale = corners ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                              : static_cast<float>(in_size) / static_cast<float>(out_size);
  const float at = (static_cast<float>(i) + (a.half_pixel_centers ? 0.5f : 0.0f)) * scale;
  const auto index = static_cast<int32_t>(a.align_corners ? std::round(at) : std::floor(at));
  return std::min(index, in_size - 1);
}

std::vector<uint16_t> nearest_table(const ResizeAttrs& a, int32_t in_size, int32_t out_size) {
  std::vector<uint16_t> table;
  for (int32_t i = 0; i < out_size; ++i) table.push_back(static_cast<uint16_t>(nearest(a, i, in_size, out_size)));
  return table;
}

// The same rule anew: every step in double, where it is exact or (the quotient) far finer, then rounded to float once.
int32_t defined_nearest(const ResizeAttrs& a, int32_t i, int32_t in_size, int32_t out_size) {
  const int32_t less = a.align_corners && out_size > 1 ? 1 : 0;
  const double scale = static_cast<float>(double(in_size - less) / double(out_size - less));
  const double at = static_cast<float>((a.half_pixel_centers ? i + 0.5 : i) * scale);
  const auto index = static_cast<int64_t>(a.align_corners ? at + 0.5 : at);
  return index < in_size ? static_cast<int32_t>(index) : in_size - 1;
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto& a = o.op.attrs.as<ResizeAttrs>();
  const int32_t h = in.shape[1], w = in.shape[2];
  const auto pixel = static_cast<size_t>(in.shape[3] * bytes_of(in.type));
  size_t at = 0;
  for (int32_t n = 0; n < out.shape[0]; ++n)
    for (int32_t y = 0; y < a.out_h; ++y)
      for (int32_t x = 0; x < a.out_w; ++x) {
        const int32_t from = (n * h + defined_nearest(a, y, h, a.out_h)) * w + defined_nearest(a, x, w, a.out_w);
        for (size_t b = 0; b < pixel; ++b) o.out[0][at++] = o.in[0][static_cast<size_t>(from) * pixel + b];
      }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor& in = *g.in(op, 0);
  const auto& a = op.attrs.as<ResizeAttrs>();
  const int32_t h = in.shape[1];
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {a.out_w, static_cast<int32_t>(in.shape[3] * bytes_of(in.type))};
  call.tables = {make_table("columns", nearest_table(a, in.shape[2], a.out_w))};
  call.rows = a.out_h;
  std::vector<KernelCall> calls;
  for (int32_t n = 0; n < in.shape[0]; ++n) {
    Reads reads = read_same_rows(op.in[0], in, false);
    reads.begin = n * h, reads.count = h;
    reads.table = nearest_table(a, h, a.out_h);
    call.reads = {reads};
    call.writes = {{op.out[0], n * a.out_h}};
    calls.push_back(call);
  }
  return calls;
}

Ranges ranges(const Op&, const Graph&, const OperandRanges& in) { return in[0]; }

bool is_identity(const Op& op, const Graph& g, const OperandRanges&) {
  const Tensor& in = *g.in(op, 0);
  const auto& a = op.attrs.as<ResizeAttrs>();
  if (in.shape != g.out(op).shape) return false;
  const auto rows = nearest_table(a, a.out_h, a.out_h), columns = nearest_table(a, a.out_w, a.out_w);
  auto in_order = [](const std::vector<uint16_t>& table) {
    for (size_t i = 0; i < table.size(); ++i)
      if (table[i] != i) return false;
    return true;
  };
  return in_order(rows) && in_order(columns);
}

Graph sample(Rng& rng) {
  ResizeAttrs attrs{rng.pick(1, 20), rng.pick(1, 20), rng.chance(0.3), rng.chance(0.3)};
  Tensor in = sample_int8(rng, {rng.chance(0.2) ? 2 : 1, rng.pick(1, 12), rng.pick(1, 12), rng.pick(1, 5)});
  Tensor out = sample_int8(rng, {});
  out.quant = in.quant;
  if (rng.chance(0.2)) in.quant = out.quant = {}, in.type = out.type = DType::int32;
  return sample_graph(resize_nearest_op, "RESIZE_NEAREST_NEIGHBOR", attrs, {in}, out);
}

}  // namespace

extern const OpDef resize_nearest_op{.name = "resize_nearest",
                                     .readers = {{"RESIZE_NEAREST_NEIGHBOR", read}},
                                     .infer = infer,
                                     .define = define,
                                     .lower = lower,
                                     .ranges = ranges,
                                     .is_identity = is_identity,
                                     .need = need_same_channels,
                                     .sample = sample};

}  // namespace mote
