#include "fuzz/model.h"

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/ir/op_def.h"

namespace mote::fuzz {
namespace {

std::optional<DType> to_dtype(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType_INT8: return DType::int8;
    case tflite::TensorType_INT16: return DType::int16;
    case tflite::TensorType_INT32: return DType::int32;
    case tflite::TensorType_INT64: return DType::int64;
    case tflite::TensorType_UINT8: return DType::uint8;
    case tflite::TensorType_FLOAT32: return DType::float32;
    case tflite::TensorType_BOOL: return DType::boolean;
    default: return std::nullopt;
  }
}

Tensor to_tensor(const tflite::ModelT& model, const tflite::TensorT& from) {
  Tensor t;
  t.name = from.name;
  t.type = to_dtype(from.type).value_or(DType::int8);
  t.shape = from.shape;
  if (const auto* q = from.quantization.get()) {
    t.quant.scale = q->scale;
    for (int64_t z : q->zero_point) t.quant.zero.push_back(static_cast<int32_t>(z));
    t.quant.axis = q->quantized_dimension;
  }
  if (from.buffer > 0 && from.buffer < model.buffers.size() && !model.buffers[from.buffer]->data.empty())
    t.data = Blob(Bytes(model.buffers[from.buffer]->data));
  return t;
}

bool ids_in_range(const std::vector<int32_t>& ids, size_t n, bool optional) {
  for (int32_t id : ids)
    if (id < (optional ? -1 : 0) || id >= static_cast<int64_t>(n)) return false;
  return true;
}

}  // namespace

Bytes pack(const tflite::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(tflite::CreateModel(builder, &model), "TFL3");
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

std::unique_ptr<tflite::ModelT> unpack(std::span<const uint8_t> bytes) {
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 64, 1000000);
  if (bytes.size() < 8 || !tflite::VerifyModelBuffer(verifier)) return nullptr;
  auto model = tflite::UnPackModel(bytes.data());
  // A file may name the type of options that it lacks; the object interface cannot write that.
  for (auto& sub : model->subgraphs)
    for (auto& op : sub->operators)
      if (!op->builtin_options.value) op->builtin_options.type = tflite::BuiltinOptions_NONE;
  for (auto& sub : model->subgraphs)
    for (auto& t : sub->tensors)
      if (t->quantization && !t->quantization->details.value)
        t->quantization->details.type = tflite::QuantizationDetails_NONE;
  return model;
}

void fit_shapes(tflite::ModelT& model) {
  if (model.subgraphs.empty()) return;
  tflite::SubGraphT& sub = *model.subgraphs[0];
  const Bytes bytes = pack(model);
  const auto* operators = mote::tflite::GetModel(bytes.data())->subgraphs()->Get(0)->operators();
  if (!operators) return;
  Graph g;
  for (const auto& t : sub.tensors) {
    g.add(to_tensor(model, *t));
    if (!check_tensor(g.tensors.back())) g.tensors.back() = Tensor{"", DType::int8, {1}, {{1}, {0}, 0}, {}};
  }
  for (size_t i = 0; i < sub.operators.size(); ++i) {
    const tflite::OperatorT& from = *sub.operators[i];
    if (from.opcode_index >= model.operator_codes.size() || from.outputs.empty() || from.inputs.empty() ||
        !ids_in_range(from.inputs, sub.tensors.size(), true) || !ids_in_range(from.outputs, sub.tensors.size(), false))
      continue;
    const tflite::OperatorCodeT& code = *model.operator_codes[from.opcode_index];
    const int32_t builtin = std::max<int32_t>(code.builtin_code, code.deprecated_builtin_code);
    const char* name = mote::tflite::EnumNameBuiltinOperator(static_cast<mote::tflite::BuiltinOperator>(builtin));
    const auto [def, reader] = find_reader(name);
    if (!def) continue;
    Op op;
    op.def = def;
    op.type = name;
    op.in = from.inputs, op.out = from.outputs;
    if (!reader->read({*operators->Get(static_cast<flatbuffers::uoffset_t>(i)), op.type}, g, op)) continue;
    const auto types = def->infer(op, g);
    if (!types || types->size() != op.out.size()) continue;
    for (size_t o = 0; o < op.out.size(); ++o)
      g.at(op.out[o]).shape = sub.tensors[static_cast<size_t>(op.out[o])]->shape = (*types)[o].shape;
  }
}

int64_t constant_bytes(const tflite::TensorT& t) {
  const auto type = to_dtype(t.type);
  if (!type) return -1;
  int64_t bytes = bytes_of(*type);
  for (int32_t d : t.shape) {
    if (d <= 0) return -1;
    bytes *= d;
    if (bytes > 1 << 20) return -1;
  }
  return bytes;
}

void fit_constants(tflite::ModelT& model) {
  for (auto& sub : model.subgraphs)
    for (auto& t : sub->tensors) {
      if (t->buffer == 0 || t->buffer >= model.buffers.size()) continue;
      std::vector<uint8_t>& data = model.buffers[t->buffer]->data;
      const int64_t want = constant_bytes(*t);
      if (data.empty() || want < 0) continue;
      const size_t had = data.size();
      data.resize(static_cast<size_t>(want));
      for (size_t i = had; i < data.size(); ++i) data[i] = data[i % had];
    }
}

}  // namespace mote::fuzz
