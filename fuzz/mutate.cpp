#include "fuzz/mutate.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mote::fuzz {
namespace {

using tflite::ModelT;
using tflite::OperatorT;
using tflite::SubGraphT;
using tflite::TensorT;

template <class T>
T& pick_of(std::vector<T>& v, Rng& rng) {
  return v[static_cast<size_t>(rng.pick(0, static_cast<int32_t>(v.size()) - 1))];
}

int32_t odd_int(Rng& rng) {
  constexpr int32_t values[] = {0,       1,       -1,      2,         3,         4,     5,     7,     8,
                                15,      16,      17,      31,        64,        100,   127,   128,   255,
                                256,     1000,    4095,    4096,      4097,      32767, 32768, 65535, 65536,
                                1 << 20, 1 << 24, 1 << 28, INT32_MAX, INT32_MIN, -2,    -128,  -129,  -32768};
  return values[rng.pick(0, static_cast<int32_t>(std::size(values)) - 1)];
}

// Mostly near what was there: such mutants get far.
int32_t other_int(int32_t v, Rng& rng) {
  const int32_t kind = rng.pick(0, 9);
  if (kind < 4) return static_cast<int32_t>(std::clamp<int64_t>(int64_t{v} + rng.pick(-3, 3), INT32_MIN, INT32_MAX));
  if (kind < 6) return rng.pick(0, 8);
  if (kind < 7) return rng.pick(1, 600);
  if (kind < 8) return static_cast<int32_t>(static_cast<uint32_t>(v) ^ (1u << rng.pick(0, 31)));
  return odd_int(rng);
}

float other_float(float v, Rng& rng) {
  constexpr float values[] = {0,     -0.0f, 1,     -1,      1e-45f,  1e-38f,     1.17549435e-38f, 1e-20f,
                              1e-9f, 1e9f,  1e20f, 9.9e29f, 3.4e38f, 1.0f / 256, 1.0f / 255};
  switch (rng.pick(0, 5)) {
    case 0: return values[rng.pick(0, static_cast<int32_t>(std::size(values)) - 1)];
    case 1: return std::bit_cast<float>(static_cast<uint32_t>(rng.next()));
    case 2: return rng.chance(0.5) ? NAN : INFINITY;
    case 3: return std::ldexp(v, rng.pick(-40, 40));
    default: return v * static_cast<float>(0.1 + 4 * rng.unit());
  }
}

// A number more, less, twice or elsewhere.
template <class T, class Make>
void change_length(std::vector<T>& v, Rng& rng, Make make) {
  switch (rng.pick(0, 3)) {
    case 0:
      if (!v.empty()) v.erase(v.begin() + rng.pick(0, static_cast<int32_t>(v.size()) - 1));
      break;
    case 1: v.insert(v.begin() + rng.pick(0, static_cast<int32_t>(v.size())), make()); break;
    case 2: v.clear(); break;
    default:
      for (int32_t n = rng.chance(0.1) ? rng.pick(1, 2000) : rng.pick(1, 9); n > 0; --n) v.push_back(make());
  }
}

// ---- tensors ----

int32_t random_tensor(const SubGraphT& sub, Rng& rng) {
  const auto n = static_cast<int32_t>(sub.tensors.size());
  return n > 0 && rng.chance(0.93) ? rng.pick(0, n - 1) : rng.chance(0.5) ? -1 : odd_int(rng);
}

void change_shape(TensorT& t, Rng& rng) {
  if (t.shape.empty() || rng.chance(0.15))
    return change_length(t.shape, rng, [&] { return rng.chance(0.8) ? rng.pick(1, 6) : odd_int(rng); });
  if (rng.chance(0.1)) {
    std::swap(pick_of(t.shape, rng), pick_of(t.shape, rng));
    return;
  }
  int32_t& d = pick_of(t.shape, rng);
  d = other_int(d, rng);
}

void change_quant(TensorT& t, Rng& rng) {
  if (!t.quantization) t.quantization = std::make_unique<tflite::QuantizationParametersT>();
  auto& q = *t.quantization;
  switch (rng.pick(0, 7)) {
    case 0: t.quantization.reset(); break;
    case 1: q.quantized_dimension = other_int(q.quantized_dimension, rng); break;
    case 2: change_length(q.scale, rng, [&] { return static_cast<float>(rng.unit()); }); break;
    case 3: change_length(q.zero_point, rng, [&] { return int64_t{rng.pick(-128, 127)}; }); break;
    case 4:
    case 5:
      if (!q.zero_point.empty()) {
        int64_t& z = pick_of(q.zero_point, rng);
        z = rng.chance(0.7) ? rng.pick(-128, 127) : rng.chance(0.5) ? odd_int(rng) : static_cast<int64_t>(rng.next());
      }
      break;
    default:
      if (!q.scale.empty()) {
        float& s = pick_of(q.scale, rng);
        s = other_float(s, rng);
      }
  }
}

void change_tensor(ModelT& m, SubGraphT& sub, Rng& rng) {
  if (sub.tensors.empty()) return;
  TensorT& t = *pick_of(sub.tensors, rng);
  switch (rng.pick(0, 19)) {
    case 0: t.type = static_cast<tflite::TensorType>(rng.chance(0.9) ? rng.pick(0, 17) : rng.pick(-128, 127)); break;
    case 1: t.type = rng.chance(0.5) ? tflite::TensorType_INT8 : tflite::TensorType_FLOAT32; break;
    case 2:
      t.buffer =
          static_cast<uint32_t>(rng.chance(0.8) ? rng.pick(0, static_cast<int32_t>(m.buffers.size())) : odd_int(rng));
      break;
    case 3: t.is_variable = !t.is_variable; break;
    case 4: t.sparsity = t.sparsity ? nullptr : std::make_unique<tflite::OtherT>(); break;
    case 5:
      t.name.clear();
      for (int32_t n = rng.pick(0, rng.chance(0.1) ? 5000 : 12); n > 0; --n)
        t.name += static_cast<char>(rng.pick(-128, 127));
      break;
    case 6: {
      const TensorT& other = *pick_of(sub.tensors, rng);
      if (other.quantization) t.quantization = std::make_unique<tflite::QuantizationParametersT>(*other.quantization);
      break;
    }
    case 7: t.shape = TensorT(*pick_of(sub.tensors, rng)).shape; break;
    case 8: change_length(t.shape_signature, rng, [&] { return odd_int(rng); }); break;
    case 9:
    case 10:
    case 11:
    case 12:
    case 13: change_quant(t, rng); break;
    default: change_shape(t, rng);
  }
}

// ---- constants ----

void change_constant(ModelT& m, Rng& rng) {
  if (m.buffers.empty()) return;
  std::vector<uint8_t>& data = pick_of(m.buffers, rng)->data;
  if (data.empty()) return;
  if (rng.chance(0.15)) return change_length(data, rng, [&] { return static_cast<uint8_t>(rng.next()); });
  // Axes, paddings, permutations and sizes are few int32.
  if (data.size() <= 64 && data.size() % 4 == 0 && rng.chance(0.8)) {
    const auto at = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(data.size() / 4) - 1)) * 4;
    int32_t v;
    std::memcpy(&v, &data[at], 4);
    v = other_int(v, rng);
    std::memcpy(&data[at], &v, 4);
    return;
  }
  const int32_t kind = rng.pick(0, 3);
  if (kind == 0) std::fill(data.begin(), data.end(), rng.chance(0.5) ? 0x80 : 0x7F);
  else
    for (int32_t n = kind == 1 ? 1 : 200; n > 0; --n) pick_of(data, rng) = static_cast<uint8_t>(rng.next());
}

// ---- ops ----

template <class Options>
void change_window(Options& o, Rng& rng) {
  switch (rng.pick(0, 2)) {
    case 0: o.padding = static_cast<tflite::Padding>(rng.chance(0.9) ? 1 - o.padding : rng.pick(-128, 127)); break;
    case 1: o.stride_w = other_int(o.stride_w, rng); break;
    default: o.stride_h = other_int(o.stride_h, rng);
  }
}

template <class Options>
void change_activation(Options& o, Rng& rng) {
  o.fused_activation_function =
      static_cast<tflite::ActivationFunctionType>(rng.chance(0.8) ? rng.pick(0, 3) : rng.pick(-128, 127));
}

template <class Options>
void change_convolution(Options& o, Rng& rng) {
  switch (rng.pick(0, 4)) {
    case 0: change_activation(o, rng); break;
    case 1: o.dilation_h_factor = other_int(o.dilation_h_factor, rng); break;
    case 2: o.dilation_w_factor = other_int(o.dilation_w_factor, rng); break;
    default: change_window(o, rng);
  }
}

void change_options(OperatorT& op, Rng& rng) {
  auto& u = op.builtin_options;
  if (rng.chance(0.05)) return u.Reset();
  if (auto* c = u.AsConv2DOptions()) return change_convolution(*c, rng);
  if (auto* d = u.AsDepthwiseConv2DOptions()) return change_convolution(*d, rng);
  if (auto* p = u.AsPool2DOptions()) {
    const int32_t kind = rng.pick(0, 4);
    if (kind == 0) return change_activation(*p, rng);
    if (kind < 3) return change_window(*p, rng);
    int32_t& size = rng.chance(0.5) ? p->filter_width : p->filter_height;
    size = other_int(size, rng);
    return;
  }
  if (auto* f = u.AsFullyConnectedOptions()) {
    const int32_t kind = rng.pick(0, 4);
    if (kind < 2) return change_activation(*f, rng);
    if (kind < 4) f->keep_num_dims = !f->keep_num_dims;
    else f->weights_format = static_cast<tflite::WeightsFormat>(rng.pick(-1, 2));
    return;
  }
  if (auto* s = u.AsSoftmaxOptions()) s->beta = other_float(s->beta, rng);
  if (auto* a = u.AsAddOptions()) change_activation(*a, rng);
  if (auto* a = u.AsMulOptions()) change_activation(*a, rng);
  if (auto* r = u.AsReducerOptions()) r->keep_dims = !r->keep_dims;
  if (auto* r = u.AsResizeNearestNeighborOptions())
    (rng.chance(0.5) ? r->align_corners : r->half_pixel_centers) ^= true;
  if (auto* c = u.AsConcatenationOptions()) {
    if (rng.chance(0.8)) c->axis = rng.chance(0.8) ? rng.pick(-5, 5) : odd_int(rng);
    else change_activation(*c, rng);
  }
}

void change_ids(std::vector<int32_t>& ids, const SubGraphT& sub, Rng& rng) {
  if (ids.empty() || rng.chance(0.25)) return change_length(ids, rng, [&] { return random_tensor(sub, rng); });
  if (ids.size() > 1 && rng.chance(0.3))
    std::swap(ids[0], ids[static_cast<size_t>(rng.pick(1, static_cast<int32_t>(ids.size()) - 1))]);
  else pick_of(ids, rng) = random_tensor(sub, rng);
}

uint32_t code_index(ModelT& m, tflite::BuiltinOperator code) {
  for (size_t i = 0; i < m.operator_codes.size(); ++i)
    if (m.operator_codes[i]->builtin_code == code) return static_cast<uint32_t>(i);
  m.operator_codes.push_back(std::make_unique<tflite::OperatorCodeT>());
  m.operator_codes.back()->builtin_code = code;
  return static_cast<uint32_t>(m.operator_codes.size()) - 1;
}

template <class Options>
void set_options(OperatorT& op, tflite::BuiltinOptions type, Options options) {
  op.builtin_options.Reset();
  op.builtin_options.type = type;
  op.builtin_options.value = new Options(std::move(options));
}

tflite::Padding any_padding(Rng& rng) { return rng.chance(0.5) ? tflite::Padding_SAME : tflite::Padding_VALID; }

// An op of some kind that needs no constants, with options that may fit.
void dress(OperatorT& op, ModelT& m, Rng& rng, int32_t second) {
  using namespace tflite;
  constexpr BuiltinOperator plain[] = {BuiltinOperator_RELU,     BuiltinOperator_RELU6,    BuiltinOperator_RELU_N1_TO_1,
                                       BuiltinOperator_QUANTIZE, BuiltinOperator_LOGISTIC, BuiltinOperator_DEQUANTIZE,
                                       BuiltinOperator_RESHAPE};
  constexpr BuiltinOperator pairs[] = {BuiltinOperator_ADD, BuiltinOperator_MUL, BuiltinOperator_MAXIMUM,
                                       BuiltinOperator_MINIMUM};
  switch (rng.pick(0, 4)) {
    case 0: op.opcode_index = code_index(m, plain[rng.pick(0, 6)]); break;
    case 1: {
      Pool2DOptionsT o;
      o.padding = any_padding(rng);
      o.filter_height = rng.pick(1, 5), o.filter_width = rng.pick(1, 5), o.stride_h = rng.pick(1, 3),
      o.stride_w = rng.pick(1, 3);
      set_options(op, BuiltinOptions_Pool2DOptions, o);
      op.opcode_index = code_index(m, rng.chance(0.5) ? BuiltinOperator_MAX_POOL_2D : BuiltinOperator_AVERAGE_POOL_2D);
      break;
    }
    case 2: {
      SoftmaxOptionsT o;
      o.beta = 1;
      set_options(op, BuiltinOptions_SoftmaxOptions, o);
      op.opcode_index = code_index(m, BuiltinOperator_SOFTMAX);
      break;
    }
    case 3: {
      ConcatenationOptionsT o;
      o.axis = rng.pick(-3, 3);
      set_options(op, BuiltinOptions_ConcatenationOptions, o);
      op.opcode_index = code_index(m, BuiltinOperator_CONCATENATION);
      for (int32_t n = rng.pick(0, 2); n > 0; --n) op.inputs.push_back(rng.chance(0.5) ? op.inputs[0] : second);
      break;
    }
    default:
      op.opcode_index = code_index(m, pairs[rng.pick(0, 3)]);
      op.inputs.push_back(rng.chance(0.5) ? op.inputs[0] : second);
  }
}

// A tensor like another, that nothing makes yet.
int32_t copy_tensor(SubGraphT& sub, int32_t id) {
  auto t = std::make_unique<TensorT>(*sub.tensors[static_cast<size_t>(id)]);
  t->buffer = 0;
  sub.tensors.push_back(std::move(t));
  return static_cast<int32_t>(sub.tensors.size()) - 1;
}

bool is_tensor(const SubGraphT& sub, int32_t id) { return id >= 0 && id < static_cast<int32_t>(sub.tensors.size()); }

// A new op, or a copy of one, between an op and the readers of its output: once, or in a long row.
void insert_ops(ModelT& m, SubGraphT& sub, Rng& rng) {
  if (sub.operators.empty()) return;
  auto at = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(sub.operators.size()) - 1));
  if (sub.operators[at]->outputs.empty() || !is_tensor(sub, sub.operators[at]->outputs[0])) return;
  const bool copies = rng.chance(0.3) && !sub.operators[at]->inputs.empty();
  const int32_t turns = rng.chance(0.04) ? rng.pick(20, rng.chance(0.1) ? 3000 : 300) : rng.pick(1, 3);
  OperatorT pattern;
  if (copies) pattern = OperatorT(*sub.operators[at]);
  for (int32_t i = 0; i < turns; ++i) {
    const int32_t from = sub.operators[at]->outputs[0], to = copy_tensor(sub, from);
    auto op = std::make_unique<OperatorT>(pattern);
    if (copies) op->inputs[0] = from;
    else {
      op->inputs = {from};
      if (i == 0) dress(*op, m, rng, random_tensor(sub, rng)), pattern = OperatorT(*op);
      else op->inputs = pattern.inputs, op->inputs[0] = from;
    }
    op->outputs = {to};
    if (rng.chance(0.9) || turns > 3)
      for (size_t k = at + 1; k < sub.operators.size(); ++k)
        if (turns <= 3 || k < at + 4)
          std::replace(sub.operators[k]->inputs.begin(), sub.operators[k]->inputs.end(), from, to);
    if (rng.chance(0.95)) std::replace(sub.outputs.begin(), sub.outputs.end(), from, to);
    else sub.outputs.push_back(to);
    sub.operators.insert(sub.operators.begin() + static_cast<std::ptrdiff_t>(++at), std::move(op));
  }
}

void remove_op(SubGraphT& sub, Rng& rng) {
  if (sub.operators.empty()) return;
  const auto at = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(sub.operators.size()) - 1));
  const OperatorT op(*sub.operators[at]);
  sub.operators.erase(sub.operators.begin() + static_cast<std::ptrdiff_t>(at));
  if (op.inputs.empty() || op.outputs.empty() || rng.chance(0.1)) return;
  for (auto& other : sub.operators)
    std::replace(other->inputs.begin(), other->inputs.end(), op.outputs[0], op.inputs[0]);
  std::replace(sub.outputs.begin(), sub.outputs.end(), op.outputs[0], op.inputs[0]);
}

void change_op(ModelT& m, SubGraphT& sub, Rng& rng) {
  if (sub.operators.empty()) return;
  OperatorT& op = *pick_of(sub.operators, rng);
  switch (rng.pick(0, 9)) {
    case 0:
      op.opcode_index = static_cast<uint32_t>(
          rng.chance(0.9) ? rng.pick(0, static_cast<int32_t>(m.operator_codes.size())) : odd_int(rng));
      break;
    case 1: change_ids(op.outputs, sub, rng); break;
    case 2:
    case 3: change_ids(op.inputs, sub, rng); break;
    case 4: std::swap(pick_of(sub.operators, rng), pick_of(sub.operators, rng)); break;
    default: change_options(op, rng);
  }
}

// ---- the model ----

void change_model(ModelT& m, SubGraphT& sub, Rng& rng) {
  switch (rng.pick(0, 9)) {
    case 0: m.version = static_cast<uint32_t>(rng.chance(0.5) ? 3 : odd_int(rng)); break;
    case 1:
      if (!m.operator_codes.empty()) {
        auto& code = *pick_of(m.operator_codes, rng);
        code.builtin_code = static_cast<tflite::BuiltinOperator>(rng.chance(0.8) ? rng.pick(0, 208) : odd_int(rng));
        if (rng.chance(0.5)) code.deprecated_builtin_code = static_cast<int8_t>(rng.next());
      }
      break;
    case 2: change_ids(sub.inputs, sub, rng); break;
    case 3:
    case 4:
    case 5: change_ids(sub.outputs, sub, rng); break;
    case 6: change_length(m.metadata_buffer, rng, [&] { return odd_int(rng); }); break;
    case 7:
      if (rng.chance(0.3)) m.buffers.clear();
      else if (!m.buffers.empty()) m.buffers.pop_back();
      break;
    case 8:
      if (rng.chance(0.2)) m.subgraphs.insert(m.subgraphs.begin(), std::make_unique<SubGraphT>());
      else
        sub.operators.erase(sub.operators.begin(),
                            sub.operators.begin() + rng.pick(0, static_cast<int32_t>(sub.operators.size())));
      break;
    default: m.subgraphs.push_back(std::make_unique<SubGraphT>(sub));
  }
}

void change(ModelT& m, Rng& rng) {
  if (m.subgraphs.empty()) return;
  SubGraphT& sub = *m.subgraphs[0];
  const int32_t kind = rng.pick(0, 99);
  if (kind < 40) change_tensor(m, sub, rng);
  else if (kind < 65) change_op(m, sub, rng);
  else if (kind < 78) insert_ops(m, sub, rng);
  else if (kind < 83) remove_op(sub, rng);
  else if (kind < 94) change_constant(m, rng);
  else change_model(m, sub, rng);
}

void put32(Bytes& b, size_t at, uint32_t v) {
  for (size_t i = 0; i < 4; ++i) b[at + i] = static_cast<uint8_t>(v >> (8 * i));
}

// A ZIP archive with one stored file, as TensorFlow Lite's metadata tools append it, whose numbers may be wrong.
void append_labels(Bytes& bytes, Rng& rng) {
  auto wrong = [&](size_t v) { return static_cast<uint32_t>(rng.chance(0.9) ? v : rng.next()); };
  const std::string name = "labels.txt";
  const size_t local = bytes.size();
  Bytes archive(30);
  put32(archive, 0, 0x04034b50);
  archive[26] = static_cast<uint8_t>(wrong(name.size()));
  archive.insert(archive.end(), name.begin(), name.end());
  const int32_t lines = rng.pick(0, 40);
  size_t text = 0;
  for (int32_t i = 0; i < lines; ++i, text += 2)
    archive.push_back(static_cast<uint8_t>('a' + i)), archive.push_back('\n');
  const size_t central = local + archive.size();
  Bytes entry(46);
  put32(entry, 0, 0x02014b50), put32(entry, 20, wrong(text)), put32(entry, 24, wrong(text));
  entry[28] = static_cast<uint8_t>(wrong(name.size()));
  put32(entry, 42, wrong(local));
  archive.insert(archive.end(), entry.begin(), entry.end());
  archive.insert(archive.end(), name.begin(), name.end());
  Bytes end(22);
  put32(end, 0, 0x06054b50);
  end[8] = end[10] = static_cast<uint8_t>(wrong(1));
  put32(end, 12, static_cast<uint32_t>(entry.size() + name.size())), put32(end, 16, wrong(central));
  archive.insert(archive.end(), end.begin(), end.end());
  bytes.insert(bytes.end(), archive.begin(), archive.end());
}

}  // namespace

void mutate_bytes(Bytes& bytes, Rng& rng) {
  if (bytes.empty()) return;
  auto position = [&] { return static_cast<size_t>(rng.pick(0, static_cast<int32_t>(bytes.size()) - 1)); };
  switch (rng.pick(0, 5)) {
    case 0:
      for (int32_t n = rng.pick(1, 8); n > 0; --n) bytes[position()] ^= static_cast<uint8_t>(1 << rng.pick(0, 7));
      break;
    case 1: bytes.resize(position()); break;
    case 2:  // a word that may be an offset or a length
      if (const size_t at = position() / 4 * 4; at + 4 <= bytes.size()) {
        uint32_t v;
        std::memcpy(&v, &bytes[at], 4);
        put32(bytes, at, static_cast<uint32_t>(other_int(static_cast<int32_t>(v), rng)));
      }
      break;
    case 3: {
      const size_t at = position(), n = std::min<size_t>(bytes.size() - at, static_cast<size_t>(rng.pick(1, 64)));
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), n, static_cast<uint8_t>(rng.chance(0.5) ? 0 : 0xFF));
      break;
    }
    case 4:
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(position()), static_cast<size_t>(rng.pick(1, 16)),
                   static_cast<uint8_t>(rng.next()));
      break;
    default: append_labels(bytes, rng);
  }
}

Bytes mutate(const ModelT& model, Rng& rng) {
  ModelT m(model);
  const bool bytes_alone = rng.chance(0.12);
  if (!bytes_alone) {
    for (int32_t n = rng.pick(1, rng.chance(0.2) ? 12 : 3); n > 0; --n) change(m, rng);
    // Without these, one changed dimension is the end of most mutants.
    if (rng.chance(0.7)) fit_shapes(m);
    if (rng.chance(0.7)) fit_constants(m);
  }
  Bytes bytes = pack(m);
  if (bytes_alone || rng.chance(0.05)) mutate_bytes(bytes, rng);
  return bytes;
}

}  // namespace mote::fuzz
