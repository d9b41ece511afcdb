// Faults planted in good plans: the checker has to catch every one that could change a result.
#include <gtest/gtest.h>

#include <algorithm>

#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "tests/random_graph.h"

namespace mote {
namespace {

std::vector<Plan> good_plans() {
  std::vector<Plan> plans;
  for (uint64_t seed = 0; plans.size() < 150; ++seed) {
    Rng rng(seed);
    Graph g = random_graph(rng);
    EXPECT_TRUE(run_passes(g, {}));
    const Feed feed = g.inputs.size() == 1 && seed % 2 ? Feed::rows : Feed::whole;
    auto plan = make_plan(std::move(g), {Optimize::ram, feed, {}});
    EXPECT_TRUE(plan);
    if (plan && plan->schedule.size() > 8) plans.push_back(std::move(*plan));
  }
  return plans;
}

bool lies_together(const Plan& plan, TensorId id) { return plan.places[static_cast<size_t>(id)].linear; }

// Some other row that is alive where `row` of `id` is, by the plan itself: moving onto it must be noticed.
TEST(Mutants, RingOneRowShort) {
  int planted = 0, caught = 0;
  for (Plan& plan : good_plans())
    for (size_t t = 0; t < plan.graph.tensors.size(); ++t) {
      const Place good = plan.places[t];
      const int64_t bytes = plan.graph.tensors[t].is_constant() ? 0 : row_bytes(plan.graph.tensors[t]);
      if (good.slots < 2 || good.linear || static_cast<size_t>(good.slots) >= good.rows.size()) continue;
      // The rows cycle through one slot fewer.
      std::vector<int64_t> slots = good.rows;
      std::sort(slots.begin(), slots.end());
      slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
      if (static_cast<int64_t>(slots.size()) != good.slots) continue;
      for (size_t y = 0; y < good.rows.size(); ++y) plan.places[t].rows[y] = slots[y % (slots.size() - 1)];
      ++planted;
      caught += !check_plan(plan);
      plan.places[t] = good;
      EXPECT_GT(bytes, 0);
    }
  EXPECT_GT(planted, 20);
  EXPECT_EQ(caught, planted);
}

// A row that lies one byte off while a neighbour is alive on both sides.
TEST(Mutants, OffsetByOne) {
  int planted = 0, caught = 0;
  for (Plan& plan : good_plans())
    for (size_t t = 0; t < plan.graph.tensors.size(); ++t) {
      const Place good = plan.places[t];
      if (good.rows.size() < 2 || !lies_together(plan, static_cast<TensorId>(t)) ||
          std::count(plan.graph.outputs.begin(), plan.graph.outputs.end(), static_cast<TensorId>(t)) == 0)
        continue;
      plan.places[t].rows[good.rows.size() / 2] += 1;
      ++planted;
      caught += !check_plan(plan);
      plan.places[t] = good;
    }
  EXPECT_GT(planted, 20);
  EXPECT_EQ(caught, planted);
}

TEST(Mutants, ArenaOneByteShort) {
  for (Plan& plan : good_plans()) {
    plan.arena_bytes -= 1;
    EXPECT_FALSE(check_plan(plan));
  }
}

// Two neighbouring steps of different calls change places, the second of which reads what the first made.
TEST(Mutants, WrongOrder) {
  int planted = 0, caught = 0;
  for (Plan& plan : good_plans())
    for (size_t s = 0; s + 1 < plan.schedule.size(); ++s) {
      const PlanStep a = plan.schedule[s], b = plan.schedule[s + 1];
      if (a.call == b.call || a.call == kTake || b.call == kTake) continue;
      const KernelCall &first = plan.calls[static_cast<size_t>(a.call)],
                       &second = plan.calls[static_cast<size_t>(b.call)];
      const StepRows made = rows_of_step(first, a.step);
      bool needed = false;
      for (const Reads& r : second.reads)
        if (r.tensor == first.writes[0].tensor && made.completes)
          visit_reads(r, rows_of_step(second, b.step).x, [&](int32_t y) {
            needed |= y >= first.writes[0].begin + made.first && y < first.writes[0].begin + made.last;
          });
      if (!needed) continue;
      std::swap(plan.schedule[s], plan.schedule[s + 1]);
      ++planted;
      caught += !check_plan(plan);
      std::swap(plan.schedule[s], plan.schedule[s + 1]);
    }
  EXPECT_GT(planted, 100);
  EXPECT_EQ(caught, planted);
}

TEST(Mutants, MissingAndRepeatedSteps) {
  for (Plan& plan : good_plans()) {
    const auto good = plan.schedule;
    for (size_t s = 0; s < good.size(); s += 7) {
      if (good[s].call == kTake) continue;
      plan.schedule = good;
      plan.schedule.insert(plan.schedule.begin() + static_cast<std::ptrdiff_t>(s), good[s]);
      EXPECT_FALSE(check_plan(plan));
    }
    plan.schedule = good;
    plan.schedule.pop_back();
    const bool last_matters = good.back().call != kTake;
    if (last_matters) {
      EXPECT_FALSE(check_plan(plan));
    }
    plan.schedule = good;
  }
}

TEST(Mutants, MemoryOfCallsOverItsInput) {
  int planted = 0;
  for (Plan& plan : good_plans())
    for (size_t c = 0; c < plan.calls.size(); ++c) {
      const KernelCall& call = plan.calls[c];
      if (call.reads.empty() || plan.graph.at(call.reads[0].tensor).is_constant()) continue;
      const int64_t at = plan.places[static_cast<size_t>(call.reads[0].tensor)].rows[0];
      for (auto* memory : {&plan.carry, &plan.scratch}) {
        int64_t& offset = (*memory)[c];
        if (offset < 0) continue;
        const int64_t good = offset;
        offset = std::min(at, plan.arena_bytes - std::max(call.carry_bytes, call.scratch_bytes));
        if (offset == good || offset < 0) {
          offset = good;
          continue;
        }
        ++planted;
        EXPECT_FALSE(check_plan(plan)) << describe(plan.graph.ops[static_cast<size_t>(call.op)], plan.graph);
        offset = good;
      }
    }
  EXPECT_GT(planted, 5);
}

}  // namespace
}  // namespace mote
