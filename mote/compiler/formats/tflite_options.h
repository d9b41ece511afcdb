// What several readers of .tflite operators share.
#pragma once
#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/pool.h"
#include "mote/compiler/ir/quantize.h"
#include "mote/compiler/ir/window.h"

namespace mote {

inline Error missing_options() { return malformed("its options are missing or of another op's type"); }

Expected<Activation> read_activation(tflite::ActivationFunctionType type);

// The int8 range of a fused activation, by the quantisation of the op's output; the whole range for other types.
template <class Options>
Expected<Clamp> read_clamp(const Options* options, const Op& op, const Graph& g) {
  if (!options) return Clamp{-128, 127};
  MOTE_TRY(const Activation activation, read_activation(options->fused_activation_function()));
  if (op.out.empty() || !g.out(op).quant.is_set()) return Clamp{-128, 127};
  return activation_range(activation, g.out(op).quant);
}

// Checks the window's sizes, then sets its padding for the op's output.
Status pad_window(tflite::Padding padding, const Tensor& in, const Op& op, const Graph& g, Window2D& window);

// Strides, dilations and padding of a convolution; the window's size is that of operand 1, [][kh][kw][].
template <class Options>
Status read_window(const Options* options, const Op& op, const Graph& g, Window2D& window) {
  if (!options) return missing_options();
  const Tensor *in = g.in(op, 0), *weights = g.in(op, 1);
  if (!in || !weights || in->shape.size() != 4 || weights->shape.size() != 4)
    return unsupported("its input and weights need 4 dimensions (NHWC)");
  window.kh = weights->shape[1], window.kw = weights->shape[2];
  window.stride_y = options->stride_h(), window.stride_x = options->stride_w();
  window.dilation_y = options->dilation_h_factor(), window.dilation_x = options->dilation_w_factor();
  return pad_window(options->padding(), *in, op, g, window);
}

// A pool's window and activation.
Status read_pool(const TfliteOp& from, const Graph& g, Op& op);

}  // namespace mote
