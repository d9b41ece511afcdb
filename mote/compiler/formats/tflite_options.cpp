#include "mote/compiler/formats/tflite_options.h"

#include <fmt/core.h>

namespace mote {

Expected<Activation> read_activation(tflite::ActivationFunctionType type) {
  switch (type) {
    case tflite::ActivationFunctionType_NONE: return Activation::none;
    case tflite::ActivationFunctionType_RELU: return Activation::relu;
    case tflite::ActivationFunctionType_RELU_N1_TO_1: return Activation::relu_n1_to_1;
    case tflite::ActivationFunctionType_RELU6: return Activation::relu6;
    default:
      return unsupported(fmt::format("the fused activation {} is not supported; NONE, RELU, RELU6 and RELU_N1_TO_1 are",
                                     tflite::EnumNameActivationFunctionType(type)));
  }
}

namespace {

// Files exist whose output has more rows than VALID windows fill: those windows reach past the end of the image.
int32_t past_the_end(int32_t outputs, int32_t stride, int32_t reach, int32_t image) {
  const int64_t past = (int64_t{outputs} - 1) * stride + reach - image;
  return past > 0 && past < reach ? static_cast<int32_t>(past) : 0;
}

}  // namespace

Status pad_window(tflite::Padding padding, const Tensor& in, const Op& op, const Graph& g, Window2D& w) {
  if (padding != tflite::Padding_SAME && padding != tflite::Padding_VALID)
    return malformed(fmt::format("its padding is {}; 0 (SAME) or 1 (VALID) is allowed", static_cast<int>(padding)));
  MOTE_TRY_STATUS(check_window_sizes(w));
  if (padding == tflite::Padding_SAME) {
    pad_same(w, in.shape[1], in.shape[2]);
  } else if (g.out(op).shape.size() == 4) {
    w.pad_bottom = past_the_end(g.out(op).shape[1], w.stride_y, w.reach_y(), in.shape[1]);
    w.pad_right = past_the_end(g.out(op).shape[2], w.stride_x, w.reach_x(), in.shape[2]);
  }
  return {};
}

Status read_pool(const TfliteOp& from, const Graph& g, Op& op) {
  const auto* options = from.op.builtin_options_as_Pool2DOptions();
  const Tensor* in = g.in(op, 0);
  if (!options) return missing_options();
  if (!in || in->shape.size() != 4) return unsupported("its input needs 4 dimensions (NHWC)");
  PoolAttrs attrs;
  attrs.window.kh = options->filter_height(), attrs.window.kw = options->filter_width();
  attrs.window.stride_y = options->stride_h(), attrs.window.stride_x = options->stride_w();
  Window2D& w = attrs.window;
  MOTE_TRY_STATUS(pad_window(options->padding(), *in, op, g, w));
  MOTE_TRY(attrs.clamp, read_clamp(options, op, g));
  op.attrs = attrs;
  return {};
}

}  // namespace mote
