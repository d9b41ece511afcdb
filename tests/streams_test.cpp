// Sliding windows: both forms of a model, computed over random streams, are the same bytes. The sliding form keeps rows
// from window to window; the definition computes every window from nothing.
#include <gtest/gtest.h>

#include "mote/blocks/block.h"
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/ir/pool.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/run.h"
#include "mote/compiler/verify/compare.h"
#include "mote/ops/conv2d/conv2d.op.h"
#include "mote/ops/dense/dense.op.h"
#include "tests/random_graph.h"

namespace mote {
namespace {

int rounds() {
  const char* text = std::getenv("MOTE_ROUNDS");
  return text ? std::atoi(text) : 300;
}

Bytes random_stream(const Graph& graph, Rng& rng, int32_t rows) {
  Bytes bytes(static_cast<size_t>(rows * row_bytes(graph.at(graph.inputs[0]))));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.pick(0, 255));
  return bytes;
}

// A run that was left in the middle of a stream begins anew as if nothing had been.
void check_reset(const Plan& plan, std::span<const uint8_t> stream, uint64_t seed) {
  PlanRunner used(plan), unused(plan);
  const auto hop_bytes = static_cast<size_t>(plan.stream.hop * row_bytes(plan.graph.at(plan.graph.inputs[0])));
  const Bytes first = window_of(plan, stream, 0), later = window_of(plan, stream, 1);
  (void)used.run({later});
  (void)used.run_hop(std::span(first).last(hop_bytes));
  EXPECT_EQ(used.run({first}), unused.run({first})) << "seed " << seed;
  EXPECT_EQ(used.run_hop(std::span(later).last(hop_bytes)), unused.run_hop(std::span(later).last(hop_bytes)))
      << "seed " << seed;
}

void check_streams(const Graph& original, uint64_t seed, int& checked, int& gained) {
  Graph graph = original;
  ASSERT_TRUE(run_passes(graph, {}));
  const int32_t window = row_count(graph.at(graph.inputs[0]));
  Rng rng(seed);
  for (int32_t hop = rng.pick(1, std::max(1, window / 3)); hop <= window; hop += rng.pick(1, window)) {
    const Costs costs = seed % 2 == 0 ? Costs() : host_costs();  // the host has kernels of its own
    auto plan = make_plan(graph, {.feed = Feed::rows, .ram_bytes = {}, .costs = costs, .hop = hop});
    if (!plan) {
      ASSERT_NE(plan.error().what.find("strides in time"), std::string::npos) << "seed " << seed << plan.error().text();
      continue;
    }
    const Bytes stream = random_stream(graph, rng, window + hop * 5);
    const Status same = compare_host_stream(original, *plan, stream);
    ASSERT_TRUE(same) << "seed " << seed << " hop " << hop << ": " << same.error().text();
    check_reset(*plan, stream, seed);
    const HopWork work = count_hop_work(*plan);
    EXPECT_LE(work.rows, work.all_rows);
    ++checked, gained += work.rows < work.all_rows;
  }
}

TEST(Streams, OfRandomGraphsAreTheirWindows) {
  int checked = 0, gained = 0;
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(rounds()); ++seed) {
    Rng rng(seed);
    const Graph g = random_graph(rng);
    if (g.inputs.size() != 1 || g.at(g.inputs[0]).shape[0] != 1) continue;
    check_streams(g, seed, checked, gained);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(checked, rounds() / 2);
  EXPECT_GT(gained, checked / 4);
}

// Filters begin anew in each window; sums along time are kept.
TEST(Streams, OfSensorBlocksAreTheirWindows) {
  const BlockConfig slow{"decimate", {{"factor", "3"}}, "slow"}, fast{"resample", {{"rate_hz", "360"}}, "fast"},
      smooth{"filter", {}, "smooth", "slow"};
  const std::vector<BlockConfig> chains[] = {
      {slow},
      {slow, smooth},
      {slow, smooth, {"statistics", {}, "", "smooth"}, {"spectral", {}, "", "slow"}},
      {fast, {"spectral", {}, "", "fast"}},
      {slow, {"tilt", {}, "", "slow"}, {"magnitude", {}, "", "slow"}},
      {{"normalize"}, {"wavelet", {}, "", "normalize"}, {"raw", {}, "", "normalize"}, {"raw", {}, "plain"}},
  };
  int checked = 0, gained = 0;
  for (const auto& chain : chains) {
    const auto graph = make_feature_graph({300, 600, 3, 1}, chain);
    ASSERT_TRUE(graph) << graph.error().text();
    for (uint64_t seed = 0; seed < 4; ++seed) check_streams(*graph, seed, checked, gained);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(checked, 12);
  EXPECT_GT(gained, 3);
}

// ---- models whose streams are known ----

class Model {
 public:
  Model(int32_t rows, int32_t width, int32_t channels) {
    graph_.name = "stream";
    last_ = graph_.add(sample_int8(rng_, {1, rows, width, channels}));
    graph_.at(last_).name = "input";
    graph_.inputs = {last_};
  }

  // A convolution over `size` rows; `padded`: as many rows as it reads.
  Model& conv(int32_t size, int32_t stride = 1, bool padded = false) {
    const Tensor in = graph_.at(last_);
    Conv2DAttrs attrs;
    attrs.window.kh = size, attrs.window.stride_y = stride;
    if (padded) pad_same(attrs.window, in.shape[1], in.shape[2]);
    attrs.clamp = {-128, 127};
    const Tensor out = sample_int8(rng_, {1});
    const TensorId w =
        graph_.add(sample_weights(rng_, {4, size, 1, in.shape[3]}, 0, in, out, int64_t{size} * in.shape[3]));
    return add("conv2d", attrs, {last_, w}, out);
  }

  Model& average(bool as_pool) {
    const Tensor in = graph_.at(last_);
    if (as_pool) {
      PoolAttrs attrs;
      attrs.window.kh = in.shape[1], attrs.window.kw = in.shape[2];
      attrs.clamp = {-128, 127};
      return add("average_pool2d", attrs, {last_}, in);
    }
    for (Op op;;) {  // one of the samples is the mean over rows and columns
      op = find_op("mean")->sample(rng_).ops[0];
      op.in = {last_};
      const TensorId probe = graph_.add(sample_int8(rng_, {1, 1, 1, in.shape[3]}));
      op.out = {probe};
      auto types = op.def->infer(op, graph_);
      const bool fits = types && (*types)[0].shape == Shape{1, 1, 1, in.shape[3]};
      graph_.tensors.pop_back();
      if (fits) return add("mean", op.attrs, {last_}, sample_int8(rng_, {1}));
    }
  }

  Model& dense() {
    const Tensor in = graph_.at(last_), out = sample_int8(rng_, {1});
    const auto n = static_cast<int32_t>(element_count(in.shape));
    const TensorId w = graph_.add(sample_weights(rng_, {3, n}, kNone, in, out, n));
    return add("dense", DenseAttrs{false, {-128, 127}}, {last_, w}, out);
  }

  Graph done() {
    graph_.outputs = {last_};
    return graph_;
  }

 private:
  Model& add(const char* name, Attrs attrs, std::vector<TensorId> in, Tensor out) {
    Op op;
    op.def = find_op(name);
    op.type = name;
    op.attrs = std::move(attrs);
    op.in = std::move(in);
    op.source = static_cast<int32_t>(graph_.ops.size());
    out.name = "t" + std::to_string(op.source);
    op.out = {graph_.add(std::move(out))};
    auto types = op.def->infer(op, graph_);
    if (!types) assertion_failed(types.error().text().c_str(), name, 0);
    graph_.at(op.out[0]).shape = (*types)[0].shape;
    last_ = op.out[0];
    graph_.ops.push_back(std::move(op));
    return *this;
  }

  Rng rng_{7};
  Graph graph_;
  TensorId last_;
};

Expected<Plan> plan_of(const Graph& g, int32_t hop) {
  return make_plan(g, {.optimize = Optimize::ram, .feed = Feed::rows, .ram_bytes = {}, .hop = hop});
}

void expect_same(const Graph& g, const Plan& plan) {
  Rng rng(5);
  const Bytes stream = random_stream(g, rng, row_count(g.at(g.inputs[0])) + 12 * plan.stream.hop);
  const Status same = compare_host_stream(g, plan, stream);
  EXPECT_TRUE(same) << same.error().text();
}

TEST(Streams, WithoutPaddingOnlyNewRowsAreMade) {
  const Graph g = Model(30, 1, 4).conv(3).conv(5).conv(10).dense().done();
  auto plan = plan_of(g, 1);
  ASSERT_TRUE(plan) << plan.error().text();
  const HopWork work = count_hop_work(*plan);
  EXPECT_EQ(work.rows, 4);  // one of each convolution, and the classes
  EXPECT_EQ(work.all_rows, 28 + 24 + 15 + 1);
  EXPECT_EQ(work.macs, 3 * 16 + 5 * 16 + 10 * 16 + 15 * 4 * 3);
  EXPECT_EQ(work.kept_bytes, (2 + 4 + 9 + 14) * 4);
  EXPECT_LE(plan->arena_bytes, work.kept_bytes + 32);
  expect_same(g, *plan);
}

TEST(Streams, AtAPaddingEdgeRowsAreMadeAnew) {
  const Graph g = Model(30, 1, 4).conv(3, 1, true).conv(3, 1, true).dense().done();
  auto plan = plan_of(g, 2);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(count_hop_work(*plan).rows, (1 + 2 + 1) + (2 + 2 + 2) + 1);  // at the front, new, at the end
  expect_same(g, *plan);
}

TEST(Streams, AveragesOverTimeBecomeRunningSums) {
  for (bool as_pool : {true, false})
    for (int32_t hop : {1, 3}) {
      const Graph g = Model(20, 2, 4).conv(3).average(as_pool).done();
      auto plan = plan_of(g, hop);
      ASSERT_TRUE(plan) << plan.error().text();
      EXPECT_EQ(plan->stream.slides.size(), 1u) << as_pool;
      EXPECT_LT(std::count_if(plan->hop_schedule.begin(), plan->hop_schedule.end(),
                              [&](PlanStep s) { return plan->stream.slide_of(s.call); }),
                18);
      expect_same(g, *plan);
      const Graph padded = Model(20, 2, 4).conv(3, 1, true).average(as_pool).done();
      auto without = plan_of(padded, hop);
      ASSERT_TRUE(without) << without.error().text();
      EXPECT_EQ(without->stream.slides.size(), 0u) << "what depends on a padding does not slide";
      expect_same(padded, *without);
    }
}

TEST(Streams, AHopThatIsTheWindowKeepsNothing) {
  const Graph g = Model(16, 2, 4).conv(3).dense().done();
  auto plan = plan_of(g, 16);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(count_hop_work(*plan).kept_bytes, 0);
  auto rows = make_plan(g, {Optimize::ram, Feed::rows, {}});
  ASSERT_TRUE(rows);
  EXPECT_EQ(plan->arena_bytes, rows->arena_bytes);
  expect_same(g, *plan);
}

TEST(Streams, RefusalsNameTheNearestHops) {
  const Graph g = Model(40, 1, 4).conv(3, 2).conv(3, 2).done();
  struct Case {
    int32_t hop;
    const char* says;
  };
  for (const Case& c : {Case{6,
                             "strides in time multiply to 4, and a hop has to be a multiple of it; the nearest allowed "
                             "are 4 and 8"},
                        Case{1, "the nearest allowed is 4"}, Case{41, "40 rows in time; at most 40"}}) {
    auto plan = plan_of(g, c.hop);
    ASSERT_FALSE(plan) << c.hop;
    EXPECT_EQ(plan.error().code, Code::unsupported);
    EXPECT_NE(plan.error().what.find(c.says), std::string::npos) << plan.error().what;
  }
  EXPECT_TRUE(plan_of(g, 8));
}

TEST(Streams, APlanThatGainsNothingSaysSo) {
  const Graph nothing = Model(9, 1, 4).conv(9, 1, true).dense().done();
  auto plan = plan_of(nothing, 1);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_NE(describe_plan(*plan).find("nothing is gained"), std::string::npos) << describe_plan(*plan);
  auto gains = plan_of(Model(9, 1, 4).conv(3).dense().done(), 1);
  ASSERT_TRUE(gains);
  EXPECT_EQ(describe_plan(*gains).find("nothing is gained"), std::string::npos) << describe_plan(*gains);
  EXPECT_NE(describe_plan(*gains).find("132 of 420 MACs"), std::string::npos) << describe_plan(*gains);
}

// ---- the checker knows a wrong plan ----

class WrongStream : public testing::Test {
 protected:
  void SetUp() override {
    auto plan = plan_of(Model(20, 2, 4).conv(3).conv(3, 1, true).conv(2).dense().done(), 1);
    ASSERT_TRUE(plan) << plan.error().text();
    plan_ = std::move(*plan);
    auto sums = plan_of(Model(20, 2, 4).conv(3).average(true).done(), 1);
    ASSERT_TRUE(sums) << sums.error().text();
    sums_ = std::move(*sums);
  }

  KernelCall& a_move() { return plan_.calls[static_cast<size_t>(plan_.stream.op_calls)]; }

  static void expect_caught(const Plan& plan, const std::string& says) {
    const Status status = check_plan(plan);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().text().find(says), std::string::npos) << status.error().text();
  }

  Plan plan_, sums_;
};

TEST_F(WrongStream, ARowFromTheWrongPlace) {
  a_move().reads[0].begin -= 1;
  expect_caught(plan_, "row 17 of \"input\" is moved, but it is not there");
}

TEST_F(WrongStream, AMoveLeftOut) {
  std::erase_if(plan_.hop_schedule, [&](PlanStep s) { return s.call == plan_.stream.op_calls; });
  expect_caught(plan_, "needs row");
}

TEST_F(WrongStream, AnEdgeRowThatIsNotMadeAnew) {
  const auto step = std::find_if(plan_.hop_schedule.begin(), plan_.hop_schedule.end(),
                                 [](PlanStep s) { return s.call == 1 && s.step == 0; });
  ASSERT_NE(step, plan_.hop_schedule.end());
  plan_.hop_schedule.erase(step);
  expect_caught(plan_, "needs row 0 of \"t1\"");
}

// Right in the first hop and wrong in the second: a row that lasts lies where the hop writes after its last use.
TEST_F(WrongStream, ARowThatDoesNotLast) {
  std::vector<int64_t>& rows = plan_.places[0].rows;
  rows[18] = rows[19];
  plan_.places[0].linear = false;
  expect_caught(plan_, "row 18");
}

TEST_F(WrongStream, ARowOfTheInputThatIsNotTaken) {
  plan_.hop_schedule.erase(
      std::find_if(plan_.hop_schedule.begin(), plan_.hop_schedule.end(), [](PlanStep s) { return s.call == kTake; }));
  EXPECT_FALSE(check_plan(plan_));
}

TEST_F(WrongStream, SumsThatLoseTheWrongRow) {
  KernelCall& slide = sums_.calls[static_cast<size_t>(sums_.stream.slides[0].call)];
  slide.reads[0].table[0] += 1;
  expect_caught(sums_, "lose and gain");
}

TEST_F(WrongStream, SumsThatAreOverwritten) {
  const size_t fold = static_cast<size_t>(sums_.stream.slides[0].fold);
  sums_.carry[fold] = sums_.carry[static_cast<size_t>(sums_.stream.slides[0].call)] = sums_.places[0].rows[19] / 4 * 4;
  EXPECT_FALSE(check_plan(sums_));
}

}  // namespace
}  // namespace mote
