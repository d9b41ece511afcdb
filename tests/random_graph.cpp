#include "tests/random_graph.h"

#include "mote/compiler/ir/sample.h"
#include "mote/ops/conv2d/conv2d.op.h"
#include "mote/ops/dense/dense.op.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.op.h"

namespace mote {
namespace {

class Builder {
 public:
  explicit Builder(Rng& rng) : rng_(rng) { graph_.name = "random"; }

  Graph build() {
    const int inputs = rng_.chance(0.15) ? 2 : 1;
    for (int i = 0; i < inputs; ++i) {
      open_.push_back(add_tensor({rng_.chance(0.1) ? 2 : 1, rng_.pick(3, 20), rng_.pick(1, 12), rng_.pick(1, 9)}));
      graph_.inputs.push_back(open_.back());
    }
    for (int n = rng_.pick(2, 14); n > 0; --n) grow();
    close();
    return std::move(graph_);
  }

 private:
  TensorId add_tensor(Shape shape, const Tensor* like = nullptr) {
    Tensor t = sample_int8(rng_, std::move(shape));
    if (like) t.quant = like->quant;
    t.name = "t" + std::to_string(graph_.tensors.size());
    return graph_.add(std::move(t));
  }

  TensorId add_constant(Tensor t) {
    t.name = "c" + std::to_string(graph_.tensors.size());
    return graph_.add(std::move(t));
  }

  // Adds an op whose output shape follows from its operands; `like`: an operand whose quantisation the output keeps.
  TensorId add_op(const char* name, const char* type, Attrs attrs, std::vector<TensorId> in, const Tensor* like) {
    Op op;
    op.def = find_op(name);
    MOTE_ASSERT(op.def != nullptr);
    op.attrs = std::move(attrs);
    op.in = std::move(in);
    op.type = type;
    op.source = static_cast<int32_t>(graph_.ops.size());
    const Tensor copy = like ? *like : Tensor();
    op.out = {add_tensor({1}, like ? &copy : nullptr)};
    auto types = op.def->infer(op, graph_);
    if (!types) assertion_failed(types.error().text().c_str(), name, 0);
    graph_.at(op.out[0]).shape = (*types)[0].shape;
    graph_.ops.push_back(op);
    return op.out[0];
  }

  TensorId pick_open() { return open_[static_cast<size_t>(rng_.pick(0, static_cast<int32_t>(open_.size()) - 1))]; }
  Clamp clamp() { return rng_.chance(0.5) ? Clamp{-128, 127} : Clamp{rng_.pick(-128, -30), rng_.pick(30, 127)}; }

  void conv(TensorId in) {
    const Tensor t = graph_.at(in);
    const int32_t out_c = rng_.pick(1, 10), c = t.shape[3];
    Conv2DAttrs attrs{sample_window(rng_, t.shape[1], t.shape[2], 4, true), clamp()};
    Tensor out = sample_int8(rng_, {1});
    const TensorId w = add_constant(sample_weights(rng_, {out_c, attrs.window.kh, attrs.window.kw, c}, 0, t, out,
                                                   int64_t{attrs.window.kh} * attrs.window.kw * c));
    const TensorId b = add_constant(sample_bias(rng_, out_c));
    open_.push_back(add_op("conv2d", "CONV_2D", attrs, {in, w, b}, &out));
  }

  void depthwise(TensorId in) {
    const Tensor t = graph_.at(in);
    const int32_t c = t.shape[3];
    DepthwiseConv2DAttrs attrs;
    attrs.window = sample_window(rng_, t.shape[1], t.shape[2], 4, false);
    attrs.clamp = clamp();
    Tensor out = sample_int8(rng_, {1});
    const TensorId w = add_constant(sample_weights(rng_, {1, attrs.window.kh, attrs.window.kw, c}, 3, t, out,
                                                   int64_t{attrs.window.kh} * attrs.window.kw));
    const TensorId b = add_constant(sample_bias(rng_, c));
    open_.push_back(add_op("depthwise_conv2d", "DEPTHWISE_CONV_2D", attrs, {in, w, b}, &out));
  }

  // A whole op as its own sample makes it, put behind a tensor of this graph where shapes and operands allow.
  void from_sample(const char* name) {
    const OpDef* def = find_op(name);
    for (int attempt = 0; attempt < 30; ++attempt) {
      const Graph s = def->sample(rng_);
      if (s.inputs.size() != 1 || s.at(s.inputs[0]).type != DType::int8 || s.out(s.ops[0]).type != DType::int8)
        continue;
      for (TensorId id : open_) {
        if (graph_.at(id).shape != s.at(s.inputs[0]).shape) continue;
        splice(s, id);
        return;
      }
    }
  }

  void splice(const Graph& s, TensorId in) {
    Op op = s.ops[0];
    for (TensorId& id : op.in) {
      if (id == kNone) continue;
      id = id == s.inputs[0] ? in : add_constant(s.at(id));
    }
    Tensor out = s.out(op);
    if (s.at(s.inputs[0]).quant == out.quant) out.quant = graph_.at(in).quant;
    out.name = "t" + std::to_string(graph_.tensors.size());
    op.out = {graph_.add(out)};
    op.source = static_cast<int32_t>(graph_.ops.size());
    if (!op.def->infer(op, graph_)) {
      graph_.tensors.pop_back();
      return;
    }
    graph_.ops.push_back(op);
    open_.push_back(op.out[0]);
  }

  void join() {
    for (int attempt = 0; attempt < 8; ++attempt) {
      const TensorId a = pick_open(), b = pick_open();
      if (graph_.at(a).shape != graph_.at(b).shape) continue;
      Op op;
      const char* names[] = {"add", "mul"};
      const OpDef* def = find_op(names[rng_.pick(0, 1)]);
      Graph s = def->sample(rng_);
      op = s.ops[0];
      op.in = {a, b};
      Tensor out = s.out(op);
      out.shape = graph_.at(a).shape;
      out.quant.scale = graph_.at(a).quant.scale;
      out.name = "t" + std::to_string(graph_.tensors.size());
      op.out = {graph_.add(out)};
      op.source = static_cast<int32_t>(graph_.ops.size());
      if (!def->infer(op, graph_)) {
        graph_.tensors.pop_back();
        continue;
      }
      graph_.ops.push_back(op);
      open_.push_back(op.out[0]);
      return;
    }
  }

  void dense(TensorId in) {
    const Tensor t = graph_.at(in);
    const auto n = static_cast<int32_t>(element_count(t.shape) / t.shape[0]);
    Tensor out = sample_int8(rng_, {1});
    const TensorId w = add_constant(sample_weights(rng_, {rng_.pick(1, 9), n}, kNone, t, out, n));
    open_.push_back(add_op("dense", "FULLY_CONNECTED", DenseAttrs{false, clamp()}, {in, w}, &out));
  }

  void grow() {
    const TensorId in = pick_open();
    const bool image = graph_.at(in).shape.size() == 4;
    const int kind = rng_.pick(0, 9);
    if (kind <= 2 && image) conv(in);
    else if (kind <= 4 && image) depthwise(in);
    else if (kind == 5) join();
    else if (kind == 6 && !graph_.at(in).shape.empty()) dense(in);
    else {
      static constexpr const char* kSamples[] = {"average_pool2d", "max_pool2d", "mean",    "pad",
                                                 "transpose",      "relu",       "reshape", "softmax",
                                                 "resize_nearest", "logistic",   "minimum", "concat"};
      from_sample(kSamples[rng_.pick(0, 11)]);
    }
  }

  // Tensors that nothing reads become outputs.
  void close() {
    const std::vector<int> readers = count_readers(graph_);
    for (const Op& op : graph_.ops)
      if (readers[static_cast<size_t>(op.out[0])] == 0) graph_.outputs.push_back(op.out[0]);
    // An output that is also read further on.
    if (graph_.ops.size() > 2 && rng_.chance(0.2)) {
      const TensorId id = graph_.ops[graph_.ops.size() / 2].out[0];
      if (readers[static_cast<size_t>(id)] > 0) graph_.outputs.push_back(id);
    }
    std::vector<TensorId> used;
    for (TensorId id : graph_.inputs)
      if (readers[static_cast<size_t>(id)] > 0) used.push_back(id);
    if (!used.empty() || graph_.ops.empty()) return;
    conv(graph_.inputs[0]);
    graph_.outputs.push_back(open_.back());
  }

  Rng& rng_;
  Graph graph_;
  std::vector<TensorId> open_;
};

}  // namespace

Graph random_graph(Rng& rng) {
  while (true) {
    Graph g = Builder(rng).build();
    if (!g.ops.empty() && !g.outputs.empty()) return g;
  }
}

namespace {

// Weights of one layer: where index i of its output or input channels lies in the array of weights.
struct Channels {
  size_t count, inner, modulo;  // weight w belongs to channel w / inner % modulo
  size_t of(size_t weight) const { return weight / inner % modulo; }
};

std::pair<Channels, Channels> channels_of(const Op& op, const Graph& g) {
  const auto n = static_cast<size_t>(element_count(g.in(op, 1)->shape));
  const auto out = static_cast<size_t>(g.out(op).shape.back()), in = static_cast<size_t>(g.in(op, 0)->shape.back());
  if (op.def->name == "depthwise_conv2d") return {{out, 1, out}, {in, out / in, in}};
  return {{out, n / out, out}, {in, 1, in}};
}

}  // namespace

void plant_dead_channels(Graph& g, Rng& rng) {
  for (const Op& op : g.ops) {
    const bool is_layer = op.def->name == "conv2d" || op.def->name == "depthwise_conv2d" || op.def->name == "dense";
    if (!is_layer || rng.chance(0.2)) continue;
    const auto [outputs, inputs] = channels_of(op, g);
    const auto from = g.in(op, 1)->data.bytes();
    Bytes weights(from.begin(), from.end());
    const Tensor* b = g.in(op, 2);
    std::vector<int32_t> bias;
    if (b) bias.assign(b->data.as<int32_t>().begin(), b->data.as<int32_t>().end());
    auto clear = [&](const Channels& channels, size_t channel) {
      for (size_t w = 0; w < weights.size(); ++w)
        if (channels.of(w) == channel) weights[w] = 0;
    };
    for (size_t c = 0; c < outputs.count; ++c) {
      const int kind = rng.chance(0.6) ? 5 : rng.pick(0, 4);
      if (kind <= 1) clear(outputs, c);
      if (kind == 0 && b) bias[c] = 0;
      if (kind == 2 && b) bias[c] = rng.chance(0.7) ? -1000000000 : 1000000000;
      if (kind == 3 && b) bias[c] = rng.chance(0.5) ? INT32_MIN + rng.pick(0, 9999) : INT32_MAX - rng.pick(0, 9999);
    }
    for (size_t c = 0; c < inputs.count; ++c)
      if (rng.chance(0.15)) clear(inputs, c);
    g.at(op.in[1]).data = Blob(std::move(weights));
    if (b) g.at(op.in[2]).data = make_blob(bias);
  }
}

}  // namespace mote
