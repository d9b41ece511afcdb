// What prove_ranges removes cannot matter: the rewritten graph against the definition of the untouched one, op by op,
// on random and extreme inputs, over random graphs, our own model, and (with ../shared) the model of MLPerf Tiny in
// which most weights are dead. And every value that occurs lies in the range that was proved for its channel.
#include <gtest/gtest.h>

#include <filesystem>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/run.h"
#include "mote/compiler/verify/compare.h"
#include "tests/random_graph.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

// Both extremes, then saturating and random ones in turn.
std::vector<Bytes> make_input(const Graph& g, Rng& rng, int i) {
  const InputKind kind = i == 0   ? InputKind::minimum
                         : i == 1 ? InputKind::maximum
                         : i % 2  ? InputKind::saturating
                                  : InputKind::random;
  return make_inputs(g, rng, kind);
}

void expect_within(const Graph& g, const std::vector<Ranges>& ranges, const Values& values) {
  for (const Op& op : g.ops) {
    const auto id = static_cast<size_t>(op.out[0]);
    if (ranges[id].empty()) continue;
    const bool is_unsigned = g.at(op.out[0]).type == DType::uint8;
    for (size_t i = 0; i < values[id].size(); ++i) {
      const int32_t v = is_unsigned ? values[id][i] : static_cast<int8_t>(values[id][i]);
      const Range& r = ranges[id][i % ranges[id].size()];
      ASSERT_TRUE(r.lo <= v && v <= r.hi) << describe(op, g) << " makes " << v << " in channel "
                                          << i % ranges[id].size() << ", outside " << r.lo << " to " << r.hi;
    }
  }
}

void expect_same(const Graph& original, const Values& want, const Graph& rewritten, const Values& got) {
  const auto difference = compare_ops(original, want, rewritten, got);
  ASSERT_FALSE(difference) << difference->text();
  for (size_t i = 0; i < original.outputs.size(); ++i)
    ASSERT_EQ(want[static_cast<size_t>(original.outputs[i])], got[static_cast<size_t>(rewritten.outputs[i])]);
}

int64_t count_removed(const Graph& g) {
  int64_t n = 0;
  for (const Proof& p : g.proofs.ops) n += static_cast<int64_t>(p.removed.size());
  return n;
}

int64_t count_macs(const Graph& g) {
  int64_t macs = 0;
  for (const Op& op : g.ops) macs += op.def->macs ? op.def->macs(op, g) : 0;
  return macs;
}

int rounds() {
  const char* text = std::getenv("MOTE_ROUNDS");
  return text ? std::atoi(text) : 2000;
}

// ---- what single ops say of themselves ----

// A range for each channel, and bytes within them.
Ranges pick_ranges(const Tensor& t, Rng& rng) {
  Ranges ranges = full_ranges(t);
  for (Range& r : ranges) {
    const int32_t a = rng.pick(r.lo, r.hi), b = rng.pick(r.lo, r.hi);
    if (rng.chance(0.2)) r = make_range(a, a);
    else if (rng.chance(0.2)) r = make_range(t.quant.zero_at(0), t.quant.zero_at(0));
    else if (rng.chance(0.7)) r = make_range(std::min(a, b), std::max(a, b));
  }
  return ranges;
}

Bytes pick_within(const Tensor& t, const Ranges& ranges, Rng& rng) {
  Bytes bytes;
  for (int64_t i = 0; i < byte_count(t); ++i) {
    const Range& r = ranges[static_cast<size_t>(i) % ranges.size()];
    bytes.push_back(static_cast<uint8_t>(rng.chance(0.3) ? r.lo : rng.chance(0.3) ? r.hi : rng.pick(r.lo, r.hi)));
  }
  return bytes;
}

bool is_byte(const Tensor& t) { return t.type == DType::int8 || t.type == DType::uint8; }

// A sample of an op, ranges of its operands, and what it makes of values within them.
struct Instance {
  Graph g;
  OperandRanges ranges;
  std::vector<Bytes> inputs;
  Values values;

  Instance(const OpDef& def, Rng& rng) : g(def.sample(rng)) {
    for (TensorId id : op().in) {
      const bool known = id != kNone && is_byte(g.at(id));
      if (!known) ranges.emplace_back();
      else ranges.push_back(g.at(id).is_constant() ? constant_ranges(g.at(id)) : pick_ranges(g.at(id), rng));
      if (id == kNone || g.at(id).is_constant()) continue;
      inputs.push_back(known ? pick_within(g.at(id), ranges.back(), rng)
                             : Bytes(static_cast<size_t>(byte_count(g.at(id))), 1));
    }
    values = evaluate(g, inputs);
  }
  const Op& op() const { return g.ops[0]; }
  const Bytes& output() const { return values[static_cast<size_t>(op().out[0])]; }
};

TEST(ProveRangesOps, ValuesLieInTheirRanges) {
  for (const OpDef* def : all_ops()) {
    if (!def->ranges) continue;
    for (int seed = 0; seed < rounds() / 4; ++seed) {
      SCOPED_TRACE(std::string(def->name) + " " + std::to_string(seed));
      Rng rng(static_cast<uint64_t>(seed));
      const Instance i(*def, rng);
      if (!is_byte(i.g.out(i.op()))) continue;
      std::vector<Ranges> ranges(i.g.tensors.size());
      ranges[static_cast<size_t>(i.op().out[0])] = def->ranges(i.op(), i.g, i.ranges);
      expect_within(i.g, ranges, i.values);
      const bool same_shape = i.g.in(i.op(), 0)->shape == i.g.out(i.op()).shape;
      if (def->is_identity && same_shape && def->is_identity(i.op(), i.g, i.ranges)) {
        ASSERT_EQ(i.output(), i.values[static_cast<size_t>(i.op().in[0])]);
      }
      if (HasFatalFailure()) return;
    }
  }
}

// Of an op's output some channels are needed: the op is made to do with what it then says it needs, and computes them.
TEST(ProveRangesOps, DoWithTheChannelsTheyNeed) {
  for (const OpDef* def : all_ops()) {
    if (!def->need) continue;
    for (int seed = 0; seed < rounds() / 4; ++seed) {
      SCOPED_TRACE(std::string(def->name) + " " + std::to_string(seed));
      Rng rng(static_cast<uint64_t>(seed));
      Instance i(*def, rng);
      const Tensor full = i.g.out(i.op());
      if (!is_byte(full) || full.shape.empty()) continue;
      OpChannels kept;
      for (TensorId id : i.op().in)
        kept.in.emplace_back(id == kNone ? 0 : static_cast<size_t>(channel_count(i.g.at(id))), false);
      kept.out = {ChannelSet(static_cast<size_t>(channel_count(full)), false)};
      for (size_t c = 0; c < kept.out[0].size(); ++c) kept.out[0][c] = rng.chance(0.5);
      kept.out[0][0] = true;
      def->need(i.op(), i.g, i.ranges, kept);
      if (count(kept.in[0]) == 0) kept.in[0][0] = true;
      Graph g = i.g;
      auto whole = [](const std::vector<ChannelSet>& sets) { return std::all_of(sets.begin(), sets.end(), is_whole); };
      if (whole(kept.in) && whole(kept.out)) continue;
      if (def->keep) def->keep(g.ops[0], g, i.ranges, kept);
      std::vector<Bytes> inputs;
      for (size_t k = 0; k < i.op().in.size(); ++k) {
        const TensorId id = i.op().in[k];
        if (id == kNone) continue;
        Tensor t = i.g.at(id);
        const bool constant = t.is_constant();
        if (!constant) t.data = Blob(i.values[static_cast<size_t>(id)]);
        if (!is_whole(kept.in[k])) t = keep_indices(t, t.shape.size() - 1, kept.in[k]);
        if (!constant) inputs.emplace_back(t.data.bytes().begin(), t.data.bytes().end()), t.data = {};
        g.at(id) = t;
      }
      Tensor& out = g.at(g.ops[0].out[0]);
      out = keep_indices(out, out.shape.size() - 1, kept.out[0]);
      const Status valid = validate(g);
      ASSERT_TRUE(valid) << valid.error().text();
      Tensor want = full;
      want.data = Blob(i.output());
      want = keep_indices(want, want.shape.size() - 1, kept.out[0]);
      const Values got = evaluate(g, inputs);
      const auto bytes = want.data.bytes();
      ASSERT_EQ(Bytes(bytes.begin(), bytes.end()), got[static_cast<size_t>(g.ops[0].out[0])]);
    }
  }
}

// ---- random graphs ----

TEST(ProveRangesRandom, RemovesOnlyWhatCannotMatter) {
  constexpr int kInputs = 4;
  int64_t removed = 0;
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(rounds()); ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Graph original = random_graph(rng);
    plant_dead_channels(original, rng);
    Graph rewritten = original;
    ASSERT_TRUE(prove_ranges(rewritten));
    const Status valid = validate(rewritten);
    ASSERT_TRUE(valid) << valid.error().text();
    removed += count_removed(rewritten);
    const std::vector<Ranges> ranges = find_ranges(original);
    for (int i = 0; i < kInputs; ++i) {
      const auto input = make_input(original, rng, i);
      const Values want = evaluate(original, input);
      expect_within(original, ranges, want);
      expect_same(original, want, rewritten, evaluate(rewritten, input));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(removed, rounds());
}

// The whole pipeline over the same graphs, each pass held to the definition, and the plan of what it leaves.
TEST(ProveRangesRandom, LeavesGraphsThatCanBePlanned) {
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(rounds()) / 10; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Graph original = random_graph(rng);
    plant_dead_channels(original, rng);
    Graph graph = original;
    const Status passed = run_passes(graph, {.check = true});
    ASSERT_TRUE(passed) << passed.error().text();
    auto plan = make_plan(graph, {Optimize::balanced, Feed::whole, {}});
    ASSERT_TRUE(plan) << plan.error().text();
    for (int i = 0; i < 2; ++i) {
      const Status same = compare_host(original, *plan, make_input(original, rng, i + 1));
      ASSERT_TRUE(same) << same.error().text();
    }
  }
}

// ---- models ----

// All tensors that a plan makes, gathered row by row from its arena: fast enough for many inputs of a whole model.
Values run_plan(const Plan& plan, PlanRunner& runner, const std::vector<Bytes>& inputs) {
  const Graph& g = plan.graph;
  Values values(g.tensors.size());
  for (const Op& op : g.ops)
    for (TensorId id : op.out) values[static_cast<size_t>(id)].resize(static_cast<size_t>(byte_count(g.at(id))));
  runner.run(inputs, [&](PlanStep step) {
    const auto [c, s] = step;
    if (c == kTake) return;
    const KernelCall& call = plan.calls[static_cast<size_t>(c)];
    const StepRows rows = rows_of_step(call, s);
    if (!rows.completes) return;
    for (const Writes& w : call.writes)
      for (int32_t y = w.begin + rows.first; y < w.begin + rows.last; ++y) {
        const auto id = static_cast<size_t>(w.tensor), bytes = static_cast<size_t>(row_bytes(g.at(w.tensor)));
        const auto row =
            runner.arena().subspan(static_cast<size_t>(plan.places[id].rows[static_cast<size_t>(y)]), bytes);
        std::copy(row.begin(), row.end(), values[id].begin() + static_cast<std::ptrdiff_t>(bytes) * y);
      }
  });
  return values;
}

Expected<Graph> load(const fs::path& path) {
  MOTE_TRY(const Bytes bytes, read_file(path.string()));
  return import_model(bytes, "model");
}

Expected<Plan> plan_of(const Graph& g) { return make_plan(g, {Optimize::balanced, Feed::whole, {}}); }

// Our own model with channels that cannot matter planted into it: the definition of the untouched model against the
// kernels of the rewritten one. In parts, so that they run side by side.
class ProveRangesKeywords : public testing::TestWithParam<int> {};

TEST_P(ProveRangesKeywords, RemovesOnlyWhatCannotMatter) {
  constexpr int kInputs = 250;
  auto original = load(fs::path(MOTE_SOURCE_DIR) / "models/keywords/keywords.tflite");
  ASSERT_TRUE(original) << original.error().text();
  Rng rng(static_cast<uint64_t>(GetParam()));
  plant_dead_channels(*original, rng);
  Graph rewritten = *original;
  ASSERT_TRUE(run_passes(rewritten, {}));
  EXPECT_GT(count_removed(rewritten), 100);
  EXPECT_LT(count_macs(rewritten), count_macs(*original) * 3 / 4);
  const std::vector<Ranges> ranges = find_ranges(*original);
  auto plan = plan_of(rewritten);
  ASSERT_TRUE(plan) << plan.error().text();
  PlanRunner runner(*plan);
  for (int i = 0; i < kInputs; ++i) {
    const auto input = make_input(*original, rng, i);
    const Values want = evaluate(*original, input);
    expect_within(*original, ranges, want);
    expect_same(*original, want, rewritten, run_plan(*plan, runner, input));
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, ProveRangesKeywords, testing::Range(0, 4));

TEST(ProveRangesModels, NothingOfOurOwnModelIsRemoved) {
  auto graph = load(fs::path(MOTE_SOURCE_DIR) / "models/keywords/keywords.tflite");
  ASSERT_TRUE(graph);
  const int64_t before = count_macs(*graph);
  ASSERT_TRUE(run_passes(*graph, {}));
  EXPECT_EQ(count_macs(*graph), before);
}

// Visual wake words of MLPerf Tiny: half of its MACs and 85 % of its weights are dead. The first inputs are judged by
// the definition; for the others the kernels of the untouched model, which other tests hold to the definition, are as
// good and far faster.
TEST(ProveRangesModels, VisualWakeWords) {
  constexpr int kInputs = 1000, kDefined = 20;
  const char* text = std::getenv("MOTE_SHARED");
  const fs::path path = fs::path(text ? text : "../shared") / "conformance/whole_models/tiny__vww_96_int8/model.tflite";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << ": set MOTE_SHARED";
  auto original = load(path);
  ASSERT_TRUE(original) << original.error().text();
  Graph rewritten = *original;
  ASSERT_TRUE(run_passes(rewritten, {}));
  EXPECT_EQ(count_macs(*original), 7489664);
  EXPECT_LE(count_macs(rewritten), 3730000);
  int64_t weights_bytes = 0;
  for (const Op& op : rewritten.ops)
    for (TensorId id : op.in)
      if (id != kNone) weights_bytes += static_cast<int64_t>(rewritten.at(id).data.size());
  EXPECT_LE(weights_bytes, 34500);
  const std::vector<Ranges> ranges = find_ranges(*original);
  auto full_plan = plan_of(*original), plan = plan_of(rewritten);
  ASSERT_TRUE(full_plan && plan);
  PlanRunner full(*full_plan), runner(*plan);
  Rng rng(1);
  for (int i = 0; i < kInputs; ++i) {
    const auto input = make_input(*original, rng, i);
    const Values want = i < kDefined ? evaluate(*original, input) : run_plan(*full_plan, full, input);
    expect_within(*original, ranges, want);
    expect_same(*original, want, rewritten, run_plan(*plan, runner, input));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace mote
