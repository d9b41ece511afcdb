#include "mote/compiler/plan/plan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/plan/run.h"
#include "mote/ops/conv2d/conv2d.op.h"
#include "mote/ops/dense/dense.op.h"
#include "tests/long_graph.h"

namespace mote {
namespace {

// 3x3 convolutions with SAME padding on an image of h x w x c, one after another.
Graph chain_of_convs(int n, int32_t h, int32_t w, int32_t c) {
  Rng rng(1);
  Graph g;
  g.name = "chain";
  Tensor image = sample_int8(rng, {1, h, w, c});
  image.name = "t0";
  TensorId last = g.add(image);
  g.inputs = {last};
  for (int i = 0; i < n; ++i) {
    Conv2DAttrs attrs;
    attrs.window.kh = attrs.window.kw = 3;
    pad_same(attrs.window, h, w);
    attrs.clamp = {-128, 127};
    Tensor out = image;
    out.name = "t" + std::to_string(i + 1);
    Tensor weights = sample_weights(rng, {c, 3, 3, c}, 0, image, out, 9 * c);
    Op op;
    op.def = find_op("conv2d");
    op.type = "CONV_2D";
    op.attrs = attrs;
    op.source = i;
    op.in = {last, g.add(weights)};
    op.out = {g.add(out)};
    last = op.out[0];
    g.ops.push_back(op);
  }
  g.outputs = {last};
  return g;
}

// A classifier behind the convolutions takes rows one by one, so the whole network is one stage.
TEST(Plan, LineBuffersKeepOnlyTheRowsInFlight) {
  const int64_t row = 16 * 4;
  Graph g = chain_of_convs(4, 64, 16, 4);
  Rng rng(3);
  Tensor out = sample_int8(rng, {1, 3});
  Op dense;
  dense.def = find_op("dense");
  dense.type = "FULLY_CONNECTED";
  dense.attrs = DenseAttrs{};
  dense.in = {g.outputs[0], g.add(sample_weights(rng, {3, 64 * 16 * 4}, kNone, g.at(g.outputs[0]), out, 64 * 16 * 4))};
  dense.out = {g.add(out)};
  const TensorId last = g.outputs[0];
  g.outputs = dense.out;
  g.ops.push_back(dense);
  auto plan = make_plan(g, {Optimize::ram, Feed::rows, {}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->stages.size(), 1u);
  for (TensorId id : {0, 2, 4, 6}) EXPECT_EQ(plan->places[static_cast<size_t>(id)].slots, 3) << id;
  EXPECT_EQ(plan->places[static_cast<size_t>(last)].slots, 1);
  EXPECT_LE(plan->arena_bytes, 4 * 3 * row + row + 3 * 4 + 8);
  EXPECT_GE(plan->whole_bytes, 2 * 64 * row);
}

// The output row is made before the input row that it replaces has been read for the last time, so a whole input and a
// whole output of the same size need little more than one of them.
TEST(Plan, ConsumedRowsOfTheInputAreReused) {
  const int64_t row = 16 * 4;
  auto plan = make_plan(chain_of_convs(1, 64, 16, 4), {Optimize::ram, Feed::whole, {}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_LE(plan->arena_bytes, 64 * row + 3 * row);
}

TEST(Plan, ElementwiseOpsWorkInPlace) {
  Rng rng(2);
  Graph sample = find_op("relu")->sample(rng);
  Graph g;
  g.name = "relu";
  Tensor in = sample.at(sample.inputs[0]), out = sample.out(sample.ops[0]);
  in.shape = out.shape = {1, 8, 8, 4};
  Op op = sample.ops[0];
  op.in = {g.add(in)};
  op.out = {g.add(out)};
  g.inputs = op.in, g.outputs = op.out, g.ops = {op};
  auto plan = make_plan(g, {Optimize::ram, Feed::whole, {}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->arena_bytes, 8 * 8 * 4);
}

TEST(Plan, RefusesABudgetAndNamesWhatIsAlive) {
  auto plan = make_plan(chain_of_convs(3, 32, 16, 4), {Optimize::ram, Feed::whole, 1000});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::does_not_fit);
  EXPECT_NE(plan.error().what.find("--ram allows 1000"), std::string::npos) << plan.error().what;
  EXPECT_NE(plan.error().what.find("\"t0\""), std::string::npos) << plan.error().what;
  EXPECT_NE(plan.error().what.find("--feed rows"), std::string::npos) << plan.error().what;
}

// Lanes take more flash than the plain kernels, and less time.
TEST(Plan, ABudgetOfFlashSteersTheChoice) {
  const Graph g = chain_of_convs(6, 16, 16, 16);
  PlanOptions options{Optimize::speed, Feed::whole, {}, (*find_target("cortex-m0"))->costs};
  const auto choice_within = [&](std::optional<int64_t> flash) {
    options.flash_bytes = flash;
    auto plan = make_plan(g, options);
    EXPECT_TRUE(plan) << plan.error().text();
    return plan ? plan->choice : Choice();
  };
  const Choice fastest = choice_within({}), smallest = choice_within(0);
  ASSERT_LT(smallest.all_flash_bytes() * 1.5, fastest.all_flash_bytes());
  ASSERT_GT(smallest.instructions, fastest.instructions * 1.5);
  EXPECT_EQ(choice_within(static_cast<int64_t>(fastest.all_flash_bytes())).ways, fastest.ways);
  double instructions = fastest.instructions;
  for (double flash = fastest.all_flash_bytes() - 1; flash > smallest.all_flash_bytes(); flash -= 2000) {
    const Choice choice = choice_within(static_cast<int64_t>(flash));
    EXPECT_LE(choice.all_flash_bytes(), flash);
    EXPECT_GE(choice.instructions, instructions) << "less flash, and less time";
    instructions = choice.instructions;
  }
  // Some ops have the fast kernel still: what flash is left goes to them.
  EXPECT_LT(
      choice_within(static_cast<int64_t>((fastest.all_flash_bytes() + smallest.all_flash_bytes()) / 2)).instructions,
      smallest.instructions * 0.9);
}

TEST(Plan, BudgetsOfFlashAndMemoryHoldTogether) {
  const Graph g = chain_of_convs(6, 16, 16, 16);
  PlanOptions options{Optimize::speed, Feed::whole, {}, (*find_target("cortex-m0"))->costs};
  auto smallest = make_plan(g, {Optimize::ram, Feed::whole, {}, options.costs, 0, 0});
  ASSERT_TRUE(smallest);
  options.ram_bytes = smallest->arena_bytes + 64;
  options.flash_bytes = static_cast<int64_t>(smallest->choice.all_flash_bytes()) + 4000;
  auto plan = make_plan(g, options);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_LE(plan->arena_bytes, *options.ram_bytes);
  EXPECT_LE(plan->choice.all_flash_bytes(), static_cast<double>(*options.flash_bytes));
  EXPECT_LE(plan->choice.instructions, smallest->choice.instructions);
}

TEST(Plan, IsDeterministic) {
  auto a = make_plan(chain_of_convs(5, 40, 8, 3), {}), b = make_plan(chain_of_convs(5, 40, 8, 3), {});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(make_entries(a->schedule), make_entries(b->schedule));
  EXPECT_EQ(a->arena_bytes, b->arena_bytes);
}

// A branch that is long in memory goes first, so that its large tensor dies early.
TEST(OrderOps, LowersThePeakOfBranches) {
  auto peak = [](const Graph& g) {
    const RowIndex index(g);
    auto calls = lower_graph(g, {});
    std::vector<int32_t> cuts;
    for (size_t i = 0; i < calls->size(); ++i) cuts.push_back(static_cast<int32_t>(i));
    return find_lives(g, index, *calls, schedule_stages(g, index, *calls, cuts, Feed::whole), Feed::whole).peak_bytes;
  };
  // in -> a (wide) -> b (narrow);  in -> c (wide) -> d (narrow), written a, c, b, d in the file.
  Graph g = chain_of_convs(1, 16, 16, 2);
  auto conv = [&](TensorId from, int32_t out_c) {
    Rng rng(static_cast<uint64_t>(from) + 9);
    const Tensor in = g.at(from);
    Tensor out = in;
    out.shape[3] = out_c;
    out.name = "t" + std::to_string(g.tensors.size());
    Conv2DAttrs attrs;
    attrs.clamp = {-128, 127};
    const TensorId w = g.add(sample_weights(rng, {out_c, 1, 1, in.shape[3]}, 0, in, out, in.shape[3]));
    Op op;
    op.def = find_op("conv2d");
    op.type = "CONV_2D";
    op.attrs = attrs;
    op.in = {from, w};
    op.out = {g.add(out)};
    op.source = static_cast<int32_t>(g.ops.size());
    g.ops.push_back(op);
    return op.out[0];
  };
  const TensorId top = g.outputs[0], a = conv(top, 30), c = conv(top, 30), b = conv(a, 1), d = conv(c, 1);
  g.outputs = {b, d};
  Graph ordered = g;
  order_ops(ordered);
  EXPECT_LT(peak(ordered), peak(g));
  ASSERT_TRUE(validate(ordered));
}

class Growth : public testing::TestWithParam<Graph (*)(int n)> {
 protected:
  // Plans n ops for a core on which most have several ways; `work`: what the searches took.
  Plan plan_of(int n, int64_t& work) {
    const int64_t before = plan_work;
    auto plan = make_plan(GetParam()(n), {Optimize::balanced, Feed::whole, {}, (*find_target("cortex-m4"))->costs});
    EXPECT_TRUE(plan) << plan.error().text();
    work = plan_work - before;
    return plan ? std::move(*plan) : Plan();
  }
};

// From 300 ops on the searches have reached their bounds: what grows is what every op needs.
TEST_P(Growth, IsNoWorseThanNLogN) {
  int64_t of_300 = 0, of_1000 = 0;
  plan_of(300, of_300);
  const Plan plan = plan_of(1000, of_1000);
  ASSERT_EQ(plan.calls.size(), 1000u);
  EXPECT_TRUE(check_plan(plan));
  EXPECT_LE(static_cast<double>(of_1000), 1000 * std::log(1000) / (300 * std::log(300)) * static_cast<double>(of_300));
  EXPECT_LT(plan.arena_bytes, plan.whole_bytes);
}

TEST_P(Growth, APlanOfAThousandOpsComputesItsGraph) {
  int64_t work = 0;
  const Plan plan = plan_of(1000, work);
  const std::vector<Bytes> inputs = self_test_inputs(plan.graph);
  const Values values = evaluate(plan.graph, inputs);
  EXPECT_EQ(PlanRunner(plan).run(inputs)[0], values[static_cast<size_t>(plan.graph.outputs[0])]);
}

INSTANTIATE_TEST_SUITE_P(Plan, Growth, testing::Values(long_chain, long_graph_with_skips),
                         [](const auto& info) { return info.index == 0 ? "chain" : "skips"; });

TEST(Plan, RefusesMoreCallsThanAScheduleCanName) {
  auto plan = make_plan(long_chain(kMaxWideCalls + 1), {Optimize::speed, Feed::whole, {}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::unsupported);
  EXPECT_NE(plan.error().text().find("4095 kernel calls"), std::string::npos) << plan.error().text();
}

TEST(Entries, HoldWhatTheyAreMadeOf) {
  const Entry narrow = make_entry(kMaxCalls - 1, kMaxSteps, kMaxCount);
  EXPECT_EQ(entry_call(narrow), kMaxCalls - 1);
  EXPECT_EQ(entry_first(narrow), kMaxSteps);
  EXPECT_EQ(entry_count(narrow), kMaxCount);
  EXPECT_FALSE(takes_input(narrow));
  const WideEntry wide = make_wide_entry(kMaxWideCalls - 1, kMaxSteps, kMaxCount);
  EXPECT_EQ(entry_call(wide), kMaxWideCalls - 1);
  EXPECT_EQ(entry_first(wide), kMaxSteps);
  EXPECT_EQ(entry_count(wide), kMaxCount);
  EXPECT_FALSE(takes_input(wide));
  EXPECT_TRUE(takes_input(make_entry(kTakeInput, 3, 1)));
  EXPECT_TRUE(takes_input(make_wide_entry(kWideTakeInput, 3, 1)));
}

TEST(Entries, JoinStepsOfOneCall) {
  auto plan = make_plan(chain_of_convs(1, 20, 4, 2), {Optimize::speed, Feed::whole, {}});
  ASSERT_TRUE(plan);
  const auto entries = make_entries(plan->schedule);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entry_count(entries[0]), 20u);
}

}  // namespace
}  // namespace mote
