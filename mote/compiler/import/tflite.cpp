// Reads a TensorFlow Lite model: a FlatBuffer that is verified first, then turned into a graph. Nothing in the file is
// trusted beyond what the verifier has checked (offsets and lengths inside the file).
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/import/labels.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {
namespace {

// Far above what fits a microcontroller, and low enough that no file makes the compiler work for long.
constexpr size_t kMaxTensors = 8000, kMaxOps = 2000, kMaxOperands = 255, kMaxEnds = 255;

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

class Importer {
 public:
  Importer(const tflite::Model& model, const std::string& name) : model_(model) { graph_.name = name; }

  Expected<Graph> run() {
    if (!model_.subgraphs() || model_.subgraphs()->size() == 0) return malformed("the file has no subgraph");
    const tflite::SubGraph& sub = *model_.subgraphs()->Get(0);
    if (!sub.tensors() || !sub.inputs() || !sub.outputs())
      return malformed("the model has no tensors, inputs or outputs");
    if (sub.tensors()->size() > kMaxTensors)
      return unsupported(fmt::format("the model has more than {} tensors", kMaxTensors));
    for (const tflite::Tensor* t : *sub.tensors()) read_tensor(*t);
    if (sub.inputs()->size() > kMaxEnds || sub.outputs()->size() > kMaxEnds)
      return unsupported(fmt::format("the model has {} inputs and {} outputs; at most {} each are supported",
                                     sub.inputs()->size(), sub.outputs()->size(), kMaxEnds));
    graph_.inputs.assign(sub.inputs()->begin(), sub.inputs()->end());
    graph_.outputs.assign(sub.outputs()->begin(), sub.outputs()->end());
    MOTE_TRY_STATUS(check_edges());
    if (sub.operators()) {
      if (sub.operators()->size() > kMaxOps) return unsupported(fmt::format("the model has more than {} ops", kMaxOps));
      MOTE_TRY_STATUS(read_ops(*sub.operators()));
    }
    if (!refusals_.empty()) return refuse();
    for (TensorId id : graph_.inputs) graph_.input_shapes.push_back(graph_.at(id).shape);
    for (TensorId id : graph_.outputs) graph_.output_shapes.push_back(graph_.at(id).shape);
    return std::move(graph_);
  }

 private:
  // A tensor that cannot be read is remembered by its name alone: only an op (or the model) that uses it is refused,
  // and no pass trusts a shape or bytes that contradict each other.
  void read_tensor(const tflite::Tensor& from) {
    Tensor t;
    if (from.name()) t.name = from.name()->str().substr(0, 200);
    std::string why;
    if (const auto type = to_dtype(from.type())) t.type = *type;
    else
      why =
          fmt::format("tensor \"{}\" is {}, which mote does not read", t.name, tflite::EnumNameTensorType(from.type()));
    if (from.shape()) t.shape.assign(from.shape()->begin(), from.shape()->end());
    if (from.is_variable()) variables_.push_back(static_cast<TensorId>(graph_.tensors.size()));
    if (from.sparsity())
      why = fmt::format("tensor \"{}\" is stored sparsely; export the model with dense weights", t.name);
    read_quant(from, t);
    t.data = read_buffer(from.buffer());
    if (Status status = check_tensor(t); !status && why.empty()) why = status.error().text();
    if (!why.empty()) {
      Tensor named;
      named.name = std::move(t.name);
      t = std::move(named);
    }
    graph_.tensors.push_back(std::move(t));
    unreadable_.push_back(std::move(why));
  }

  // Tensors may share a buffer; its bytes are copied once.
  Blob read_buffer(uint32_t index) {
    const auto* buffers = model_.buffers();
    if (index == 0 || !buffers || index >= buffers->size()) return {};
    const auto* data = buffers->Get(index)->data();
    if (!data || data->size() == 0) return {};
    Blob& blob = blobs_[index];
    if (!blob) blob = Blob(Bytes(data->begin(), data->end()));
    return blob;
  }

  static void read_quant(const tflite::Tensor& from, Tensor& t) {
    const auto* q = from.quantization();
    if (!q || !q->scale() || q->scale()->size() == 0) return;
    t.quant.scale.assign(q->scale()->begin(), q->scale()->end());
    // A scale of 0 is how some converters say "not quantised".
    if (t.quant.scale.size() == 1 && t.quant.scale[0] == 0) t.quant.scale.clear();
    if (q->zero_point())
      for (int64_t z : *q->zero_point())
        t.quant.zero.push_back(static_cast<int32_t>(std::clamp<int64_t>(z, INT32_MIN, INT32_MAX)));
    t.quant.axis = q->quantized_dimension();
  }

  Status check_edges() {
    const auto n = static_cast<TensorId>(graph_.tensors.size());
    for (const auto* ids : {&graph_.inputs, &graph_.outputs})
      for (TensorId id : *ids) {
        if (id < 0 || id >= n) return malformed(fmt::format("an input or output names tensor {} of {}", id, n));
        if (!unreadable_[static_cast<size_t>(id)].empty()) refusals_.push_back(unreadable_[static_cast<size_t>(id)]);
      }
    for (TensorId id : graph_.outputs)
      if (graph_.at(id).is_constant() || std::count(graph_.inputs.begin(), graph_.inputs.end(), id))
        return unsupported(fmt::format("the output \"{}\" is a constant or an input: there is nothing to compute",
                                       graph_.at(id).name));
    return {};
  }

  std::string opcode_name(const tflite::Operator& op) const {
    const auto* codes = model_.operator_codes();
    if (!codes || op.opcode_index() >= codes->size()) return "";
    const tflite::OperatorCode& code = *codes->Get(op.opcode_index());
    const auto builtin = std::max<int32_t>(code.builtin_code(), code.deprecated_builtin_code());
    if (builtin == tflite::BuiltinOperator_CUSTOM)
      return "CUSTOM " + (code.custom_code() ? code.custom_code()->str().substr(0, 60) : "");
    const char* name = tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(builtin));
    return *name ? name : fmt::format("BUILTIN {}", builtin);
  }

  Status read_ops(const flatbuffers::Vector<flatbuffers::Offset<tflite::Operator>>& from) {
    std::vector<const tflite::Operator*> sources;
    for (const tflite::Operator* op : from) {
      Op to;
      to.source = static_cast<int32_t>(sources.size());
      to.type = opcode_name(*op);
      if (to.type.empty()) return malformed(fmt::format("op {} names an operator code that the file lacks", to.source));
      if (op->inputs()) to.in.assign(op->inputs()->begin(), op->inputs()->end());
      if (op->outputs()) to.out.assign(op->outputs()->begin(), op->outputs()->end());
      if (to.in.size() > kMaxOperands || to.out.size() > kMaxOperands)
        return unsupported(fmt::format("op {} {} has {} inputs and {} outputs; at most {} each are supported",
                                       to.source, to.type, to.in.size(), to.out.size(), kMaxOperands));
      for (const auto* ids : {&to.in, &to.out})
        for (TensorId id : *ids)
          if (id < kNone || id >= static_cast<TensorId>(graph_.tensors.size()) || (ids == &to.out && id == kNone))
            return malformed(
                fmt::format("op {} {} names tensor {} of {}", to.source, to.type, id, graph_.tensors.size()));
      if (to.out.empty()) return malformed(fmt::format("op {} {} has no output", to.source, to.type));
      sources.push_back(op);
      graph_.ops.push_back(std::move(to));
    }
    refuse_state();
    MOTE_TRY_STATUS(sort_ops());
    for (Op& op : graph_.ops) read_op(*sources[static_cast<size_t>(op.source)], op);
    return {};
  }

  // A variable that an op makes is an ordinary tensor, whatever the file says; one that is only read is state.
  void refuse_state() {
    std::vector<char> made(graph_.tensors.size(), 0);
    for (const Op& op : graph_.ops)
      for (TensorId id : op.out) made[static_cast<size_t>(id)] = 1;
    for (TensorId id : variables_) {
      if (!made[static_cast<size_t>(id)] && unreadable_[static_cast<size_t>(id)].empty())
        unreadable_[static_cast<size_t>(id)] =
            fmt::format("tensor \"{}\" is a variable; models with state are not supported yet", graph_.at(id).name);
    }
  }

  // Files exist whose ops are not in the order of their data.
  Status sort_ops() {
    std::vector<char> made(graph_.tensors.size(), 1);
    for (const Op& op : graph_.ops)
      for (TensorId id : op.out) made[static_cast<size_t>(id)] = 0;
    std::vector<Op> sorted;
    std::vector<char> taken(graph_.ops.size(), 0);
    auto ready = [&](const Op& op) {
      return std::all_of(op.in.begin(), op.in.end(),
                         [&](TensorId id) { return id == kNone || made[static_cast<size_t>(id)]; });
    };
    for (size_t first = 0; sorted.size() < graph_.ops.size();) {
      bool progress = false;
      for (size_t i = first; i < graph_.ops.size(); ++i) {
        if (taken[i] || !ready(graph_.ops[i])) continue;
        taken[i] = 1;
        progress = true;
        for (TensorId id : graph_.ops[i].out) made[static_cast<size_t>(id)] = 1;
        sorted.push_back(graph_.ops[i]);
      }
      while (first < taken.size() && taken[first]) ++first;
      if (!progress) return malformed("the ops form a cycle: an op reads what it helps to make");
    }
    graph_.ops = std::move(sorted);
    return {};
  }

  void read_op(const tflite::Operator& from, Op& op) {
    auto refuse_op = [&](const std::string& why) { refusals_.push_back(describe(op, graph_) + ": " + why); };
    for (const auto* ids : {&op.in, &op.out})
      for (TensorId id : *ids)
        if (id != kNone && !unreadable_[static_cast<size_t>(id)].empty())
          return refuse_op(unreadable_[static_cast<size_t>(id)]);
    const auto [def, reader] = find_reader(op.type);
    if (!def) return refuse_op("this operator is not supported yet; docs/OPS.md lists those that are");
    op.def = def;
    if (Status status = reader->read({from, op.type}, graph_, op); !status) return refuse_op(status.error().text());
    if (auto types = def->infer(op, graph_); !types) refuse_op(types.error().text());
  }

  Error refuse() const {
    constexpr size_t kShown = 20;
    std::string text = refusals_[0];
    for (size_t i = 1; i < std::min(refusals_.size(), kShown); ++i) text += "\n  " + refusals_[i];
    if (refusals_.size() > 1) text = fmt::format("{} things are not supported:\n  {}", refusals_.size(), text);
    if (refusals_.size() > kShown) text += fmt::format("\n  ... and {} more", refusals_.size() - kShown);
    return unsupported(text);
  }

  const tflite::Model& model_;
  Graph graph_;
  std::vector<std::string> unreadable_;  // by tensor: why it cannot be used; empty: it can
  std::vector<TensorId> variables_;
  std::map<uint32_t, Blob> blobs_;  // by buffer
  std::vector<std::string> refusals_;
};

}  // namespace

Expected<Graph> import_tflite(std::span<const uint8_t> bytes, const std::string& name) {
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 64, 1000000);
  if (!tflite::VerifyModelBuffer(verifier))
    return malformed("the file is damaged: its FlatBuffers tables point outside of it or overlap wrongly");
  const tflite::Model& model = *tflite::GetModel(bytes.data());
  if (model.version() != 3)
    return unsupported(fmt::format("the model has schema version {}; 3 is supported", model.version()));
  MOTE_TRY(Graph graph, Importer(model, name).run());
  MOTE_TRY_STATUS(validate(graph));
  graph.labels = read_labels(bytes);
  return graph;
}

}  // namespace mote
