#include "tests/cli/dense_model.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/formats/tflite.h"

namespace mote {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

struct TensorSketch {
  std::vector<int32_t> shape;
  tflite::TensorType type;
  uint32_t buffer;
  float scale;  // 0: real numbers
  int64_t zero = 0;
};

flatbuffers::Offset<tflite::Tensor> make_tensor(Builder& b, const TensorSketch& t) {
  if (t.scale == 0) return tflite::CreateTensorDirect(b, &t.shape, t.type, t.buffer, "tensor");
  const std::vector<float> scale{t.scale};
  const std::vector<int64_t> zero{t.zero};
  const auto quant = tflite::CreateQuantizationParametersDirect(b, nullptr, nullptr, &scale, &zero);
  return tflite::CreateTensorDirect(b, &t.shape, t.type, t.buffer, "tensor", quant);
}

flatbuffers::Offset<tflite::Buffer> make_buffer(Builder& b, const std::vector<uint8_t>& data) {
  return tflite::CreateBufferDirect(b, data.empty() ? nullptr : &data);
}

flatbuffers::Offset<tflite::SubGraph> make_layer(Builder& b, int32_t inputs, int32_t outputs,
                                                 const DenseOutput& output) {
  const std::vector tensors{make_tensor(b, {{1, inputs}, tflite::TensorType_INT8, 0, 1.0f / 32}),
                            make_tensor(b, {{outputs, inputs}, tflite::TensorType_INT8, 1, 1.0f / 8}),
                            make_tensor(b, {{outputs}, tflite::TensorType_INT32, 2, 1.0f / 256}),
                            make_tensor(b, {{1, outputs}, tflite::TensorType_INT8, 0, 1.0f / 16, output.zero}),
                            make_tensor(b, {{1, outputs}, tflite::TensorType_FLOAT32, 0, 0})};
  const std::vector<int32_t> in{0, 1, 2}, dense{3}, real{4}, graph_in{0};
  const auto options = tflite::CreateFullyConnectedOptions(b).Union();
  std::vector operators{
      tflite::CreateOperatorDirect(b, 0, &in, &dense, tflite::BuiltinOptions_FullyConnectedOptions, options)};
  if (output.dequantized) operators.push_back(tflite::CreateOperatorDirect(b, 1, &dense, &real));
  return tflite::CreateSubGraphDirect(b, &tensors, &graph_in, output.dequantized ? &real : &dense, &operators, "dense");
}

flatbuffers::Offset<tflite::OperatorCode> make_code(Builder& b, tflite::BuiltinOperator code) {
  return tflite::CreateOperatorCode(b, static_cast<int8_t>(code), 0, 1, code);
}

}  // namespace

void write_dense_model(const std::string& file, const std::vector<std::vector<int8_t>>& weights,
                       const DenseOutput& output) {
  std::vector<uint8_t> bytes;
  for (const auto& row : weights) bytes.insert(bytes.end(), row.begin(), row.end());
  Builder b;
  const std::vector buffers{make_buffer(b, {}), make_buffer(b, bytes),
                            make_buffer(b, std::vector<uint8_t>(4 * weights.size()))};
  const std::vector graphs{
      make_layer(b, static_cast<int32_t>(weights[0].size()), static_cast<int32_t>(weights.size()), output)};
  const std::vector codes{make_code(b, tflite::BuiltinOperator_FULLY_CONNECTED),
                          make_code(b, tflite::BuiltinOperator_DEQUANTIZE)};
  b.Finish(tflite::CreateModelDirect(b, 3, &codes, &graphs, "", &buffers), "TFL3");
  ASSERT_TRUE(write_file(file, b.GetBufferPointer(), b.GetSize()));
}

}  // namespace mote
