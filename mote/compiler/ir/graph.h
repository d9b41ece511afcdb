// A model in the compiler: tensors, ops in topological order, inputs and outputs. A Graph is a value: copying is cheap,
// because the bytes of constants are shared.
#pragma once
#include <any>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/compiler/base/bytes.h"

namespace mote {

enum class DType : uint8_t { int8, int16, int32, int64, uint8, float32, boolean };

std::string_view name_of(DType type);  // "int8"
int64_t bytes_of(DType type);

// NHWC, as in the model file. A scalar has no dimension.
using Shape = std::vector<int32_t>;

int64_t element_count(const Shape& shape);
std::string print(const Shape& shape);  // "1x49x10x1"

// real = scale * (q - zero). No scale: not quantised. One scale: per tensor; more: one per index of dimension `axis`.
struct Quant {
  std::vector<float> scale;
  std::vector<int32_t> zero;
  int32_t axis = 0;

  bool is_set() const { return !scale.empty(); }
  float scale_at(size_t i) const { return scale[scale.size() == 1 ? 0 : i]; }
  int32_t zero_at(size_t i) const { return zero.empty() ? 0 : zero[zero.size() == 1 ? 0 : i]; }
  bool operator==(const Quant&) const = default;
};

using TensorId = int32_t;
constexpr TensorId kNone = -1;  // an optional operand that is absent

struct Tensor {
  std::string name;
  DType type = DType::int8;
  Shape shape;
  Quant quant;
  Blob data;  // set: a constant
  // Channels (indices of the last dimension) of the model file's tensor that are still here; empty: all of them.
  std::vector<int32_t> kept = {};

  bool is_constant() const { return static_cast<bool>(data); }
};

// Rows are what the planner places and kernels make: axis 1 (and 0) of tensors of rank 3 and more, axis 0 of rank 2,
// and one row for a vector or scalar.
int32_t row_count(const Tensor& tensor);
int64_t row_bytes(const Tensor& tensor);
int64_t byte_count(const Tensor& tensor);

// One plain struct, whose type is checked when it is read.
class Attrs {
 public:
  Attrs() = default;
  template <class T>
  Attrs(T value) : value_(std::move(value)) {}
  template <class T>
  const T& as() const {
    const T* p = std::any_cast<T>(&value_);
    MOTE_ASSERT(p != nullptr);
    return *p;
  }
  template <class T>
  T& as() {
    T* p = std::any_cast<T>(&value_);
    MOTE_ASSERT(p != nullptr);
    return *p;
  }

 private:
  std::any value_;
};

struct OpDef;

struct Op {
  const OpDef* def = nullptr;
  Attrs attrs;
  std::vector<TensorId> in, out;
  std::string type;    // as the model file calls it: "CONV_2D"
  int32_t source = 0;  // index in the model file
};

// An op that no model file has: sensor blocks and learners append it.
Op make_op(const OpDef& def, std::string type, Attrs attrs, std::vector<TensorId> in, TensorId out);

// Why work of one op of the model file was removed by the pass prove_ranges.
struct Proof {
  enum Kind {
    channels_removed,  // those in `removed`
    identity,          // its output is its input, byte for byte
    folded,            // its operands turned out to be constants
  };
  struct Channel {
    int32_t index = 0;  // in the model file's tensor
    // Constant: its value, whatever the input, because what the op computes before it clamps lies in [lo, hi]. Else:
    // nothing that matters reads it.
    bool is_constant = false;
    int32_t value = 0, lo = 0, hi = 0;
  };
  Kind kind = channels_removed;
  int32_t source = 0;  // index in the model file
  std::string type, name;
  int32_t channels = 0;  // of its output
  std::vector<Channel> removed;
  int64_t macs = 0, weights_bytes = 0;  // saved
};

struct Proofs {
  int32_t channels = 0;  // of the outputs of all ops that were looked at
  std::vector<Proof> ops;
};

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::vector<TensorId> inputs, outputs;
  // Inputs and outputs as the model file declares them: passes may change the shapes of the tensors themselves, never
  // their bytes. Empty: as the tensors are.
  std::vector<Shape> input_shapes, output_shapes;
  std::vector<std::string> labels;  // of the first output, where the file has them
  Proofs proofs;                    // of what was removed because it cannot matter

  const Shape& input_shape(size_t i) const { return i < input_shapes.size() ? input_shapes[i] : at(inputs[i]).shape; }
  const Shape& output_shape(size_t i) const {
    return i < output_shapes.size() ? output_shapes[i] : at(outputs[i]).shape;
  }

  const Tensor& at(TensorId id) const { return tensors[static_cast<size_t>(id)]; }
  Tensor& at(TensorId id) { return tensors[static_cast<size_t>(id)]; }
  // The i-th operand of an op, or null where it is absent.
  const Tensor* in(const Op& op, size_t i) const {
    return i < op.in.size() && op.in[i] != kNone ? &at(op.in[i]) : nullptr;
  }
  const Tensor& out(const Op& op, size_t i = 0) const { return at(op.out[i]); }
  TensorId add(Tensor tensor) {
    tensors.push_back(std::move(tensor));
    return static_cast<TensorId>(tensors.size()) - 1;
  }
};

// How many ops read each tensor; a graph output counts as one reader more.
std::vector<int> count_readers(const Graph& graph);

// A tensor's name for people: converters join dozens of names with ';', of which the first says enough.
std::string short_name(const Tensor& tensor);

// 'op 17 CONV_2D "stem/conv"': the name is that of the op's first output.
std::string describe(const Op& op, const Graph& graph);

// Rank, dimensions, data and quantisation of one tensor within bounds.
Status check_tensor(const Tensor& tensor);

// Every id in range, every op's operands made before it, no tensor made twice, constants of the right size, shapes
// positive and within bounds, and each op's own rules (OpDef::infer) met by the tensors' shapes and types.
Status validate(const Graph& graph);

}  // namespace mote
