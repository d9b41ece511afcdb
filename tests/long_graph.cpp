#include "tests/long_graph.h"

#include "mote/compiler/ir/sample.h"
#include "mote/ops/conv2d/conv2d.op.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.op.h"

namespace mote {
namespace {

constexpr int32_t kSide = 4, kChannels = 4;

class Builder {
 public:
  Builder() {
    graph_.name = "long";
    made_.push_back(add_image());
    graph_.inputs = made_;
  }

  void conv(int32_t size) {
    Conv2DAttrs attrs;
    set_window(attrs.window, size);
    attrs.clamp = {-128, 127};
    weighted("conv2d", "CONV_2D", attrs, {kChannels, size, size, kChannels}, 0);
  }

  void depthwise() {
    DepthwiseConv2DAttrs attrs;
    set_window(attrs.window, 3);
    attrs.clamp = {-128, 127};
    weighted("depthwise_conv2d", "DEPTHWISE_CONV_2D", attrs, {1, 3, 3, kChannels}, 3);
  }

  // The last tensor and the one `back` ops before it.
  void add(size_t back) { push("add", "ADD", add_attrs_, {made_.back(), made_[made_.size() - 1 - back]}, add_image()); }

  size_t size() const { return graph_.ops.size(); }

  Graph finish() {
    graph_.outputs = {made_.back()};
    return std::move(graph_);
  }

 private:
  TensorId add_image() {
    Tensor t = sample_int8(rng_, {1, kSide, kSide, kChannels});
    t.name = "t" + std::to_string(graph_.tensors.size());
    if (!made_.empty()) t.quant = graph_.at(made_[0]).quant;
    return graph_.add(std::move(t));
  }

  static void set_window(Window2D& window, int32_t size) {
    window.kh = window.kw = size;
    pad_same(window, kSide, kSide);
  }

  void weighted(const char* name, const char* type, Attrs attrs, Shape shape, int32_t axis) {
    const TensorId out = add_image();
    const int64_t taps = int64_t{shape[1]} * shape[2] * (axis == 0 ? shape[3] : 1);
    Tensor weights = sample_weights(rng_, std::move(shape), axis, graph_.at(made_.back()), graph_.at(out), taps);
    weights.name = "w" + std::to_string(graph_.tensors.size());
    const TensorId in = made_.back();
    push(name, type, std::move(attrs), {in, graph_.add(std::move(weights))}, out);
  }

  void push(const char* name, const char* type, Attrs attrs, std::vector<TensorId> in, TensorId out) {
    Op op;
    op.def = find_op(name);
    op.attrs = std::move(attrs);
    op.in = std::move(in);
    op.out = {out};
    op.type = type;
    op.source = static_cast<int32_t>(graph_.ops.size());
    graph_.ops.push_back(std::move(op));
    made_.push_back(out);
  }

  static Attrs sample_add() {
    Rng rng(1);
    return find_op("add")->sample(rng).ops[0].attrs;
  }

  Rng rng_{1};
  const Attrs add_attrs_ = sample_add();
  Graph graph_;
  std::vector<TensorId> made_;
};

}  // namespace

Graph long_chain(int n) {
  Builder b;
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 1) b.depthwise();
    else b.conv(i % 3 == 0 ? 1 : 3);
  }
  return b.finish();
}

Graph long_graph_with_skips(int n) {
  Builder b;
  for (int i = 0; i < n; ++i) {
    if (i % 3 != 2) b.conv(i % 3 == 0 ? 1 : 3);
    else b.add(i % 60 == 59 ? 50 : 2);
  }
  return b.finish();
}

}  // namespace mote
