// Random graphs through everything: passes (each one held to the definition), planning for every setting, the
// independent check of the plan, and the plan's run on the host against the definition of the untouched graph.
#include <gtest/gtest.h>

#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/verify/compare.h"
#include "tests/random_graph.h"

namespace mote {
namespace {

int rounds() {
  const char* text = std::getenv("MOTE_ROUNDS");
  return text ? std::atoi(text) : 400;
}

void check_graph(const Graph& original, uint64_t seed) {
  Graph graph = original;
  const Status passed = run_passes(graph, {.check = true});
  ASSERT_TRUE(passed) << "seed " << seed << ": " << passed.error().text();
  for (Optimize optimize : {Optimize::ram, Optimize::balanced, Optimize::speed})
    for (Feed feed : {Feed::whole, Feed::rows}) {
      if (feed == Feed::rows && original.inputs.size() != 1) continue;
      auto plan = make_plan(graph, {optimize, feed, {}});
      ASSERT_TRUE(plan) << "seed " << seed << ": " << plan.error().text();
      EXPECT_GE(plan->arena_bytes, plan->least_bytes) << "seed " << seed;
      Rng rng(seed);
      for (int i = 0; i < 4; ++i) {
        const Status same = compare_host(original, *plan, make_inputs_in_turn(original, rng, i));
        ASSERT_TRUE(same) << "seed " << seed << ": " << same.error().text();
      }
    }
}

TEST(RandomGraphs, ComputeTheirDefinition) {
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(rounds()); ++seed) {
    Rng rng(seed);
    const Graph g = random_graph(rng);
    const Status valid = validate(g);
    ASSERT_TRUE(valid) << "seed " << seed << ": " << valid.error().text();
    check_graph(g, seed);
    if (HasFatalFailure()) return;
  }
}

// The packing loses little to gaps: over many graphs the arenas are close to the most that is alive at once.
TEST(RandomGraphs, PackTightly) {
  int64_t arena = 0, least = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    Graph g = random_graph(rng);
    ASSERT_TRUE(run_passes(g, {}));
    auto plan = make_plan(g, {Optimize::ram, Feed::whole, {}});
    ASSERT_TRUE(plan);
    arena += plan->arena_bytes, least += plan->least_bytes;
    EXPECT_LE(plan->arena_bytes, plan->whole_bytes * 1.3 + 64) << "seed " << seed;
  }
  EXPECT_LE(static_cast<double>(arena), static_cast<double>(least) * 1.05);
}

}  // namespace
}  // namespace mote
