#include <gtest/gtest.h>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/window.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/compare.h"
#include "mote/ops/conv2d/conv2d.op.h"
#include "mote/ops/dense/dense.op.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.op.h"

namespace mote {
namespace {

// Small networks whose scales are all 1, so that an output is clamp(zero + bias + sum), and whose zero point is kZero.
constexpr int32_t kZero = -20;

class Net {
 public:
  TensorId input(Shape shape) {
    graph.inputs.push_back(tensor(std::move(shape)));
    return graph.inputs.back();
  }

  TensorId conv(TensorId in, int32_t k, std::vector<int8_t> weights, std::vector<int32_t> bias, int32_t pad = 0) {
    const auto out_c = static_cast<int32_t>(bias.size());
    Conv2DAttrs attrs{window(k, pad), {-128, 127}};
    const Shape shape{out_c, k, k, graph.at(in).shape[3]};
    return add_op("conv2d", attrs, {in, constant(shape, weights), graph.add(constant_int32({out_c}, bias))});
  }

  TensorId depthwise(TensorId in, int32_t k, std::vector<int8_t> weights, std::vector<int32_t> bias, int32_t pad) {
    DepthwiseConv2DAttrs attrs{window(k, pad), {-128, 127}};
    const auto c = static_cast<int32_t>(bias.size());
    const TensorId w = constant({1, k, k, c}, weights), b = graph.add(constant_int32({c}, bias));
    return add_op("depthwise_conv2d", attrs, {in, w, b});
  }

  TensorId dense(TensorId in, int32_t out_n, std::vector<int8_t> weights) {
    const auto in_n = static_cast<int32_t>(weights.size()) / out_n;
    return add_op("dense", DenseAttrs{}, {in, constant({out_n, in_n}, weights)});
  }

  // An op as its sample makes it, with other operands.
  TensorId like_sample(const char* name, std::vector<TensorId> in) {
    Rng rng(1);
    return add_op(name, find_op(name)->sample(rng).ops[0].attrs, std::move(in));
  }

  TensorId constant(Shape shape, const std::vector<int8_t>& values, int32_t zero = 0) {
    Tensor t;
    t.shape = std::move(shape);
    t.quant = {{1.0f}, {zero}, 0};
    t.data = make_blob(values);
    return graph.add(std::move(t));
  }

  TensorId add_op(const char* name, Attrs attrs, std::vector<TensorId> in) {
    Op op;
    op.def = find_op(name);
    op.type = name;
    op.attrs = std::move(attrs);
    op.in = std::move(in);
    op.source = static_cast<int32_t>(graph.ops.size());
    op.out = {tensor(graph.at(op.in[0]).shape)};
    const auto types = op.def->infer(op, graph);
    if (!types) ADD_FAILURE() << types.error().text();
    else graph.at(op.out[0]).shape = (*types)[0].shape;
    graph.ops.push_back(op);
    return op.out[0];
  }

  // The graph after the pass, which is held to the graph before, op by op.
  Graph prove(std::vector<TensorId> outputs) {
    graph.outputs = std::move(outputs);
    Graph g = graph;
    EXPECT_TRUE(validate(graph)) << validate(graph).error().text();
    const Status status = prove_ranges(g);
    EXPECT_TRUE(status && validate(g)) << validate(g).error().text();
    Rng rng(7);
    for (int i = 0; i < 40; ++i) {
      const auto inputs = make_inputs(graph, rng, static_cast<InputKind>(i % 4));
      const Values want = evaluate(graph, inputs), got = evaluate(g, inputs);
      const auto difference = compare_ops(graph, want, g, got);
      EXPECT_FALSE(difference) << difference->text();
      for (TensorId id : graph.outputs) EXPECT_EQ(want[static_cast<size_t>(id)], got[static_cast<size_t>(id)]);
    }
    return g;
  }

  Graph graph;

 private:
  static Window2D window(int32_t k, int32_t pad) {
    Window2D w;
    w.kh = w.kw = k;
    w.pad_top = w.pad_bottom = w.pad_left = w.pad_right = pad;
    return w;
  }

  TensorId tensor(Shape shape) {
    Tensor t;
    t.name = "t" + std::to_string(graph.tensors.size());
    t.shape = std::move(shape);
    t.quant = {{1.0f}, {kZero}, 0};
    return graph.add(std::move(t));
  }
};

using Types = std::vector<std::string>;

Types types(const Graph& g) {
  Types names;
  for (const Op& op : g.ops) names.push_back(op.type);
  return names;
}

const Proof* proof_of(const Graph& g, int32_t source) {
  for (const Proof& p : g.proofs.ops)
    if (p.source == source) return &p;
  return nullptr;
}

std::vector<int8_t> repeat(std::vector<int8_t> unit, int times) {
  std::vector<int8_t> all;
  for (int i = 0; i < times; ++i) all.insert(all.end(), unit.begin(), unit.end());
  return all;
}

// Channel 1 of a tensor is the constant `zero + bias`, read by a 3x3 convolution of `pad`.
Graph with_constant_channel(int32_t bias, int32_t pad) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 6, 6, 1}), 1, {1, 0, 2}, {0, bias, 5});
  return net.prove({net.conv(mid, 3, repeat({1, 3, -2, 2, 1, 1}, 9), {10, -10}, pad)});
}

TEST(ProveRanges, AConstantAtTheZeroPointGoesDespitePadding) {
  const Graph g = with_constant_channel(0, 1);
  EXPECT_EQ(g.out(g.ops[0]).shape, (Shape{1, 6, 6, 2}));
  EXPECT_EQ(g.out(g.ops[0]).kept, (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(g.in(g.ops[1], 1)->shape, (Shape{2, 3, 3, 2}));
  ASSERT_TRUE(proof_of(g, 0));
  ASSERT_EQ(proof_of(g, 0)->removed.size(), 1u);
  const Proof::Channel& removed = proof_of(g, 0)->removed[0];
  EXPECT_EQ(removed.index, 1);
  EXPECT_TRUE(removed.is_constant);
  EXPECT_EQ(removed.value, kZero);
  EXPECT_EQ(proof_of(g, 0)->macs, 36);
  EXPECT_EQ(proof_of(g, 0)->weights_bytes, 1 + 4);
  EXPECT_EQ(proof_of(g, 1)->weights_bytes, 2 * 9);
}

TEST(ProveRanges, AnotherConstantIsFoldedWhereNoWindowLeavesTheImage) {
  const Graph g = with_constant_channel(7, 0);
  EXPECT_EQ(g.out(g.ops[0]).shape, (Shape{1, 6, 6, 2}));
  const auto bias = g.in(g.ops[1], 2)->data.as<int32_t>();
  EXPECT_NE(bias[0], 10);
  EXPECT_NE(bias[1], -10);
}

TEST(ProveRanges, AnotherConstantStaysUnderPadding) {
  const Graph g = with_constant_channel(7, 1);
  EXPECT_EQ(g.out(g.ops[0]).shape, (Shape{1, 6, 6, 3}));
  EXPECT_TRUE(g.proofs.ops.empty());
}

TEST(ProveRanges, WhatSaturatesIsConstantAndSaysWhy) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 4, 4, 1}), 1, {1, 1}, {0, -1000});
  const Graph g = net.prove({net.conv(mid, 1, {1, 1}, {0})});
  EXPECT_EQ(g.out(g.ops[0]).shape.back(), 1);
  ASSERT_TRUE(proof_of(g, 0));
  const Proof::Channel& removed = proof_of(g, 0)->removed[0];
  EXPECT_EQ(removed.value, -128);
  EXPECT_EQ(removed.lo, kZero - 1000 + (-128 - kZero));
  EXPECT_EQ(removed.hi, kZero - 1000 + (127 - kZero));
}

TEST(ProveRanges, ChannelsThatNothingReadsGo) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 4, 4, 1}), 1, {1, 2, 3}, {0, 0, 0});
  const Graph g = net.prove({net.conv(mid, 3, repeat({1, 0, 1}, 9), {0}, 1)});
  EXPECT_EQ(g.out(g.ops[0]).kept, (std::vector<int32_t>{0, 2}));
  EXPECT_FALSE(proof_of(g, 0)->removed[0].is_constant);
}

TEST(ProveRanges, ADepthwiseConvolutionPassesThemOn) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 5, 5, 1}), 1, {1, 0, 3}, {0, 0, 0});
  const TensorId deep = net.depthwise(mid, 3, repeat({1, 2, 3}, 9), {1, 0, 2}, 1);
  const Graph g = net.prove({net.conv(deep, 1, {1, 1, 1}, {0})});
  EXPECT_EQ(g.out(g.ops[1]).kept, (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(g.in(g.ops[1], 1)->shape, (Shape{1, 3, 3, 2}));
}

// A residual sum couples its operands: a channel goes from both or from none.
TEST(ProveRanges, AResidualSumKeepsTheSameChannelsOfBoth) {
  for (const bool both : {false, true}) {
    Net net;
    const TensorId in = net.input({1, 4, 4, 1});
    const TensorId a = net.conv(in, 1, {1, 0, 2}, {0, 0, 0});
    const TensorId b = net.conv(in, 1, {1, static_cast<int8_t>(both ? 0 : 1), 2}, {0, 0, 0});
    const Graph g = net.prove({net.conv(net.like_sample("add", {a, b}), 1, {1, 1, 1}, {0})});
    EXPECT_EQ(g.out(g.ops[0]).shape.back(), both ? 2 : 3);
    EXPECT_EQ(g.out(g.ops[2]).shape.back(), both ? 2 : 3);
  }
}

TEST(ProveRanges, ADenseLayerDropsTheColumnsOfAChannel) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 2, 3, 1}), 1, {1, 0}, {0, 9});
  const Graph g = net.prove({net.dense(mid, 2, repeat({1, 2}, 12))});
  EXPECT_EQ(g.in(g.ops[1], 1)->shape, (Shape{2, 6}));
  EXPECT_EQ(g.in(g.ops[1], 2)->data.as<int32_t>()[0], 6 * 2 * 9);  // the layer had no bias
}

// With a scale for each output two outputs stay: one alone would be rounded as a layer with one scale is.
TEST(ProveRanges, ADenseLayerWithScalesKeepsTwoOutputs) {
  Net net;
  const TensorId first = net.dense(net.input({1, 4}), 3, repeat({1, 2, 3, 4}, 3));
  Tensor& weights = net.graph.at(net.graph.ops[0].in[1]);
  weights.quant = {{0.3f, 0.7f, 0.2f}, {0, 0, 0}, 0};
  const Graph g = net.prove({net.dense(first, 1, {0, 1, 0})});
  EXPECT_EQ(g.in(g.ops[0], 1)->quant.scale, (std::vector<float>{0.3f, 0.7f}));
}

TEST(ProveRanges, AConcatenationDropsChannelsOfItsOperands) {
  Net net;
  const TensorId in = net.input({1, 2, 2, 1});
  const TensorId a = net.conv(in, 1, {1, 0}, {0, 3}), b = net.conv(in, 1, {0, 2, 1}, {3, 0, 0});
  Rng rng(1);
  Graph sample;
  do sample = find_op("concat")->sample(rng);
  while (sample.at(sample.ops[0].in[0]).shape.size() != 4 ||
         sample.out(sample.ops[0]).shape[3] == sample.in(sample.ops[0], 0)->shape[3]);
  const Graph g = net.prove({net.conv(net.add_op("concat", sample.ops[0].attrs, {a, b}), 1, {1, 1, 1, 1, 1}, {0})});
  EXPECT_EQ(g.out(g.ops[2]).kept, (std::vector<int32_t>{0, 3, 4}));
}

// What is left computes the outputs from nothing but biases; the model's input stays.
TEST(ProveRanges, EverythingMayBeDead) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 3, 3, 2}), 1, {0, 0, 0, 0}, {3, -4});
  const TensorId deep = net.depthwise(mid, 3, repeat({1, 2}, 9), {0, 0}, 1);
  const Graph g = net.prove({net.conv(deep, 1, {1, 1}, {0})});
  EXPECT_EQ(types(g), Types{"conv2d"});
  EXPECT_EQ(g.inputs.size(), 1u);
}

// A branch that is constant is stored as one pixel where it is added.
TEST(ProveRanges, AConstantBranchIsOnePixel) {
  Net net;
  const TensorId in = net.input({1, 4, 4, 2}), mid = net.conv(in, 1, {0, 0, 0, 0}, {3, -4});
  const Graph g = net.prove({net.like_sample("add", {in, mid})});
  EXPECT_EQ(types(g), Types{"add"});
  EXPECT_EQ(g.in(g.ops[0], 1)->data.size(), 2u);
}

TEST(ProveRanges, OpsThatChangeNothingVanish) {
  Net net;
  const TensorId in = net.input({1, 4, 4, 2});
  const TensorId low = net.like_sample("minimum", {in, net.constant({}, {50}, kZero)});
  const TensorId same = net.like_sample("minimum", {low, net.constant({}, {60}, kZero)});
  const TensorId one = net.add_op("concat", find_op("concat")->sample(*std::make_unique<Rng>(3)).ops[0].attrs, {same});
  const Graph g = net.prove({net.conv(one, 1, {1, 2}, {0})});
  EXPECT_EQ(types(g), (Types{"minimum", "conv2d"}));
  EXPECT_EQ(proof_of(g, 1)->kind, Proof::identity);
}

// An output of the model keeps its tensor: what made the input of the identity makes it.
TEST(ProveRanges, AnIdentityAtTheOutputVanishes) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 4, 4, 2}), 1, {1, 2}, {0});
  const TensorId same = net.like_sample("minimum", {mid, net.constant({}, {127}, kZero)});
  const Graph g = net.prove({same});
  EXPECT_EQ(types(g), Types{"conv2d"});
  EXPECT_EQ(g.outputs[0], same);
}

TEST(ProveRanges, AnIdentityFromInputToOutputStays) {
  Net net;
  const TensorId in = net.input({1, 4});
  const Graph g = net.prove({net.like_sample("minimum", {in, net.constant({}, {127}, kZero)})});
  EXPECT_EQ(types(g), Types{"minimum"});
}

// Sums wrap: folding into a bias at its bound gives the bias that the wrapped sum starts from.
TEST(ProveRanges, AFoldedBiasWraps) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 3, 3, 1}), 1, {1, 0}, {0, 100});
  const Graph g = net.prove({net.conv(mid, 1, {1, 127, 1, 1}, {INT32_MAX - 5, 0})});
  EXPECT_EQ(g.in(g.ops[1], 2)->data.as<int32_t>()[0], INT32_MIN + (127 * 100 - 6));
}

// An accumulator that may wrap can be anything, however large its bias.
TEST(ProveRanges, NothingIsProvedOfSumsThatMayWrap) {
  Net net;
  const TensorId mid = net.conv(net.input({1, 3, 3, 1}), 1, {127, 1}, {INT32_MAX - 5, 0});
  const Graph g = net.prove({net.conv(mid, 1, {1, 1}, {0})});
  EXPECT_EQ(g.out(g.ops[0]).shape.back(), 2);
}

TEST(ProveRanges, TheTapsInsideTheImageBoundASum) {
  // A window of 1 x 3 over two columns, padded by one: either taps 1 and 2 or taps 0 and 1 are inside.
  Window2D w;
  w.kw = 3, w.pad_left = w.pad_right = 1;
  const TapSpans spans = find_tap_spans(w, 1, 2);
  EXPECT_EQ(spans.rows, (std::vector<TapSpan>{{0, 1}}));
  EXPECT_EQ(spans.columns, (std::vector<TapSpan>{{1, 3}, {0, 2}}));
  const Bounds taps[] = {{5, 5}, {1, 1}, {-5, -5}};
  const Bounds sum = bound_window_sums(w, spans, taps);
  EXPECT_EQ(sum.lo, -4);
  EXPECT_EQ(sum.hi, 6);
}

}  // namespace
}  // namespace mote
