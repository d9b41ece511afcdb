#include "mote/learn/trees.h"

#include "mote/ops/tree_ensemble/tree_ensemble.op.h"
#include "tests/learn/vectors.h"

namespace mote {
namespace {

std::vector<double> predict_all(const TreeModel& m, const Samples& s) {
  return for_each_sample(s, [&](std::span<const float> x) { return predict(m, x); });
}

double accuracy(const TreeModel& m, const Samples& s) {
  double right = 0;
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> score = predict(m, s.sample(i));
    const auto best = std::max_element(score.begin(), score.end()) - score.begin();
    right += best == s.labels[i];
  }
  return right / static_cast<double>(s.count());
}

TEST(TreeFiles, XgboostsModelsAndDumpsPredictAsItDoes) {
  const Samples s = read_samples();
  const auto want = read_vectors("boosted.json");
  for (const char* name : {"binary", "classes", "regression"}) {
    const auto scores = want[std::string("xgboost_") + name].get<std::vector<double>>();
    auto model = read_xgboost(read_vector_text(std::string("xgboost_") + name + ".json"));
    ASSERT_TRUE(model) << model.error().text();
    expect_near(predict_all(*model, s), scores, 2e-6);
    XgboostDump rest;
    rest.classes = model->groups, rest.base_score = model->base[0];
    auto dump = read_xgboost(read_vector_text(std::string("xgboost_") + name + "_dump.json"), rest);
    ASSERT_TRUE(dump) << dump.error().text();
    expect_near(predict_all(*dump, s), scores, 1e-5);
  }
}

TEST(TreeFiles, LightgbmsModelsAndDumpsPredictAsItDoes) {
  const Samples s = read_samples();
  const auto want = read_vectors("boosted.json");
  for (const char* name : {"binary", "classes", "forest"})
    for (const char* form : {".txt", ".json"}) {
      auto model = read_lightgbm(read_vector_text(std::string("lightgbm_") + name + form));
      ASSERT_TRUE(model) << name << form << ": " << model.error().text();
      expect_near(predict_all(*model, s), want[std::string("lightgbm_") + name].get<std::vector<double>>(), 1e-7);
    }
}

std::string replace(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(TreeFiles, WhatIsNotSupportedIsRefusedByName) {
  const std::string xgboost = read_vector_text("xgboost_binary.json"),
                    lightgbm = read_vector_text("lightgbm_binary.txt"),
                    lightgbm_json = read_vector_text("lightgbm_binary.json");
  const auto complaint = [](const Expected<TreeModel>& model) { return model ? "" : model.error().text(); };
  EXPECT_NE(complaint(read_xgboost(replace(xgboost, "\"gbtree\"", "\"dart\""))).find("gbtree is supported"),
            std::string::npos);
  EXPECT_NE(complaint(read_xgboost(replace(xgboost, "\"split_type\":[0", "\"split_type\":[1"))).find("categories"),
            std::string::npos);
  EXPECT_NE(complaint(read_xgboost(replace(xgboost, "binary:logistic", "count:poisson"))).find("count:poisson"),
            std::string::npos);
  EXPECT_NE(complaint(read_xgboost("0:[f0<1] yes=1,no=2")).find("dump_format"), std::string::npos);
  EXPECT_NE(complaint(read_lightgbm(replace(lightgbm, "decision_type=2", "decision_type=1"))).find("categories"),
            std::string::npos);
  EXPECT_NE(complaint(read_lightgbm(replace(lightgbm, "decision_type=2", "decision_type=6"))).find("zero_as_missing"),
            std::string::npos);
  EXPECT_NE(complaint(read_lightgbm(replace(lightgbm, "end of trees", ""))).find("cut off"), std::string::npos);
  EXPECT_NE(complaint(read_lightgbm(replace(lightgbm, "objective=binary", "objective=poisson"))).find("poisson"),
            std::string::npos);
  EXPECT_NE(complaint(read_lightgbm(replace(lightgbm_json, "\"<=\"", "\"==\""))).find("categories"), std::string::npos);
}

TEST(TreeFiles, DamagedFilesAreRefusedOrMakeAValidGraph) {
  const char* rounds = std::getenv("MOTE_ROUNDS");
  const int64_t n = rounds ? std::atoll(rounds) : 300;
  int64_t read = 0;
  for (const char* name :
       {"xgboost_classes.json", "xgboost_binary_dump.json", "lightgbm_classes.txt", "lightgbm_binary.json"}) {
    const std::string text = read_vector_text(name);
    for (int64_t seed = 0; seed < n; ++seed) {
      Rng rng(static_cast<uint64_t>(seed));
      const std::string damaged = mutate(text, rng);
      auto model = name[0] == 'x' ? read_xgboost(damaged) : read_lightgbm(damaged);
      if (!model) {
        EXPECT_FALSE(model.error().text().empty());
        continue;
      }
      ++read;
      ASSERT_TRUE(check_trees(*model)) << name << " seed " << seed;
      FeatureGraph f(model->features, 0.01f);
      const auto out = append_trees(f.graph, f.input, *model, {DType::int16, {}});
      if (!out) continue;  // a value that is out of all proportion
      f.finish(*out);
      f.run(std::vector<int32_t>(static_cast<size_t>(model->features), 5));
    }
  }
  EXPECT_GT(read, 0);
}

// A quadrant each: no single split divides the classes.
Samples make_quadrants(int32_t n, uint64_t seed) {
  Rng rng(seed);
  Samples s;
  s.features = 2;
  for (int32_t i = 0; i < n; ++i) {
    const auto a = static_cast<float>(rng.unit() * 2 - 1), b = static_cast<float>(rng.unit() * 2 - 1);
    s.values.insert(s.values.end(), {a, b});
    s.labels.push_back((a > 0) != (b > 0));
    s.targets.push_back(a > 0 ? b > 0 ? 4.0f : 3.0f : b > 0 ? 2.0f : 1.0f);
  }
  return s;
}

TEST(Trees, ATreeDividesWhatTwoSplitsDivide) {
  const Samples s = make_quadrants(400, 1), unseen = make_quadrants(400, 2);
  for (const Criterion criterion : {Criterion::gini, Criterion::entropy}) {
    auto tree = train_tree(s, {.criterion = criterion});
    ASSERT_TRUE(tree);
    EXPECT_EQ(accuracy(*tree, s), 1);
    EXPECT_GT(accuracy(*tree, unseen), 0.93);
  }
  auto regression = train_tree(s, {.criterion = Criterion::squared_error, .max_depth = 2});
  ASSERT_TRUE(regression);
  EXPECT_EQ(depth_of(*regression), 2);
  for (size_t i = 0; i < s.count(); ++i) EXPECT_NEAR(predict(*regression, s.sample(i))[0], s.targets[i], 1e-9);
}

TEST(Trees, SettingsAreKept) {
  const Samples s = read_samples();
  auto tree = train_tree(s, {.max_depth = 3});
  ASSERT_TRUE(tree);
  EXPECT_EQ(depth_of(*tree), 3);
  EXPECT_NEAR(accuracy(*tree, s), read_vectors("sklearn.json")["tree_depth_3"].get<double>(), 1e-9);
  auto large_leaves = train_tree(s, {.max_depth = 20, .min_leaf = 20});
  ASSERT_TRUE(large_leaves);
  EXPECT_LE(large_leaves->nodes.size(), 7u);  // 90 samples: at most four leaves
  auto no_gain = train_tree(s, {.min_gain = 1});
  ASSERT_TRUE(no_gain);
  EXPECT_EQ(no_gain->nodes.size(), 1u);
  EXPECT_FALSE(train_tree(s, {.max_depth = 0}));
}

TEST(Trees, AForestDoesNotDependOnThreads) {
  const Samples s = read_samples();
  ForestSettings settings;
  settings.threads = 1;
  auto one = train_forest(s, settings);
  settings.threads = 4;
  auto four = train_forest(s, settings);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->roots, four->roots);
  EXPECT_EQ(one->values, four->values);
  EXPECT_EQ(predict_all(*one, s), predict_all(*four, s));
  EXPECT_GT(accuracy(*one, s), 0.9);
  settings.tree.seed = 2;
  auto other = train_forest(s, settings);
  ASSERT_TRUE(other);
  EXPECT_NE(predict_all(*one, s), predict_all(*other, s));
  // Shares of classes.
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> p = predict(*one, s.sample(i));
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-9);
  }
}

TEST(Trees, BoostedTreesAreThoseOfXgboost) {
  const Samples s = read_samples();
  const auto want = read_vectors("boosted.json");
  BoostSettings settings;
  settings.rounds = 4;
  auto binary = train_boosted(with_two_classes(s), settings, Needs::labels);
  ASSERT_TRUE(binary);
  expect_near(predict_all(*binary, s), want["xgboost_binary"].get<std::vector<double>>(), 1e-5);
  auto regression = train_boosted(s, settings, Needs::targets);
  ASSERT_TRUE(regression);
  expect_near(predict_all(*regression, s), want["xgboost_regression"].get<std::vector<double>>(), 1e-4);
  auto classes = train_boosted(s, settings, Needs::labels);
  ASSERT_TRUE(classes);
  for (double& base : classes->base) base += 0.5;
  expect_near(predict_all(*classes, s), want["xgboost_classes"].get<std::vector<double>>(), 1e-5);
}

// On every step of the input, the graph is within rounding of the model.
void expect_same(const TreeModel& m, const Samples& s, DType in, const OutputSpec& spec, double tolerance,
                 bool varied = false) {
  double reach = 0;
  for (float v : s.values) reach = std::max(reach, std::abs(double{v}));
  FeatureGraph f(m.features, static_cast<float>(reach / (in == DType::int8 ? 127 : 32767)), in == DType::int8 ? -3 : 0,
                 in);
  if (varied) f.vary_scales();
  auto out = append_trees(f.graph, f.input, m, spec);
  ASSERT_TRUE(out) << out.error().text();
  f.finish(*out);
  Rng rng(3);
  for (size_t i = 0; i < s.count(); ++i) {
    std::vector<int32_t> q = f.quantise(s.sample(i));
    if (i % 3 == 1)
      for (int32_t& v : q) v = in == DType::int8 ? rng.pick(-128, 127) : rng.pick(-32768, 32767);
    expect_near(f.run(q), predict(m, f.values(q)), tolerance);
  }
}

TEST(Trees, TheGraphComputesTheModel) {
  const Samples s = read_samples();
  auto forest = train_forest(s, {});
  auto boosted = train_boosted(s, {}, Needs::labels);
  auto binary = train_boosted(with_two_classes(s), {}, Needs::labels);
  auto one = train_tree(s, {});
  ASSERT_TRUE(forest && boosted && binary && one);
  for (DType in : {DType::int8, DType::int16}) {
    expect_same(*forest, s, in, {DType::int16, {}}, 0.005);  // bytes: 10 trees of at most 1/10, in 127 steps
    expect_same(*forest, s, in, {DType::int8, {{1.0f / 256}, {-128}, 0}}, 1.01 / 256);
    expect_same(*forest, s, in, {DType::int32, {}}, 0.001);
    expect_same(*forest, s, in, {DType::int32, {}}, 0.001, true);
    expect_same(*boosted, s, in, {DType::int16, {}}, 0.002);
    expect_same(*boosted, s, in, {DType::int32, {}}, 0.001);
    expect_same(*binary, s, in, {DType::int8, symmetric_quant(DType::int8, 12.7)}, 0.051);
    expect_same(*one, s, in, {DType::int16, {}}, 0.005);
  }
}

// Scores are small where the base score cancels what the leaves are.
TEST(Trees, ABaseScoreMayCancelItsLeaves) {
  TreeModel m;
  m.features = 1;
  m.nodes = {{0, 0.5, 1, 2, 0}, {-1, 0, 0, 0, 0}, {-1, 0, 0, 0, 1}};
  m.roots = {0};
  m.values = {10.4, 10.5};
  m.base = {-10.45};
  for (DType type : {DType::int8, DType::int16}) {
    FeatureGraph f(1, 0.25f);
    auto out = append_trees(f.graph, f.input, m, {type, {}});
    ASSERT_TRUE(out) << out.error().text();
    f.finish(*out);
    const double step = double{f.graph.at(*out).quant.scale[0]};
    EXPECT_NEAR(f.run({0})[0], -0.05, step);
    EXPECT_NEAR(f.run({4})[0], 0.05, step);
  }
}

// Thresholds between two steps, on a step, and beyond what the input reaches.
TEST(Trees, ThresholdsBecomeStepsExactly) {
  for (double threshold : {0.3, 0.25, -1e9, 1e9, 31.75, -32.0, -31.99}) {
    TreeModel m;
    m.features = 1;
    m.nodes = {{0, threshold, 1, 2, 0}, {-1, 0, 0, 0, 0}, {-1, 0, 0, 0, 1}};
    m.roots = {0};
    m.values = {-1, 1};
    m.base = {0};
    FeatureGraph f(1, 0.25f, 0, DType::int8);
    auto out = append_trees(f.graph, f.input, m, {DType::int16, {}});
    ASSERT_TRUE(out);
    f.finish(*out);
    for (int32_t q = -128; q < 128; ++q) EXPECT_EQ(f.run({q})[0] < 0, 0.25 * q <= threshold) << q << " " << threshold;
  }
}

}  // namespace
}  // namespace mote
