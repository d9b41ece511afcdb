#include "mote/learn/linear.h"

#include "mote/compiler/base/rng.h"
#include "tests/learn/vectors.h"

namespace mote {
namespace {

std::vector<double> predict_all(const LinearModel& m, const Samples& s) {
  return for_each_sample(s, [&](auto x) { return predict(m, x); });
}

TEST(Linear, RegressionIsScikitLearns) {
  const Samples s = read_samples();
  auto model = train_linear_regression(s, 0.01);
  ASSERT_TRUE(model);
  expect_near(predict_all(*model, s), read_vectors("sklearn.json")["ridge"].get<std::vector<double>>(), 1e-6);
  Samples twice = s;  // two features that are one
  for (size_t i = 0; i < s.count(); ++i) twice.values[i * 4 + 1] = twice.values[i * 4];
  EXPECT_FALSE(train_linear_regression(twice, 0));
}

TEST(Linear, LogisticRegressionIsScikitLearns) {
  const Samples s = read_samples();
  auto model = train_logistic_regression(s, {.ridge = 0.01});
  ASSERT_TRUE(model);
  const auto probabilities = for_each_sample(s, [&](auto x) {
    std::vector<double> p = predict(*model, x);
    double sum = 0;
    for (double& v : p) sum += v = std::exp(v);
    for (double& v : p) v /= sum;
    return p;
  });
  expect_near(probabilities, read_vectors("sklearn.json")["logistic"].get<std::vector<double>>(), 1e-5);
  auto two = train_logistic_regression(with_two_classes(s), {.ridge = 0.01});
  ASSERT_TRUE(two);
  ASSERT_EQ(two->outputs, 1);
  expect_near(predict_all(*two, s), read_vectors("sklearn.json")["logistic_binary"].get<std::vector<double>>(), 1e-4);
}

TEST(Linear, PrincipalComponentsAreScikitLearns) {
  const Samples s = read_samples();
  auto model = train_pca(s, {.components = 3});
  ASSERT_TRUE(model);
  std::vector<double> sizes = predict_all(*model, s);
  for (double& v : sizes) v = std::abs(v);
  expect_near(sizes, read_vectors("sklearn.json")["pca"].get<std::vector<double>>(), 1e-6);
  auto white = train_pca(s, {.share = 1, .whiten = true});
  ASSERT_TRUE(white);
  ASSERT_EQ(white->outputs, 4);
  std::vector<double> squares(4, 0);
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> y = predict(*white, s.sample(i));
    for (size_t j = 0; j < 4; ++j) squares[j] += y[j] * y[j] / static_cast<double>(s.count());
  }
  expect_near(squares, {1, 1, 1, 1}, 1e-6);
}

// The same by the covariance of all features, which is what more samples than features go through: every sample often.
TEST(Linear, PrincipalComponentsOfFewSamplesAreTheSame) {
  Samples few{.features = 9, .values = {}, .labels = {}, .targets = {}};
  Rng rng(5);
  for (int i = 0; i < 5 * 9; ++i) few.values.push_back(static_cast<float>(rng.unit() * (1 + i % 9)));
  Samples often = few;
  for (int i = 0; i < 3; ++i) often.values.insert(often.values.end(), few.values.begin(), few.values.end());
  for (bool whiten : {false, true}) {
    const auto a = train_pca(few, {.components = 4, .whiten = whiten});
    const auto b = train_pca(often, {.components = 4, .whiten = whiten});
    ASSERT_TRUE(a && b);
    expect_near(a->weights, b->weights, 1e-7);
    expect_near(a->bias, b->bias, 1e-7);
  }
  EXPECT_EQ(train_pca(few, {.share = 0.999999})->outputs, 4) << "five points span four dimensions";
  EXPECT_EQ(predict(*train_pca(few, {.components = 9}), few.sample(0))[8], 0);
}

TEST(Linear, TheGraphComputesTheModel) {
  const Samples s = read_samples();
  auto logistic = train_logistic_regression(s, {});
  auto pca = train_pca(s, {});
  auto regression = train_linear_regression(s, 1e-6);
  ASSERT_TRUE(logistic && pca && regression);
  for (const LinearModel* model : {&*logistic, &*pca, &*regression})
    for (DType in : {DType::int8, DType::int16})
      for (DType type : {DType::int8, DType::int16, DType::int32}) {
        if (in == DType::int8 && type == DType::int32) continue;  // steps of the input are too coarse for it
        FeatureGraph f(4, in == DType::int8 ? 2.7f : 0.0101f, in == DType::int8 ? -9 : 0, in);
        if (type == DType::int16) f.vary_scales();
        auto out = append_linear(f.graph, f.input, *model, {type, {}}, s);
        ASSERT_TRUE(out) << out.error().text();
        f.finish(*out);
        const double step = double{f.graph.at(*out).quant.scale[0]};
        const double reach = step * (type == DType::int8 ? 127 : 32767);
        for (size_t i = 0; i < s.count(); ++i) {
          const std::vector<int32_t> q = f.quantise(s.sample(i));
          std::vector<double> want = predict(*model, f.values(q));
          if (type != DType::int32)
            for (double& v : want) v = std::clamp(v, -reach - step, reach);
          expect_near(f.run(q), want, step * 0.51 + 1e-5);
        }
      }
}

TEST(Linear, ScoresBecomeProbabilities) {
  const Samples s = read_samples();
  for (const Samples& samples : {s, with_two_classes(s)}) {
    auto model = train_logistic_regression(samples, {});
    ASSERT_TRUE(model);
    FeatureGraph f(4, 0.0101f);
    auto scores = append_linear(f.graph, f.input, *model, {DType::int8, {}}, samples);
    ASSERT_TRUE(scores);
    auto out = append_probabilities(f.graph, *scores);
    ASSERT_TRUE(out) << out.error().text();
    f.finish(*out);
    const std::vector<double> p = f.run(f.quantise(s.sample(0)));
    if (p.size() == 1) EXPECT_TRUE(p[0] >= 0 && p[0] < 1);
    else EXPECT_NEAR(p[0] + p[1] + p[2], 1, 0.02);
  }
}

}  // namespace
}  // namespace mote
