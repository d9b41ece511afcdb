#include "fuzz/seeds.h"

#include <algorithm>
#include <cmath>

#include "fuzz/model.h"
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/graph.h"

namespace mote::fuzz {
namespace {

using tflite::ActivationFunctionType;

// Writes a model op by op. Tensors are named by their numbers.
class Builder {
 public:
  explicit Builder(uint64_t seed) : rng_(seed) {
    model_.version = 3;
    model_.description = "a seed of mote's fuzzer";
    model_.buffers.push_back(std::make_unique<tflite::BufferT>());
    model_.subgraphs.push_back(std::make_unique<tflite::SubGraphT>());
  }

  int32_t input(Shape shape, float scale = 0.05f, int64_t zero = -3) {
    const int32_t id = tensor(std::move(shape), tflite::TensorType_INT8, {scale}, {zero});
    sub().inputs.push_back(id);
    return id;
  }
  int32_t float_input(Shape shape) {
    const int32_t id = tensor(std::move(shape), tflite::TensorType_FLOAT32, {}, {});
    sub().inputs.push_back(id);
    return id;
  }

  int32_t constant_int8(Shape shape, std::vector<float> scale, std::vector<int64_t> zero, int32_t axis = 0) {
    std::vector<uint8_t> data(static_cast<size_t>(element_count(shape)));
    for (uint8_t& b : data) b = static_cast<uint8_t>(rng_.pick(-127, 127));
    const int32_t id = tensor(std::move(shape), tflite::TensorType_INT8, std::move(scale), std::move(zero));
    at(id).quantization->quantized_dimension = axis;
    return hold(id, std::move(data));
  }
  int32_t constant_int32(Shape shape, const std::vector<int32_t>& values) {
    std::vector<uint8_t> data(values.size() * 4);
    std::memcpy(data.data(), values.data(), data.size());
    return hold(tensor(std::move(shape), tflite::TensorType_INT32, {}, {}), std::move(data));
  }

  // An op with one output of the first operand's type and quantisation, unless another is given.
  int32_t op(tflite::BuiltinOperator code, std::vector<int32_t> in, float scale = 0, int64_t zero = 0,
             Shape shape = {}) {
    const tflite::TensorT& first = at(in[0]);
    std::vector<float> scales = first.quantization->scale;
    std::vector<int64_t> zeros = first.quantization->zero_point;
    if (scale > 0) scales = {scale}, zeros = {zero};
    const int32_t out = tensor(std::move(shape), first.type, std::move(scales), std::move(zeros));
    auto made = std::make_unique<tflite::OperatorT>();
    made->opcode_index = code_index(code);
    made->inputs = std::move(in);
    made->outputs = {out};
    sub().operators.push_back(std::move(made));
    return out;
  }
  // The same with options.
  template <class Options>
  int32_t op(tflite::BuiltinOperator code, tflite::BuiltinOptions type, Options options, std::vector<int32_t> in,
             float scale = 0, int64_t zero = 0) {
    const int32_t out = op(code, std::move(in), scale, zero);
    sub().operators.back()->builtin_options.type = type;
    sub().operators.back()->builtin_options.value = new Options(std::move(options));
    fit_shapes(model_);
    return out;
  }

  int32_t conv(int32_t x, int32_t out_c, int32_t k, int32_t stride, tflite::Padding padding = tflite::Padding_SAME,
               ActivationFunctionType activation = tflite::ActivationFunctionType_RELU, int32_t dilation = 1,
               int32_t groups = 1) {
    tflite::Conv2DOptionsT o;
    o.padding = padding, o.stride_w = o.stride_h = stride, o.fused_activation_function = activation;
    o.dilation_w_factor = o.dilation_h_factor = dilation;
    const int32_t depth = at(x).shape[3] / groups;
    return op(tflite::BuiltinOperator_CONV_2D, tflite::BuiltinOptions_Conv2DOptions, o,
              {x, weights({out_c, k, k, depth}, 0, out_c, k * k * depth), bias(out_c)}, 0.04f, -10);
  }
  int32_t depthwise(int32_t x, int32_t multiplier, int32_t k, int32_t stride) {
    tflite::DepthwiseConv2DOptionsT o;
    o.stride_w = o.stride_h = stride, o.depth_multiplier = multiplier;
    o.fused_activation_function = tflite::ActivationFunctionType_RELU6;
    const int32_t out_c = at(x).shape[3] * multiplier;
    return op(tflite::BuiltinOperator_DEPTHWISE_CONV_2D, tflite::BuiltinOptions_DepthwiseConv2DOptions, o,
              {x, weights({1, k, k, out_c}, 3, out_c, k * k), bias(out_c)}, 0.03f, 5);
  }
  int32_t dense(int32_t x, int32_t out_n, bool keep_dims = false) {
    tflite::FullyConnectedOptionsT o;
    o.keep_num_dims = keep_dims;
    const auto in_n =
        keep_dims ? at(x).shape.back() : static_cast<int32_t>(element_count(at(x).shape) / at(x).shape[0]);
    return op(tflite::BuiltinOperator_FULLY_CONNECTED, tflite::BuiltinOptions_FullyConnectedOptions, o,
              {x, weights({out_n, in_n}, 0, 1, in_n), bias(out_n)}, 0.1f, 3);
  }
  int32_t pool(tflite::BuiltinOperator code, int32_t x, int32_t h, int32_t w, int32_t stride, tflite::Padding padding) {
    tflite::Pool2DOptionsT o;
    o.padding = padding, o.stride_w = o.stride_h = stride, o.filter_height = h, o.filter_width = w;
    return op(code, tflite::BuiltinOptions_Pool2DOptions, o, {x});
  }
  int32_t add(int32_t a, int32_t b, ActivationFunctionType activation = tflite::ActivationFunctionType_NONE) {
    tflite::AddOptionsT o;
    o.fused_activation_function = activation;
    return op(tflite::BuiltinOperator_ADD, tflite::BuiltinOptions_AddOptions, o, {a, b}, 0.07f, 1);
  }
  int32_t mul(int32_t a, int32_t b) {
    return op(tflite::BuiltinOperator_MUL, tflite::BuiltinOptions_MulOptions, tflite::MulOptionsT(), {a, b}, 0.06f, -1);
  }
  int32_t concat(std::vector<int32_t> in, int32_t axis) {
    tflite::ConcatenationOptionsT o;
    o.axis = axis;
    return op(tflite::BuiltinOperator_CONCATENATION, tflite::BuiltinOptions_ConcatenationOptions, o, std::move(in));
  }
  int32_t reduce(tflite::BuiltinOperator code, int32_t x, const std::vector<int32_t>& axes, bool keep_dims) {
    tflite::ReducerOptionsT o;
    o.keep_dims = keep_dims;
    const int32_t operand = constant_int32({static_cast<int32_t>(axes.size())}, axes);
    return op(code, tflite::BuiltinOptions_ReducerOptions, o, {x, operand}, 0.02f, 7);
  }
  int32_t softmax(int32_t x) {
    tflite::SoftmaxOptionsT o;
    o.beta = 1;
    return op(tflite::BuiltinOperator_SOFTMAX, tflite::BuiltinOptions_SoftmaxOptions, o, {x}, 1.0f / 256, -128);
  }
  int32_t resize(int32_t x, int32_t h, int32_t w) {
    tflite::ResizeNearestNeighborOptionsT o;
    o.half_pixel_centers = true;
    return op(tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, tflite::BuiltinOptions_ResizeNearestNeighborOptions, o,
              {x, constant_int32({2}, {h, w})});
  }
  int32_t reshape(int32_t x, Shape shape, tflite::BuiltinOperator code = tflite::BuiltinOperator_RESHAPE) {
    const int32_t operand = constant_int32({static_cast<int32_t>(shape.size())}, shape);
    return op(code, {x, operand}, 0, 0, std::move(shape));
  }
  int32_t plain(tflite::BuiltinOperator code, std::vector<int32_t> in, float scale = 0, int64_t zero = 0) {
    const int32_t out = op(code, std::move(in), scale, zero);
    fit_shapes(model_);
    return out;
  }
  int32_t pad(int32_t x, const std::vector<int32_t>& sizes) {
    const int32_t operand = constant_int32({static_cast<int32_t>(sizes.size() / 2), 2}, sizes);
    return plain(tflite::BuiltinOperator_PAD, {x, operand});
  }
  int32_t transpose(int32_t x, const std::vector<int32_t>& perm) {
    return plain(tflite::BuiltinOperator_TRANSPOSE, {x, constant_int32({static_cast<int32_t>(perm.size())}, perm)});
  }

  // Another type for the output of the last op.
  int32_t retype(int32_t id, tflite::TensorType type, std::vector<float> scale, std::vector<int64_t> zero) {
    at(id).type = type;
    at(id).quantization->scale = std::move(scale), at(id).quantization->zero_point = std::move(zero);
    fit_shapes(model_);
    return id;
  }

  // Another tensor over the same buffer.
  int32_t same_constant(int32_t id) {
    sub().tensors.push_back(std::make_unique<tflite::TensorT>(at(id)));
    return static_cast<int32_t>(sub().tensors.size()) - 1;
  }
  void reverse_ops() { std::reverse(sub().operators.begin(), sub().operators.end()); }

  Shape shape(int32_t id) { return at(id).shape; }

  Seed finish(std::string name, std::vector<int32_t> outputs) {
    sub().outputs = std::move(outputs);
    sub().name = name;
    return {std::move(name), pack(model_)};
  }

 private:
  tflite::SubGraphT& sub() { return *model_.subgraphs[0]; }
  tflite::TensorT& at(int32_t id) { return *sub().tensors[static_cast<size_t>(id)]; }

  int32_t tensor(Shape shape, tflite::TensorType type, std::vector<float> scale, std::vector<int64_t> zero) {
    auto t = std::make_unique<tflite::TensorT>();
    const auto id = static_cast<int32_t>(sub().tensors.size());
    t->name = "t" + std::to_string(id);
    t->shape = std::move(shape), t->type = type;
    t->quantization = std::make_unique<tflite::QuantizationParametersT>();
    t->quantization->scale = std::move(scale), t->quantization->zero_point = std::move(zero);
    sub().tensors.push_back(std::move(t));
    return id;
  }
  int32_t hold(int32_t id, std::vector<uint8_t> data) {
    at(id).buffer = static_cast<uint32_t>(model_.buffers.size());
    model_.buffers.push_back(std::make_unique<tflite::BufferT>());
    model_.buffers.back()->data = std::move(data);
    return id;
  }
  int32_t weights(Shape shape, int32_t axis, int32_t scales, int32_t taps) {
    std::vector<float> scale;
    for (int32_t i = 0; i < scales; ++i)
      scale.push_back(static_cast<float>((0.5 + rng_.unit()) / (75 * std::sqrt(static_cast<double>(taps)))));
    return constant_int8(std::move(shape), std::move(scale), std::vector<int64_t>(static_cast<size_t>(scales), 0),
                         axis);
  }
  int32_t bias(int32_t n) {
    std::vector<int32_t> values;
    for (int32_t i = 0; i < n; ++i) values.push_back(rng_.pick(-3000, 3000));
    return constant_int32({n}, values);
  }
  uint32_t code_index(tflite::BuiltinOperator code) {
    auto& codes = model_.operator_codes;
    for (size_t i = 0; i < codes.size(); ++i)
      if (codes[i]->builtin_code == code) return static_cast<uint32_t>(i);
    codes.push_back(std::make_unique<tflite::OperatorCodeT>());
    codes.back()->builtin_code = code;
    codes.back()->deprecated_builtin_code = static_cast<int8_t>(code);
    return static_cast<uint32_t>(codes.size()) - 1;
  }

  Rng rng_;
  tflite::ModelT model_;
};

Seed separable() {
  Builder b(1);
  int32_t x = b.conv(b.input({1, 16, 12, 3}), 8, 3, 2);
  x = b.conv(b.depthwise(x, 1, 3, 1), 12, 1, 1);
  x = b.conv(b.depthwise(x, 1, 3, 2), 16, 1, 1);
  x = b.pool(tflite::BuiltinOperator_AVERAGE_POOL_2D, x, 4, 3, 1, tflite::Padding_VALID);
  return b.finish("separable", {b.softmax(b.dense(b.reshape(x, {1, 16}), 5))});
}

Seed residual() {
  Builder b(2);
  const int32_t x = b.conv(b.pad(b.input({1, 11, 9, 4}), {0, 0, 1, 1, 2, 0, 0, 0}), 6, 3, 1, tflite::Padding_VALID);
  int32_t y = b.conv(b.conv(x, 6, 3, 1), 6, 3, 1, tflite::Padding_SAME, tflite::ActivationFunctionType_NONE);
  y = b.plain(tflite::BuiltinOperator_RELU6, {b.add(y, x)});
  y = b.pool(tflite::BuiltinOperator_MAX_POOL_2D, y, 2, 2, 2, tflite::Padding_SAME);
  const int32_t z = b.add(b.conv(y, 10, 1, 1), b.conv(y, 10, 3, 1), tflite::ActivationFunctionType_RELU);
  return b.finish("residual", {b.softmax(b.dense(b.reduce(tflite::BuiltinOperator_MEAN, z, {1, 2}, false), 4))});
}

Seed branches() {
  Builder b(3);
  const int32_t x = b.input({1, 8, 10, 5}, 0.04f, -10);
  const int32_t c = b.pool(tflite::BuiltinOperator_MAX_POOL_2D, x, 3, 3, 1, tflite::Padding_SAME);
  int32_t y = b.concat({b.conv(x, 3, 1, 1), b.conv(x, 4, 3, 1), c}, 3);
  y = b.concat({y, b.plain(tflite::BuiltinOperator_RELU, {y})}, 1);
  y = b.reduce(tflite::BuiltinOperator_SUM, y, {1, 2}, true);
  return b.finish("branches", {b.dense(y, 7, true)});
}

Seed vectors() {
  Builder b(4);
  int32_t x = b.float_input({3, 20});
  x = b.retype(b.plain(tflite::BuiltinOperator_QUANTIZE, {x}), tflite::TensorType_INT8, {0.05f}, {2});
  x = b.plain(tflite::BuiltinOperator_RELU, {b.dense(x, 24)}, 0.06f, -128);
  x = b.plain(tflite::BuiltinOperator_RELU_N1_TO_1, {b.dense(x, 9, true)});
  x = b.plain(tflite::BuiltinOperator_LOGISTIC, {x}, 1.0f / 256, -128);
  return b.finish("vectors",
                  {b.retype(b.plain(tflite::BuiltinOperator_DEQUANTIZE, {x}), tflite::TensorType_FLOAT32, {}, {})});
}

Seed elementwise() {
  Builder b(5);
  const int32_t x = b.input({2, 5, 6, 4}), y = b.input({5, 1, 4});
  int32_t z = b.mul(b.add(x, y), b.constant_int8({6, 1}, {0.02f}, {4}));
  z = b.plain(tflite::BuiltinOperator_MAXIMUM, {z, b.constant_int8({1}, {0.06f}, {-1})});
  z = b.plain(tflite::BuiltinOperator_MINIMUM, {b.constant_int8({}, {0.06f}, {-1}), z});
  return b.finish("elementwise", {b.add(z, z), b.mul(x, y)});
}

Seed shapes() {
  Builder b(6);
  int32_t x = b.transpose(b.input({1, 6, 8, 3}), {0, 3, 1, 2});
  x = b.transpose(b.reshape(x, {1, 3, 48}, tflite::BuiltinOperator_RESHAPE), {0, 2, 1});
  x = b.reshape(b.plain(tflite::BuiltinOperator_RELU, {x}), {48, 3}, tflite::BuiltinOperator_SQUEEZE);
  const int32_t paddings = b.constant_int32({2, 2}, {1, 2, 0, 1}), value = b.constant_int8({1}, {0.05f}, {-3});
  x = b.plain(tflite::BuiltinOperator_PADV2, {x, paddings, value});
  x = b.reshape(x, {1, 51, 4}, tflite::BuiltinOperator_EXPAND_DIMS);
  return b.finish("shapes", {b.reshape(x, {1, 3, 17, 4})});
}

Seed upsample() {
  Builder b(7);
  const int32_t x = b.conv(b.input({1, 6, 5, 4}), 6, 3, 1), down = b.conv(x, 6, 3, 2);
  const int32_t up = b.resize(down, 6, 5);
  const int32_t y = b.add(x, up);
  const int32_t mask = b.plain(tflite::BuiltinOperator_LOGISTIC, {b.conv(y, 1, 1, 1)}, 1.0f / 256, -128);
  return b.finish("upsample", {mask, b.mul(y, mask)});
}

Seed batches() {
  Builder b(8);
  int32_t x =
      b.conv(b.input({2, 9, 9, 6}), 8, 3, 1, tflite::Padding_SAME, tflite::ActivationFunctionType_RELU_N1_TO_1, 2, 2);
  x = b.depthwise(x, 2, 3, 2);
  x = b.pool(tflite::BuiltinOperator_AVERAGE_POOL_2D, x, 3, 2, 2, tflite::Padding_SAME);
  x = b.reduce(tflite::BuiltinOperator_MEAN, x, {-1}, true);
  return b.finish(
      "batches",
      {b.dense(
          b.reshape(x, {2, element_count(b.shape(x)) > 2 ? static_cast<int32_t>(element_count(b.shape(x)) / 2) : 1}),
          3)});
}

Seed requantised() {
  Builder b(9);
  int32_t x = b.input({1, 4, 6, 3});
  x = b.retype(b.plain(tflite::BuiltinOperator_QUANTIZE, {x}), tflite::TensorType_UINT8, {0.03f}, {120});
  x = b.retype(b.plain(tflite::BuiltinOperator_QUANTIZE, {x}), tflite::TensorType_INT8, {0.05f}, {-9});
  x = b.concat({x, b.constant_int8({1, 4, 6, 2}, {0.05f}, {-9})}, -1);
  x = b.depthwise(b.pad(x, {0, 0, 1, 1, 1, 1, 0, 0}), 1, 5, 1);
  return b.finish("requantised", {x});
}

using tflite::BuiltinOperator;

// A row of ops, by shapes that are given, because finding them out anew for each op would take long.
Seed chain(const char* name, int32_t length, Shape shape, const std::vector<BuiltinOperator>& codes) {
  Builder b(11);
  int32_t x = b.input(shape);
  for (int32_t i = 0; i < length; ++i) {
    const BuiltinOperator code = codes[static_cast<size_t>(i) % codes.size()];
    const bool pair = code == tflite::BuiltinOperator_ADD || code == tflite::BuiltinOperator_MUL;
    if (code == tflite::BuiltinOperator_RESHAPE) std::swap(shape[0], shape[1]);
    x = b.op(code, pair ? std::vector{x, x} : std::vector{x}, 0, 0, shape);
  }
  return b.finish(name, {x});
}

// `width` ops read the input; what they make is joined two and two.
Seed wide(const char* name, int32_t width, const Shape& shape) {
  Builder b(12);
  const int32_t x = b.input(shape);
  std::vector<int32_t> level;
  for (int32_t i = 0; i < width; ++i)
    level.push_back(b.op(tflite::BuiltinOperator_QUANTIZE, {x}, 0.01f * static_cast<float>(i + 1), 0, shape));
  while (level.size() > 1) {
    std::vector<int32_t> next;
    for (size_t i = 0; i + 1 < level.size(); i += 2)
      next.push_back(b.op(tflite::BuiltinOperator_ADD, {level[i], level[i + 1]}, 0.05f, 0, shape));
    level = std::move(next);
  }
  return b.finish(name, level);
}

// Ops whose order in the file is the reverse of that of their data.
Seed backwards(int32_t length) {
  Builder b(13);
  int32_t x = b.input({1, 4, 4, 2});
  for (int32_t i = 0; i < length; ++i) x = b.op(tflite::BuiltinOperator_LOGISTIC, {x}, 1.0f / 256, -128, {1, 4, 4, 2});
  b.reverse_ops();
  return b.finish("backwards", {x});
}

Seed tall(const char* name, const Shape& shape, int32_t layers, int32_t window) {
  Builder b(14);
  int32_t x = b.input(shape);
  for (int32_t i = 0; i < layers; ++i)
    x = b.pool(i % 2 ? tflite::BuiltinOperator_MAX_POOL_2D : tflite::BuiltinOperator_AVERAGE_POOL_2D, x, window, 1, 1,
               tflite::Padding_SAME);
  return b.finish(name, {x});
}

Seed transposed(const Shape& shape, const std::vector<int32_t>& perm) {
  Builder b(15);
  const int32_t x = b.transpose(b.input(shape), perm);
  return b.finish("transposed", {b.add(x, x)});
}

// A few constants that grow at every op.
Seed grown(int32_t ops) {
  Builder b(16);
  const int32_t x = b.input({4096, 1});
  std::vector<int32_t> made;
  for (int32_t i = 0; i < ops; ++i)
    made.push_back(b.op(tflite::BuiltinOperator_ADD,
                        {b.constant_int8({4096, 1}, {0.1f}, {0}), b.constant_int8({1, 4096}, {0.1f}, {0})}, 0.1f, 0,
                        {4096, 4096}));
  made.push_back(b.op(tflite::BuiltinOperator_ADD, {x, made[0]}, 0.1f, 0, {4096, 4096}));
  return b.finish("grown", made);
}

Seed shared_buffer(int32_t tensors) {
  Builder b(17);
  const int32_t x = b.input({1, 1 << 16}), c = b.constant_int8({1, 1 << 16}, {0.1f}, {0});
  int32_t y = x;
  for (int32_t i = 0; i < tensors; ++i)
    y = b.op(tflite::BuiltinOperator_ADD, {x, b.same_constant(c)}, 0.1f, 0, {1, 1 << 16});
  return b.finish("shared_buffer", {y});
}

}  // namespace

std::vector<Seed> make_large_models() {
  using namespace tflite;
  return {chain("long_adds", 1990, {1, 4, 4, 2}, {BuiltinOperator_ADD}),
          chain("calls", 500, {1, 8, 4, 2}, {BuiltinOperator_ADD, BuiltinOperator_MUL}),
          chain("tall_calls", 500, {1, 128, 4, 2}, {BuiltinOperator_ADD}),
          chain("clamps", 1990, {1, 4, 4, 2}, {BuiltinOperator_ADD, BuiltinOperator_RELU, BuiltinOperator_RELU6}),
          chain("reshapes", 1990, {2, 3, 4, 2}, {BuiltinOperator_RESHAPE}),
          chain("sinking", 1990, {2, 3, 4, 2},
                {BuiltinOperator_RESHAPE, BuiltinOperator_QUANTIZE, BuiltinOperator_QUANTIZE}),
          chain("large", 300, {1, 512, 512, 1}, {BuiltinOperator_ADD}),
          chain("many_values", 8, {1, 64, 64, 3000}, {BuiltinOperator_ADD, BuiltinOperator_QUANTIZE}),
          wide("wide", 128, {1, 8, 8, 4}),
          wide("wide_and_tall", 16, {1, 1500, 2, 4}),
          backwards(1990),
          tall("tall", {1, 16000, 2, 2}, 3, 5),
          tall("tall_batch", {100, 320, 1, 1}, 1, 3),
          tall("many_batches", {32000, 1, 1, 1}, 3, 1),
          tall("tall_windows", {1, 4000, 1, 1}, 2, 4000),
          tall("deep_windows", {1, 1000, 1, 4}, 60, 9),
          transposed({1, 20000, 2, 4}, {0, 1, 3, 2}),
          transposed({1, 16000, 2, 16}, {0, 2, 1, 3}),
          transposed({1, 180, 180, 2}, {0, 2, 1, 3}),
          grown(40),
          shared_buffer(400)};
}

std::vector<Seed> make_seeds() {
  return {separable(), residual(), branches(), vectors(),    elementwise(),
          shapes(),    upsample(), batches(),  requantised()};
}

}  // namespace mote::fuzz
