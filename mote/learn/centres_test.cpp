#include "mote/learn/centres.h"

#include "tests/learn/vectors.h"

namespace mote {
namespace {

TEST(Centres, OneGaussianIsTheDistanceOfMahalanobis) {
  const Samples s = read_samples();
  auto model = train_gaussians(s, {.smallest = 1e-12});
  ASSERT_TRUE(model) << model.error().text();
  std::vector<double> want = read_vectors("sklearn.json")["mahalanobis"].get<std::vector<double>>();
  for (double& v : want) v += model->offsets[0];
  expect_near(for_each_sample(s, [&](auto x) { return distances_to(*model, x); }), want, 1e-6);
}

// log of the mean density of standardised samples, which scikit-learn gives for the same mixture.
TEST(Centres, AMixtureReachesTheLikelihoodOfScikitLearns) {
  const Samples s = read_samples();
  const Scaling scaling = measure_scaling(s);
  double best = -INFINITY;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    auto model = train_gaussians(s, {.components = 2, .rounds = 1000, .seed = seed});
    ASSERT_TRUE(model);
    double sum = 0;
    for (size_t i = 0; i < s.count(); ++i) {
      double density = 0;
      for (double d : distances_to(*model, s.sample(i))) density += std::exp(-d / 2);
      sum += std::log(density) / static_cast<double>(s.count());
    }
    for (double deviation : scaling.deviation) sum += std::log(deviation);
    best = std::max(best, sum - 2 * std::log(2 * M_PI));
  }
  EXPECT_NEAR(best, read_vectors("sklearn.json")["mixture"].get<double>(), 0.01);
}

TEST(Centres, DiagonalGaussiansHaveADeviationPerFeature) {
  const Samples s = read_samples();
  const Scaling scaling = measure_scaling(s);
  auto model = train_gaussians(s, {.full = false, .smallest = 1e-12});
  ASSERT_TRUE(model);
  ASSERT_FALSE(model->triangular);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(model->scales[i] * scaling.deviation[i], 1, 1e-9);
}

Samples make_blobs() {
  Rng rng(4);
  Samples s;
  s.features = 2;
  for (int32_t i = 0; i < 90; ++i) {
    s.labels.push_back(i % 3);
    s.values.push_back(static_cast<float>(10 * (i % 3) + rng.unit()));
    s.values.push_back(static_cast<float>(i % 3 == 1 ? 5 + rng.unit() : rng.unit()));
  }
  return s;
}

TEST(Centres, KMeansFindsBlobs) {
  const Samples s = make_blobs();
  auto model = train_k_means(s, {.clusters = 3});
  ASSERT_TRUE(model);
  ASSERT_EQ(model->count(), 3u);
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> d = distances_to(*model, s.sample(i));
    const auto k = static_cast<size_t>(std::min_element(d.begin(), d.end()) - d.begin());
    EXPECT_NEAR(model->centres[k * 2], 10 * s.labels[i] + 0.5, 0.3);
  }
  Samples equal = s;
  std::fill(equal.values.begin(), equal.values.end(), 1.0f);
  auto one = train_k_means(equal, {.clusters = 3});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->count(), 1u);
  EXPECT_FALSE(train_k_means(s, {.clusters = 0}));
  EXPECT_FALSE(train_k_means(Samples(), {}));
}

TEST(Centres, VotesOfTheNearestAreScikitLearns) {
  const Samples s = read_samples();
  auto model = train_prototypes(s, {.clusters = 0});
  ASSERT_TRUE(model);
  FeatureGraph f(4, 330.0f / 32767);
  auto out = append_votes(f.graph, f.input, *model, 5, 3);
  ASSERT_TRUE(out) << out.error().text();
  f.finish(*out);
  const auto want = read_vectors("sklearn.json")["nearest_5"].get<std::vector<int32_t>>();
  int32_t different = 0;
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> votes = f.run(f.quantise(s.sample(i)));
    EXPECT_NEAR(votes[0] + votes[1] + votes[2], 1, 1e-6);
    // Features of 0.1 are 10 steps of the input: neighbours at about the same distance may change places.
    different += votes[static_cast<size_t>(want[i])] < *std::max_element(votes.begin(), votes.end());
  }
  EXPECT_LE(different, 2);
  auto few = train_prototypes(s, {.clusters = 2});
  ASSERT_TRUE(few);
  EXPECT_EQ(few->labels, (std::vector<int32_t>{0, 0, 1, 1, 2, 2}));
}

TEST(Centres, TheGraphComputesTheModel) {
  const Samples s = read_samples();
  for (bool full : {true, false})
    for (DType type : {DType::int8, DType::int16}) {
      auto model = train_gaussians(s, {.components = 3, .full = full});
      ASSERT_TRUE(model);
      FeatureGraph f(4, type == DType::int8 ? 330.0f / 127 : 330.0f / 32767, type == DType::int8 ? 5 : 0, type);
      if (full) f.vary_scales();
      const bool least = type == DType::int16;
      auto out = append_distances(f.graph, f.input, *model, least);
      ASSERT_TRUE(out) << out.error().text();
      f.finish(*out);
      // The centres as the graph has them: whole steps.
      for (size_t i = 0; i < model->centres.size(); ++i) {
        const double step = double{f.graph.at(f.input).quant.scale_at(i % 4)};
        model->centres[i] = std::nearbyint(model->centres[i] / step) * step;
      }
      for (size_t i = 0; i < s.count(); ++i) {
        const std::vector<int32_t> q = f.quantise(s.sample(i));
        std::vector<double> want = distances_to(*model, f.values(q));
        if (least) want = {*std::min_element(want.begin(), want.end())};
        const std::vector<double> got = f.run(q);
        ASSERT_EQ(got.size(), want.size());
        for (size_t k = 0; k < want.size(); ++k) EXPECT_NEAR(got[k], want[k], 0.05 + 0.005 * std::abs(want[k]));
      }
    }
}

}  // namespace
}  // namespace mote
