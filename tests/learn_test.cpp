// Learned models as firmware: what the definition computes is what an emulated core computes, and trees are as fast as
// promised.
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/firmware_run.h"
#include "mote/learn/centres.h"
#include "mote/learn/linear.h"
#include "mote/learn/trees.h"
#include "tests/learn/vectors.h"

namespace mote {
namespace {

constexpr int32_t kFeatures = 30;

// Three classes that overlap, so that trees grow to their full depth.
Samples make_samples(int32_t n, uint64_t seed, int32_t features = kFeatures) {
  Rng rng(seed);
  Samples s;
  s.features = features;
  for (int32_t i = 0; i < n; ++i) {
    s.labels.push_back(rng.pick(0, 2));
    for (int32_t j = 0; j < features; ++j) {
      const double noise = rng.unit() + rng.unit() + rng.unit() - 1.5;
      s.values.push_back(static_cast<float>((noise + (j % 3 == s.labels.back() ? 0.3 : 0)) * (j + 1)));
    }
  }
  return s;
}

struct Measured {
  uint64_t instructions = 0;  // of the calls that the ops became
  int64_t tables_bytes = 0;
};

class LearnedFirmware : public testing::Test {
 protected:
  void SetUp() override {
    auto found = find_target("cortex-m4");
    ASSERT_TRUE(found);
    target_ = *found;
    auto compiler = compiler_version(*target_);
    auto emulator = emulator_version(*target_);
    if (compiler && emulator) return;
    const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
    if (std::getenv("CI")) FAIL() << why;
    GTEST_SKIP() << why;
  }

  // Builds the firmware, runs it on samples that were not learned from, and holds it to the definition.
  Measured measure(const FeatureGraph& f) {
    Measured measured;
    measure_into(f, measured);
    return measured;
  }

 private:
  void measure_into(const FeatureGraph& f, Measured& measured) {
    Graph graph = f.graph;
    graph.name = "learned";
    ASSERT_TRUE(run_passes(graph, {.check = true}));
    auto plan = make_plan(graph, {});
    ASSERT_TRUE(plan) << plan.error().text();
    FirmwareOptions options{"learned", "cortex-m4", {}, self_test_inputs(f.graph), {}};
    options.test_outputs = {evaluate(f.graph, options.test_inputs)[static_cast<size_t>(f.graph.outputs[0])]};
    auto built = build_firmware(*plan, make_firmware(*plan, options), *target_);
    ASSERT_TRUE(built) << built.error().text();
    std::vector<std::vector<Bytes>> inputs;
    const Samples unseen = make_samples(30, 2, f.graph.at(f.input).shape[1]);
    for (size_t i = 0; i < unseen.count(); ++i) {
      std::vector<int16_t> q;
      for (int32_t v : f.quantise(unseen.sample(i))) q.push_back(static_cast<int16_t>(v));
      const Blob blob = make_blob(q);
      inputs.push_back({Bytes(blob.bytes().begin(), blob.bytes().end())});
    }
    auto run = run_firmware(*plan, *built, *target_, inputs, {.count = true, .steps = true});
    ASSERT_TRUE(run) << run.error().text();
    EXPECT_TRUE(run->self_test);
    for (size_t i = 0; i < inputs.size(); ++i)
      ASSERT_EQ(run->outputs[i][0], evaluate(f.graph, inputs[i])[static_cast<size_t>(f.graph.outputs[0])]) << i;
    for (uint64_t n : run->call_instructions) measured.instructions += n;
    for (const KernelCall& call : plan->calls)
      for (const Table& table : call.tables) measured.tables_bytes += static_cast<int64_t>(table.data.size());
    RecordProperty("instructions", std::to_string(measured.instructions));
    RecordProperty("inference", std::to_string(run->instructions));
    RecordProperty("tables_bytes", std::to_string(measured.tables_bytes));
  }

  const Target* target_ = nullptr;
};

constexpr float kStep = 50.0f / 32767;

// A call takes about 240 instructions whatever it does; the trees are what a forest adds to one stump.
TEST_F(LearnedFirmware, TenTreesOfDepthSixTakeAtMost500Instructions) {
  const auto measure_forest = [&](int32_t trees, int32_t depth) {
    const auto forest = train_forest(make_samples(1500, 1), {.trees = trees, .tree = {.max_depth = depth}});
    FeatureGraph f(kFeatures, kStep);
    EXPECT_TRUE(forest);
    EXPECT_EQ(depth_of(*forest), depth);
    auto out = append_trees(f.graph, f.input, *forest, {DType::int16, {}});
    EXPECT_TRUE(out) << out.error().text();
    f.finish(*out);
    return measure(f);
  };
  constexpr uint64_t kStump = 14;
  const Measured stump = measure_forest(1, 1), forest = measure_forest(10, 6);
  EXPECT_LE(forest.instructions - stump.instructions + kStump, 500u);
  EXPECT_LE(stump.instructions, 275u);
  EXPECT_LT(forest.tables_bytes, 5000);
}

// A feature beyond 127 sets the first bit of its node's word.
TEST_F(LearnedFirmware, ForestsOfManyFeaturesAreTheirDefinition) {
  const auto forest = train_forest(make_samples(400, 1, 250), {});
  ASSERT_TRUE(forest);
  FeatureGraph f(250, 10 * kStep);
  auto out = append_trees(f.graph, f.input, *forest, {DType::int16, {}});
  ASSERT_TRUE(out) << out.error().text();
  f.finish(*out);
  EXPECT_GT(measure(f).instructions, 100u);
}

TEST_F(LearnedFirmware, EveryOtherModelIsItsDefinition) {
  const Samples s = make_samples(400, 1);
  const auto check = [&](auto append) {
    FeatureGraph f(kFeatures, kStep);
    auto out = append(f.graph, f.input);
    ASSERT_TRUE(out) << out.error().text();
    f.finish(*out);
    EXPECT_GT(measure(f).instructions, 100u);
  };
  check([&](Graph& g, TensorId x) { return append_trees(g, x, *train_boosted(s, {.rounds = 10}, Needs::labels), {}); });
  check([&](Graph& g, TensorId x) { return append_votes(g, x, *train_prototypes(s, {.clusters = 5}), 3, 3); });
  check([&](Graph& g, TensorId x) { return append_distances(g, x, *train_gaussians(s, {.components = 2}), true); });
  check([&](Graph& g, TensorId x) -> Expected<TensorId> {
    MOTE_TRY(const TensorId scores, append_linear(g, x, *train_logistic_regression(s, {}), {DType::int8, {}}, s));
    return append_probabilities(g, scores);
  });
  // PCA, then the distance of Mahalanobis among the components.
  check([&](Graph& g, TensorId x) -> Expected<TensorId> {
    const LinearModel pca = *train_pca(s, {.components = 6});
    MOTE_TRY(const TensorId components, append_linear(g, x, pca, {}, s));
    Samples projected;
    projected.features = 6;
    for (double v : for_each_sample(s, [&](auto one) { return predict(pca, one); }))
      projected.values.push_back(static_cast<float>(v));
    return append_distances(g, components, *train_gaussians(projected, {}), false);
  });
}

}  // namespace
}  // namespace mote
