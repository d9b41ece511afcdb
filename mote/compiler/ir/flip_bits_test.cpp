// Flipped bits leave a model that runs: structure stays, and what the host makes of it is what the ops define.
#include "mote/compiler/ir/flip_bits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/run.h"
#include "mote/ops/linear/linear.op.h"

namespace mote {
namespace {

Graph sample_of(const char* op, uint64_t seed) {
  Rng rng(seed);
  return find_op(op)->sample(rng);
}

std::span<const int32_t> words(const Graph& graph, size_t operand) {
  return graph.in(graph.ops[0], operand)->data.as<int32_t>();
}

void expect_runs_as_defined(const Graph& graph, Rng& rng, const std::string& what) {
  Graph passed = graph;
  ASSERT_TRUE(run_passes(passed, {})) << what;
  auto plan = make_plan(std::move(passed), {.ram_bytes = {}, .costs = host_costs()});
  ASSERT_TRUE(plan) << what << ": " << plan.error().text();
  const std::vector<Bytes> inputs = make_inputs(graph, rng, InputKind::saturating);
  EXPECT_EQ(PlanRunner(*plan).run(inputs)[0], evaluate(graph, inputs)[static_cast<size_t>(graph.outputs[0])]) << what;
}

TEST(FlipBits, EveryOpRunsWithThem) {
  for (const OpDef* op : all_ops())
    for (uint64_t seed = 0; seed < 25; ++seed) {
      const std::string what = std::string(op->name) + ", seed " + std::to_string(seed);
      Rng rng(seed);
      Graph graph = op->sample(rng);
      flip_bits(graph, 0, 0.1, rng);
      const Status valid = validate(graph);
      ASSERT_TRUE(valid) << what << ": " << valid.error().text();
      expect_runs_as_defined(graph, rng, what);
    }
}

TEST(FlipBits, TreesKeepTheirBranches) {
  size_t thresholds = 0, signs = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Graph before = sample_of("tree_ensemble", seed);
    Graph after = before;
    Rng rng(seed);
    flip_bits(after, 0, 0.2, rng);
    const auto was = words(before, 1), is = words(after, 1);
    for (size_t i = 0; i < was.size(); ++i) {
      if (i % 4 != 1) EXPECT_EQ(is[i], was[i]) << seed;
      else thresholds += is[i] != was[i], signs += (is[i] < 0) != (was[i] < 0);
      EXPECT_LE(std::abs(is[i]), 32768);
    }
    EXPECT_TRUE(std::ranges::equal(words(after, 2), words(before, 2))) << "roots";
    EXPECT_FALSE(std::ranges::equal(words(after, 4), words(before, 4)) && std::ranges::equal(is, was))
        << "nothing flipped";
  }
  EXPECT_GT(thresholds, 500u);
  EXPECT_GT(signs, 100u) << "bit 15 of 16 is the sign";
}

TEST(FlipBits, LabelsOfPrototypesStay) {
  Graph graph = sample_of("nearest", 1);
  Rng rng(1);
  EXPECT_EQ(count_number_bits(graph, 0), 0);
  EXPECT_EQ(flip_bits(graph, 0, 1, rng), 0u);
}

Graph linear_of(const std::vector<int32_t>& weights, int32_t shift) {
  Tensor x, out;
  x.shape = {1, static_cast<int32_t>(weights.size())}, x.quant = {{1}, {0}, 0};
  out.type = DType::int16, out.quant = {{1}, {0}, 0};
  return sample_graph(*find_op("linear"), "LINEAR", LinearAttrs{shift},
                      {x, constant_int32({1, x.shape[1]}, weights), constant_int32({1}, {0})}, out);
}

TEST(FlipBits, AsOftenAsSaidAndInEveryBit) {
  Graph graph = linear_of(std::vector<int32_t>(20000), 8);
  EXPECT_EQ(count_number_bits(graph, 0), 32 * 20001);
  Rng rng(4);
  const size_t flipped = flip_bits(graph, 0, 1e-2, rng);
  EXPECT_NEAR(static_cast<double>(flipped), 6400, 400);
  size_t ones[32] = {};
  for (int32_t word : words(graph, 1))
    for (int bit = 0; bit < 32; ++bit) ones[bit] += static_cast<uint32_t>(word) >> bit & 1;
  for (size_t count : ones) EXPECT_NEAR(static_cast<double>(count), 200, 70);
}

TEST(FlipBits, OpsBeforeTheFirstAreLeftAlone) {
  Graph graph = linear_of({1, 2, 3}, 8);
  Rng rng(5);
  EXPECT_EQ(count_number_bits(graph, 1), 0);
  EXPECT_EQ(flip_bits(graph, 1, 1, rng), 0u);
}

// A bias of 2^30 times 2^(40 - 8) leaves 62 bits. What goes with it is flipped nevertheless.
TEST(FlipBits, WhatTheOpRefusesIsNotFlipped) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Graph before = linear_of({1, 2, 3}, 40);
    Graph after = before;
    Rng rng(seed);
    EXPECT_GT(flip_bits(after, 0, 0.5, rng), 30u);
    EXPECT_TRUE(validate(after));
    for (size_t i = 0; i < 3; ++i) EXPECT_NE(words(after, 1)[i], words(before, 1)[i]);
    EXPECT_NE(words(after, 2)[0], 0);
  }
}

}  // namespace
}  // namespace mote
