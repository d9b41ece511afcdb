// Image: a picture in the size, the channels and the numbers that a network takes. A camera's rows go in one by one and
// rows come out; there is never a whole picture in memory.
//
// Sampling is at the centres of pixels, as OpenCV's resize and TFLite's half_pixel_centers do it, without smoothing
// before pictures become smaller; grey is 0.299 red + 0.587 green + 0.114 blue. int8: a byte less 128, whatever it
// stands for.
#include <fmt/core.h>

#include "mote/blocks/block.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/ops/crop_resize/crop_resize.op.h"
#include "mote/ops/grey/grey.op.h"
#include "mote/ops/reinterpret/reinterpret.op.h"

namespace mote {

extern const BlockDef image_block;

namespace {

using Rectangle = CropResizeAttrs::Rectangle;

constexpr Setting kSettings[] = {
    {"width", Setting::integer, "pixels", 2, 4096, "96", "", "Of what comes out"},
    {"height", Setting::integer, "pixels", 2, 4096, "96", "", "Of what comes out"},
    {"fit", Setting::choice, "", 0, 0, "crop", "crop pad squash",
     "Of a camera of another shape: crop: its middle, as much as there is; pad: all of it, with black borders; squash: "
     "all of it, distorted"},
    {"resize", Setting::choice, "", 0, 0, "bilinear", "bilinear nearest",
     "What a new pixel is: a mean of the four around it, or the nearest one"},
    {"channels", Setting::choice, "", 0, 0, "all", "all grey", "Those of the camera, or brightness alone"},
    {"values", Setting::choice, "", 0, 0, "unit", "unit centred byte",
     "What black and white are: 0 and 1, -1 and 1 (to half a step), 0 and 255"},
};

// size * a / b to the nearest whole number, at least 1.
int32_t scaled(int32_t size, int32_t a, int32_t b) {
  return static_cast<int32_t>(std::max<int64_t>((2 * int64_t{size} * a + b) / (2 * int64_t{b}), 1));
}

Rectangle middle(int32_t width, int32_t height, int32_t of_width, int32_t of_height) {
  return {(of_width - width) / 2, (of_height - height) / 2, width, height};
}

CropResizeAttrs geometry_of(const Signal& signal, const Settings& settings) {
  const int32_t width = signal.width, height = signal.samples / signal.width;
  CropResizeAttrs a;
  a.bilinear = settings.choice("resize") == "bilinear";
  a.width = settings.integer("width"), a.height = settings.integer("height");
  a.from = {0, 0, width, height}, a.to = {0, 0, a.width, a.height};
  const bool is_wider = int64_t{width} * a.height > int64_t{height} * a.width;
  if (settings.choice("fit") == "crop")
    a.from = is_wider ? middle(scaled(height, a.width, a.height), height, width, height)
                      : middle(width, scaled(width, a.height, a.width), width, height);
  if (settings.choice("fit") == "pad")
    a.to = is_wider ? middle(a.width, scaled(height, a.width, width), a.width, a.height)
                    : middle(scaled(width, a.height, height), a.height, a.width, a.height);
  return a;
}

Tensor picture(const char* name, DType type, double scale, int32_t zero) {
  Tensor t;
  t.name = name, t.type = type, t.quant = {{static_cast<float>(scale)}, {zero}, 0};
  return t;
}

Tensor bytes_like(const char* name, const Tensor& t) { return picture(name, t.type, t.quant.scale[0], 0); }

Expected<TensorId> attach_resize(Graph& graph, TensorId in, const CropResizeAttrs& a) {
  const Tensor camera = graph.at(in);
  if (camera.shape[1] == a.height && camera.shape[2] == a.width) return in;
  const TensorId weights = a.bilinear ? graph.add(crop_resize_weights(a, camera.shape[1])) : kNone;
  return append(graph, make_crop_resize(a, in, weights, kNone), bytes_like("resized", camera));
}

// uint8 as int8: the same steps from -128 on.
Expected<TensorId> attach_signed(Graph& graph, TensorId in) {
  Op op;
  op.def = find_op("quantize"), op.type = "QUANTIZE", op.in = {in};
  return append(graph, std::move(op), picture("image", DType::int8, graph.at(in).quant.scale[0], -128));
}

Expected<int32_t> one_line(const Signal& signal, const Settings&) { return signal.width; }

Expected<TensorId> attach(Graph& graph, TensorId pixels, const Signal& signal, const Settings& settings) {
  MOTE_TRY(TensorId id, attach_resize(graph, pixels, geometry_of(signal, settings)));
  if (settings.choice("channels") == "grey" && signal.axes == 3) {
    MOTE_TRY(id, append(graph, make_grey(id, kNone), bytes_like("grey", graph.at(id))));
  }
  MOTE_TRY(id, attach_signed(graph, id));
  const std::string& values = settings.choice("values");
  if (values == "unit") return id;
  return append(
      graph, make_reinterpret(id, kNone),
      values == "centred" ? picture("centred", DType::int8, 2.0 / 255, 0) : picture("bytes", DType::int8, 1, -128));
}

}  // namespace

extern const BlockDef image_block{.name = "image",
                                  .version = 1,
                                  .about = "A picture in the size and the numbers that a network takes",
                                  .settings = kSettings,
                                  .row_samples = one_line,
                                  .attach = attach,
                                  .takes_pictures = true};

}  // namespace mote
