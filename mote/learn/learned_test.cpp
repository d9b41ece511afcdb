#include "mote/learn/learned.h"

#include "tests/learn/vectors.h"

namespace mote {
namespace {

const std::vector<std::string> kThree{"calm", "rough", "\"loud\""};

// One of each kind.
std::vector<LearnedModel> train_all() {
  const Samples s = read_samples(), two = with_two_classes(s);
  auto forest = train_forest(s, {}), boosted = train_boosted(two, {}, Needs::labels);
  auto numbers = train_tree(s, {.criterion = Criterion::squared_error});
  auto logistic = train_logistic_regression(s, {});
  auto votes = train_prototypes(s, {.clusters = 3});
  auto anomaly = train_gaussians(s, {});
  EXPECT_TRUE(forest && boosted && numbers && logistic && votes && anomaly);
  auto pca = train_pca(s, {.components = 3, .whiten = true});
  EXPECT_TRUE(pca);
  const Projection projection{*pca, 8};
  auto reduced = train_gaussians(project_samples(projection, s), {});
  EXPECT_TRUE(reduced);
  auto clusters = train_k_means(s, {});
  EXPECT_TRUE(clusters);
  return {{*forest, kThree},
          {*boosted, {"no", "yes"}, true},
          {*numbers, {}},
          {*logistic, kThree, true, 0, 20},
          {*votes, kThree, false, 3},
          {*anomaly, {"normal", "anomaly"}, false, 0, 0, {{"[input] window", "1"}}},
          {*reduced, {"normal", "anomaly"}, false, 0, 0, {}, projection},
          {*votes, kThree, false, 3, 0, {}, {}, *clusters},
          {*boosted, {"no", "yes"}, true, 0, 0, {}, {}, *clusters}};
}

std::vector<double> run(const LearnedModel& model, const Samples& s) {
  FeatureGraph f(4, 0.0101f);
  f.vary_scales();
  auto out = append_learned(f.graph, f.input, model);
  EXPECT_TRUE(out) << out.error().text();
  if (!out) return {};
  f.finish(*out);
  return for_each_sample(s, [&](auto x) { return f.run(f.quantise(x)); });
}

TEST(Learned, ComesBackAsItWasWritten) {
  const Samples s = read_samples();
  for (const LearnedModel& model : train_all()) {
    const std::string text = write_learned(model);
    EXPECT_TRUE(is_learned(text));
    auto read = read_learned(text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(write_learned(*read), text);
    EXPECT_EQ(read->classes, model.classes);
    EXPECT_EQ(read->made_from, model.made_from);
    EXPECT_EQ(run(*read, s), run(model, s));
  }
}

TEST(Learned, ScoresAreOfTheClasses) {
  const Samples s = read_samples();
  const std::vector<LearnedModel> models = train_all();
  for (auto [m, share] : {std::pair(0u, 0.9), {3u, 0.7}, {4u, 0.6}}) {
    const std::vector<double> scores = run(models[m], s);
    ASSERT_EQ(scores.size(), 3 * s.count());
    double right = 0;
    for (size_t i = 0; i < s.count(); ++i) {
      const auto one = scores.begin() + static_cast<std::ptrdiff_t>(3 * i);
      right += std::max_element(one, one + 3) - one == s.labels[i];
    }
    EXPECT_GT(right, share * static_cast<double>(s.count())) << m;
  }
  for (double chance : run(models[1], s)) EXPECT_TRUE(chance >= 0 && chance < 1);
}

// The scores of classes are what they were, and a distance stands beside them.
TEST(Learned, ADistanceIsTheLastScore) {
  const Samples s = read_samples();
  const std::vector<LearnedModel> models = train_all();
  for (auto [with, without, classes] : {std::tuple(7u, 4u, 3u), {8u, 1u, 2u}}) {
    const std::vector<double> scores = run(models[with], s), alone = run(models[without], s);
    const size_t each = alone.size() / s.count();
    ASSERT_EQ(scores.size(), (classes + 1) * s.count());
    EXPECT_EQ(score_names(models[with]).back(), "distance");
    size_t differ = 0;
    for (size_t i = 0; i < s.count(); ++i) {
      const double* one = &scores[i * (classes + 1)];
      for (size_t c = 0; c < each; ++c)
        EXPECT_NEAR(one[classes - each + c], std::min(alone[i * each + c], 255.0 / 256), 1.01 / 256);
      if (each < classes) {
        EXPECT_NEAR(one[0] + one[1], 1, 1.01 / 256);
      }
      const std::vector<double> distances = distances_to(*models[with].novelty, s.sample(i));
      const double distance = *std::min_element(distances.begin(), distances.end()) / (2 * kNoveltyLimit);
      differ += std::abs(one[classes] - std::min(distance, 255.0 / 256)) > 1.5 / 256;
    }
    EXPECT_LE(differ, s.count() / 100);
  }
}

// The distances of components are those that the host computes, within the steps of int16.
TEST(Learned, ComponentsAreTakenInsteadOfFeatures) {
  const Samples s = read_samples();
  const LearnedModel model = train_all()[6];
  FeatureGraph f(4, 0.0101f);
  f.vary_scales();
  Samples steps{s.features, {}, {}, {}};
  for (size_t i = 0; i < s.count(); ++i)
    for (float value : f.values(f.quantise(s.sample(i)))) steps.values.push_back(value);
  const Samples components = project_samples(*model.projection, steps);
  EXPECT_EQ(components.features, 3);
  const std::vector<double> got = run(model, s);
  ASSERT_EQ(got.size(), s.count());
  for (size_t i = 0; i < got.size(); ++i) {
    const double want = distances_to(std::get<Centres>(model.learner), components.sample(i))[0];
    EXPECT_NEAR(got[i], want, 0.008 * std::max(1.0, std::abs(want))) << i;  // in steps of 1 / 128
  }
}

TEST(Learned, WhatDoesNotFitTogetherIsRefused) {
  const std::vector<LearnedModel> models = train_all();
  const auto complaint = [](LearnedModel model, auto change) {
    change(model);
    auto read = read_learned(write_learned(model));
    return read ? std::string() : read.error().text();
  };
  EXPECT_NE(complaint(models[0], [](auto& m) { m.classes.pop_back(); }).find("2 classes do not go with 3 scores"),
            std::string::npos);
  EXPECT_NE(complaint(models[4], [](auto& m) { m.neighbours = 10; }).find("10 neighbours of 9"), std::string::npos);
  EXPECT_NE(complaint(models[4], [](auto& m) { std::get<Centres>(m.learner).labels[2] = 3; }).find("class 3"),
            std::string::npos);
  EXPECT_NE(
      complaint(models[3], [](auto& m) { std::get<LinearModel>(m.learner).weights.pop_back(); }).find("11 values"),
      std::string::npos);
  EXPECT_NE(complaint(models[5], [](auto& m) { std::get<Centres>(m.learner).scales.pop_back(); }).find("scales"),
            std::string::npos);
  EXPECT_NE(complaint(models[0], [](auto& m) { std::get<TreeModel>(m.learner).roots[0] = 1; }).find("its own"),
            std::string::npos);
  EXPECT_NE(complaint(models[6],
                      [](auto& m) {
                        m.projection->map = {4, 1, {1, 2, 3, 4}, {0}};
                      })
                .find("a projection of 1 components goes with a learner of 3"),
            std::string::npos);
  EXPECT_NE(
      complaint(models[5], [&](auto& m) { m.novelty = models[7].novelty; }).find("probabilities of classes alone"),
      std::string::npos);
  EXPECT_NE(complaint(models[7], [](auto& m) { m.novelty = Centres{1, false, {0}, {1}, {0}, {}}; })
                .find("a distance of 1 features goes with a learner of 4"),
            std::string::npos);
  EXPECT_NE(read_learned("{\"mote_learned\": 2}").error().text().find("Train it again"), std::string::npos);
}

TEST(Learned, DamagedFilesAreRefusedOrMakeAValidGraph) {
  const char* rounds = std::getenv("MOTE_ROUNDS");
  const int64_t n = rounds ? std::atoll(rounds) : 300;
  int64_t read = 0;
  for (const LearnedModel& model : train_all()) {
    const std::string text = write_learned(model);
    for (int64_t seed = 0; seed < n; ++seed) {
      Rng rng(static_cast<uint64_t>(seed));
      auto damaged = read_learned(mutate(text, rng));
      if (!damaged) {
        EXPECT_FALSE(damaged.error().text().empty());
        continue;
      }
      FeatureGraph f(features_of(*damaged), 0.01f);
      const auto out = append_learned(f.graph, f.input, *damaged);
      if (!out) continue;
      ++read;
      f.finish(*out);
    }
  }
  EXPECT_GT(read, n / 20);
}

}  // namespace
}  // namespace mote
