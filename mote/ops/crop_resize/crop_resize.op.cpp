// Cropping and resizing. There is no such op in model files: sensor blocks make it (make_crop_resize).
#include "mote/ops/crop_resize/crop_resize.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/crop_resize/crop_resize.kernel.h"

namespace mote {

extern const OpDef crop_resize_op;

namespace {

using Rectangle = CropResizeAttrs::Rectangle;

constexpr KernelDef kNearest{"crop_resize_nearest_u8", "mote/ops/crop_resize/crop_resize.kernel.h", "CropResize",
                             "channels left columns right", crop_resize_nearest_u8};
constexpr KernelDef kBilinear{"crop_resize_bilinear_u8", kNearest.header, kNearest.params, kNearest.fields,
                              crop_resize_bilinear_u8};
constexpr int32_t kMaxSize = 32767, kMaxRow = 65535, kOne = 2048;
constexpr uint16_t kNoRow = 65535;

bool lies_in(const Rectangle& r, int32_t width, int32_t height) {
  return r.x >= 0 && r.y >= 0 && r.width >= 1 && r.height >= 1 && r.x <= width - r.width && r.y <= height - r.height;
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<CropResizeAttrs>();
  const Tensor *in = g.in(op, 0), *weights = g.in(op, 1);
  MOTE_TRY_STATUS(require_type(in, DType::uint8, "the picture"));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the picture"));
  MOTE_TRY_STATUS(require_same_quant(*in, g.out(op), "it is not rescaled"));
  const int32_t height = in->shape[1], width = in->shape[2];
  for (int32_t size : {a.width, a.height, width, height})
    if (size < 2 || size > kMaxSize)
      return unsupported(fmt::format("a height or width of {}; 2 to {} are supported", size, kMaxSize));
  if (in->shape[0] != 1 || int64_t{width} * in->shape[3] > kMaxRow)
    return unsupported(fmt::format("a picture of {}; rows of {} bytes are supported", print(in->shape), kMaxRow));
  if (!lies_in(a.from, width, height) || !lies_in(a.to, a.width, a.height))
    return malformed("the part, or where it is placed, does not lie in the picture");
  if (a.bilinear && (!weights || !weights->is_constant() || weights->type != DType::int16 ||
                     weights->shape != Shape{1, a.height, 1, 1}))
    return malformed("the weights of rows are missing");
  return std::vector<OutputType>{{DType::uint8, {1, a.height, a.width, in->shape[3]}}};
}

// Where pixel i of `n` lies among the `size` pixels from `begin` on: behind pixel `index` of a picture of `all`, by
// `weight` parts of 2048 of the way to the next one.
struct Position {
  int32_t index, weight;
};

Position position(bool bilinear, int32_t i, int32_t n, int32_t begin, int32_t size, int32_t all) {
  const double at = (i + 0.5) * size / n;  // in the part, whose first pixel is from 0 to 1
  if (!bilinear) return {begin + static_cast<int32_t>(at), 0};
  const double centre = std::clamp<double>(double((2 * i + 1) * int64_t{size} - n) / (2.0 * n), 0, size - 1);
  const int32_t index = std::min(begin + static_cast<int32_t>(centre), all - 2);
  return {index, static_cast<int32_t>(std::floor((begin + centre - index) * kOne + 0.5))};
}

Position row_position(const CropResizeAttrs& a, int32_t y, int32_t rows) {
  return position(a.bilinear, y - a.to.y, a.to.height, a.from.y, a.from.height, rows);
}

bool has_row(const CropResizeAttrs& a, int32_t y) { return y >= a.to.y && y < a.to.y + a.to.height; }

// The same rule in whole numbers.
Position define_position(bool bilinear, int64_t i, int64_t n, int64_t begin, int64_t size, int64_t all) {
  if (!bilinear) return {static_cast<int32_t>(begin + (2 * i + 1) * size / (2 * n)), 0};
  const int64_t twice = 2 * n, at = std::clamp<int64_t>((2 * i + 1) * size - n, 0, twice * (size - 1));
  const int64_t index = std::min(begin + at / twice, all - 2), rest = at + twice * (begin - index);
  return {static_cast<int32_t>(index), static_cast<int32_t>((2 * rest * kOne + twice) / (2 * twice))};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<CropResizeAttrs>();
  const Tensor& in = *o.graph.in(o.op, 0);
  const int64_t width = in.shape[2], channels = in.shape[3];
  auto pixel = [&](int64_t y, int64_t x, int64_t c) {
    return Wide{o.in[0][static_cast<size_t>((y * width + x) * channels + c)]};
  };
  for (size_t at = 0; at < o.out[0].size(); ++at) {
    const int64_t c = static_cast<int64_t>(at) % channels, column = static_cast<int64_t>(at) / channels % a.width,
                  row = static_cast<int64_t>(at) / channels / a.width;
    const int64_t x = column - a.to.x, y = row - a.to.y;
    o.out[0][at] = 0;
    if (x < 0 || x >= a.to.width || y < 0 || y >= a.to.height) continue;
    const auto [left, h] = define_position(a.bilinear, x, a.to.width, a.from.x, a.from.width, width);
    const auto [upper, unused] = define_position(a.bilinear, y, a.to.height, a.from.y, a.from.height, in.shape[1]);
    if (!a.bilinear) {
      o.out[0][at] = static_cast<uint8_t>(pixel(upper, left, c));
      continue;
    }
    const Wide v = o.input<int16_t>(1)[static_cast<size_t>(row)];
    const Wide sum = (kOne - v) * ((kOne - h) * pixel(upper, left, c) + h * pixel(upper, left + 1, c)) +
                     v * ((kOne - h) * pixel(upper + 1, left, c) + h * pixel(upper + 1, left + 1, c));
    o.out[0][at] = static_cast<uint8_t>(define_floor_div(2 * sum + kOne * kOne, Wide{2} * kOne * kOne));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<CropResizeAttrs>();
  const Tensor& in = *g.in(op, 0);
  const int32_t rows = in.shape[1], channels = in.shape[3];
  std::vector<uint16_t> columns, weights;
  for (int32_t x = 0; x < a.to.width; ++x) {
    const Position p = position(a.bilinear, x, a.to.width, a.from.x, a.from.width, in.shape[2]);
    columns.push_back(static_cast<uint16_t>(p.index * channels));
    weights.push_back(static_cast<uint16_t>(p.weight));
  }
  KernelCall call;
  call.kernel = a.bilinear ? &kBilinear : &kNearest;
  call.params = {channels, a.to.x, a.to.width, a.width - a.to.x - a.to.width};
  call.tables = {make_table("columns", columns)};
  Reads reads = read_same_rows(op.in[0], in, false);
  reads.span = a.bilinear ? 2 : 1;
  for (int32_t y = 0; y < a.height; ++y)
    reads.table.push_back(has_row(a, y) ? static_cast<uint16_t>(row_position(a, y, rows).index) : kNoRow);
  call.reads = {reads};
  if (a.bilinear) {
    call.tables.push_back(make_table("weights", weights));
    call.reads.push_back(read_same_rows(op.in[1], *g.in(op, 1), false));
  }
  call.writes = {{op.out[0], 0}};
  call.rows = a.height;
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<CropResizeAttrs>();
  return a.bilinear ? int64_t{4} * a.to.width * a.to.height * g.out(op).shape[3] : 0;
}

Rectangle sample_rectangle(Rng& rng, int32_t width, int32_t height) {
  Rectangle r;
  r.width = rng.pick(1, width), r.height = rng.pick(1, height);
  r.x = rng.pick(0, width - r.width), r.y = rng.pick(0, height - r.height);
  return r;
}

// Weights between rows follow from sizes: none is a number that a model has learned.
std::optional<Numbers> numbers(size_t) { return Numbers{}; }

Graph sample(Rng& rng) {
  CropResizeAttrs a;
  Tensor in, out;
  in.type = DType::uint8;
  in.shape = {1, rng.pick(2, 12), rng.pick(2, 12), rng.pick(1, 4)};
  in.quant = out.quant = {{1.0f / 255}, {0}, 0};
  a.bilinear = rng.chance(0.6);
  a.width = rng.pick(2, 15), a.height = rng.pick(2, 15);
  a.from = sample_rectangle(rng, in.shape[2], in.shape[1]);
  a.to = rng.chance(0.5) ? Rectangle{0, 0, a.width, a.height} : sample_rectangle(rng, a.width, a.height);
  std::vector<Tensor> operands{in};
  if (a.bilinear) operands.push_back(crop_resize_weights(a, in.shape[1]));
  return sample_graph(crop_resize_op, "CROP_RESIZE", a, std::move(operands), out);
}

}  // namespace

Tensor crop_resize_weights(const CropResizeAttrs& attrs, int32_t rows) {
  std::vector<int16_t> weights;
  for (int32_t y = 0; y < attrs.height; ++y)
    weights.push_back(has_row(attrs, y) ? static_cast<int16_t>(row_position(attrs, y, rows).weight) : int16_t{0});
  Tensor t;
  t.name = "row_weights", t.type = DType::int16, t.shape = {1, attrs.height, 1, 1};
  t.data = make_blob(weights);
  return t;
}

Op make_crop_resize(CropResizeAttrs attrs, TensorId picture, TensorId weights, TensorId out) {
  std::vector<TensorId> in{picture};
  if (weights != kNone) in.push_back(weights);
  return make_op(crop_resize_op, "CROP_RESIZE", attrs, std::move(in), out);
}

extern const OpDef crop_resize_op{.name = "crop_resize",
                                  .readers = {},
                                  .infer = infer,
                                  .define = define,
                                  .lower = lower,
                                  .numbers = numbers,
                                  .macs = macs,
                                  .sample = sample};

}  // namespace mote
