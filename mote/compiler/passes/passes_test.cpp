#include "mote/compiler/passes/passes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/conv2d/conv2d.op.h"

namespace mote {
namespace {

// A chain of ops on one tensor, each with what `extend` adds.
struct Chain {
  Graph g;
  TensorId last;

  explicit Chain(Shape shape) {
    Tensor in;
    in.name = "in";
    in.shape = std::move(shape);
    in.quant = {{0.1f}, {3}, 0};
    last = g.add(in);
    g.inputs = {last};
  }

  Op& extend(const char* name, const char* type, Shape shape, Attrs attrs = {}, std::vector<TensorId> more = {}) {
    Op op;
    op.def = find_op(name);
    op.type = type;
    op.attrs = std::move(attrs);
    op.in = {last};
    op.in.insert(op.in.end(), more.begin(), more.end());
    Tensor out;
    out.name = type;
    out.shape = std::move(shape);
    out.quant = g.at(last).quant;
    op.out = {g.add(out)};
    op.source = static_cast<int32_t>(g.ops.size());
    last = op.out[0];
    g.ops.push_back(op);
    return g.ops.back();
  }

  Op& conv(Shape out, int32_t k) {
    const int32_t in_c = g.at(last).shape[3], out_c = out[3];
    Rng rng(1);
    Tensor target;
    target.quant = {{0.1f}, {0}, 0};
    const TensorId w = g.add(sample_weights(rng, {out_c, k, k, in_c}, 0, g.at(last), target, k * k * in_c));
    Conv2DAttrs attrs;
    attrs.window.kh = attrs.window.kw = k;
    attrs.clamp = {-128, 127};
    return extend("conv2d", "CONV_2D", std::move(out), attrs, {w});
  }

  Graph finish() {
    g.outputs = {last};
    return std::move(g);
  }
};

std::vector<std::string> types(const Graph& g) {
  std::vector<std::string> names;
  for (const Op& op : g.ops) names.push_back(op.type);
  return names;
}

using Types = std::vector<std::string>;

void run_checked(Graph& g) {
  const Status valid = validate(g);
  ASSERT_TRUE(valid) << valid.error().text();
  const Status status = run_passes(g, {.check = true});
  ASSERT_TRUE(status) << status.error().text();
}

TEST(AbsorbReshapes, AtTheInput) {
  Chain c({1, 64});
  c.extend("reshape", "RESHAPE", {1, 8, 8, 1});
  c.conv({1, 6, 6, 2}, 3);
  Graph g = c.finish();
  run_checked(g);
  EXPECT_EQ(types(g), Types{"CONV_2D"});
  EXPECT_EQ(g.at(g.inputs[0]).shape, (Shape{1, 8, 8, 1}));
}

TEST(AbsorbReshapes, AtTheOutput) {
  Chain c({1, 8, 8, 1});
  c.conv({1, 6, 6, 2}, 3);
  c.extend("reshape", "RESHAPE", {1, 72});
  Graph g = c.finish();
  run_checked(g);
  EXPECT_EQ(types(g), Types{"CONV_2D"});
}

TEST(AbsorbReshapes, SinkBehindPointwiseOps) {
  Chain c({1, 4, 4, 2});
  c.conv({1, 1, 1, 8}, 4);
  c.extend("reshape", "RESHAPE", {1, 8});
  c.extend("logistic", "LOGISTIC", {1, 8});
  c.g.at(c.last).quant = {{1.0f / 256}, {-128}, 0};
  Graph g = c.finish();
  run_checked(g);
  EXPECT_EQ(types(g), (Types{"CONV_2D", "LOGISTIC"}));
}

TEST(AbsorbReshapes, StaysBetweenOpsThatNeedIt) {
  Chain c({1, 8, 8, 2});
  c.conv({1, 8, 8, 2}, 1);
  c.extend("reshape", "RESHAPE", {1, 4, 16, 2});
  c.conv({1, 2, 14, 1}, 3);
  Graph g = c.finish();
  run_checked(g);
  EXPECT_EQ(types(g), (Types{"CONV_2D", "RESHAPE", "CONV_2D"}));
}

TEST(FuseClamp, ReluBecomesTheConvolutionsClamp) {
  Chain c({1, 8, 8, 1});
  c.conv({1, 6, 6, 2}, 3);
  c.extend("relu", "RELU", {1, 6, 6, 2}, find_op("relu")->sample(*std::make_unique<Rng>(1)).ops[0].attrs);
  Graph g = c.finish();
  run_checked(g);
  ASSERT_EQ(types(g), Types{"CONV_2D"});
  EXPECT_GT(g.ops[0].attrs.as<Conv2DAttrs>().clamp.lo, -128);
}

// A tensor that is also read elsewhere keeps its own values.
TEST(FuseClamp, NotWhereTheUnclampedTensorIsRead) {
  Chain c({1, 8, 8, 1});
  c.conv({1, 6, 6, 2}, 3);
  const TensorId unclamped = c.last;
  c.extend("relu", "RELU", {1, 6, 6, 2}, find_op("relu")->sample(*std::make_unique<Rng>(1)).ops[0].attrs);
  Graph g = c.finish();
  g.outputs.push_back(unclamped);
  run_checked(g);
  EXPECT_EQ(types(g), (Types{"CONV_2D", "RELU"}));
}

TEST(FusePad, BecomesThePaddingOfTheWindow) {
  const OpDef* pad = find_op("pad");
  // A sample that pads rows and columns of an image with the zero point.
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    Rng rng(seed);
    Graph s = pad->sample(rng);
    const auto padding = pad->as_padding(s.ops[0], s);
    const Shape out = s.out(s.ops[0]).shape;
    if (!padding || out.size() != 4 || s.inputs.size() != 1 || (*padding)[0] != std::pair(0, 0) ||
        (*padding)[3] != std::pair(0, 0) || out[1] < 2 || out[2] < 2)
      continue;
    Chain c({1});
    c.g = s;
    c.last = s.ops[0].out[0];
    c.conv({out[0], out[1] - 1, out[2] - 1, 3}, 2);
    Graph g = c.finish();
    run_checked(g);
    EXPECT_EQ(types(g), Types{"CONV_2D"});
    return;
  }
  FAIL() << "no sample of PAD suits";
}

TEST(FoldConstants, OpsOnConstantsVanish) {
  Chain c({1, 4, 4, 2});
  Rng rng(3);
  Tensor constant = sample_constant_int8(rng, {1, 32});
  constant.quant = c.g.at(c.last).quant;
  constant.name = "constant";
  const TensorId flat = c.g.add(constant);
  Op reshape;
  reshape.def = find_op("reshape");
  reshape.type = "RESHAPE";
  reshape.in = {flat};
  Tensor shaped = constant;
  shaped.data = {};
  shaped.shape = {1, 4, 4, 2};
  reshape.out = {c.g.add(shaped)};
  c.g.ops.push_back(reshape);
  Rng again(5);
  Graph sum = find_op("add")->sample(again);
  c.extend("add", "ADD", {1, 4, 4, 2}, sum.ops[0].attrs, {reshape.out[0]});
  Graph g = c.finish();
  run_checked(g);
  EXPECT_EQ(types(g), Types{"ADD"});
  EXPECT_TRUE(g.at(g.ops[0].in[1]).is_constant());
}

TEST(RemoveUnused, OpsThatNobodyReadsVanish) {
  Chain c({1, 8, 8, 1});
  c.conv({1, 6, 6, 2}, 3);
  const TensorId out = c.last;
  c.conv({1, 4, 4, 2}, 3);
  Graph g = c.finish();
  g.outputs = {out};
  run_checked(g);
  EXPECT_EQ(g.ops.size(), 1u);
}

}  // namespace
}  // namespace mote
