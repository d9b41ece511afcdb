#include "mote/evaluate/bootstrap.h"

#include <gtest/gtest.h>

#include <numeric>

#include "mote/compiler/base/rng.h"

namespace mote {
namespace {

// `sizes`: windows of each group.
Groups make_groups(const std::vector<int>& sizes) {
  Groups groups;
  for (int size : sizes) {
    for (int i = 0; i < size; ++i) groups.of_window.push_back(groups.names.size());
    groups.names.push_back("g" + std::to_string(groups.names.size()));
  }
  return groups;
}

double mean(std::span<const double> values, std::span<const double> weights) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    sum += weight * values[i], count += weight;
  }
  return sum / count;
}

TEST(Bootstrap, DrawsWholeGroups) {
  const Groups groups = make_groups({3, 1, 2});
  const auto interval = find_interval(
      [&](std::span<const double> w) {
        EXPECT_EQ(w[0], w[1]);
        EXPECT_EQ(w[0], w[2]);
        EXPECT_EQ(w[4], w[5]);
        EXPECT_EQ(w[0] + w[3] + w[4], 3);
        return w[0];
      },
      groups, {.rounds = 200});
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 0);
}

// Two groups of one window, 0 and 1: a resample's mean is 0, 1/2 or 1 with the chances 1/4, 1/2, 1/4.
TEST(Bootstrap, DrawsEveryResampleWithItsChance) {
  const Groups groups = make_groups({1, 1});
  const std::vector<double> values{0, 1};
  std::vector<int> counts(3);
  find_interval(
      [&](std::span<const double> w) {
        const double figure = mean(values, w);
        ++counts[static_cast<size_t>(2 * figure)];
        return figure;
      },
      groups, {.rounds = 10000});
  EXPECT_NEAR(counts[0], 2500, 200);
  EXPECT_NEAR(counts[1], 5000, 200);
}

TEST(Bootstrap, TheSeedDecides) {
  const Groups groups = make_groups({2, 3, 1, 4});
  const std::vector<double> values{1.1, 5.2, 2.7, 6.3, 3.9, 7.5, 4.6, 8.8, 1.4, 9.2};
  auto low = [&](uint64_t seed) {
    return find_interval([&](auto w) { return mean(values, w); }, groups, {.rounds = 7, .seed = seed})->low;
  };
  EXPECT_EQ(low(1), low(1));
  EXPECT_NE(low(1), low(2));
}

// Groups differ by far more than their windows do: an interval that drew windows would hardly ever hold the mean.
TEST(Bootstrap, HoldsTheTruthAboutAsOftenAsItSays) {
  Rng rng(7);
  int held = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Groups groups = make_groups(std::vector<int>(30, 10));
    std::vector<double> values;
    for (int g = 0; g < 30; ++g) {
      const double of_group = rng.unit();
      for (int i = 0; i < 10; ++i) values.push_back(of_group + 0.1 * (rng.unit() - 0.5));
    }
    const auto interval =
        find_interval([&](auto w) { return mean(values, w); }, groups, {.rounds = 300, .seed = rng.next()});
    held += interval->low <= 0.5 && 0.5 <= interval->high;
  }
  EXPECT_GE(held, 0.88 * kTrials);
  EXPECT_LE(held, 0.99 * kTrials);
}

TEST(Bootstrap, LeavesOutWhatIsNoNumber) {
  const Groups groups = make_groups({1, 1});
  const auto interval = find_interval([](auto w) { return w[0] > 0 ? w[0] : NAN; }, groups, {.rounds = 100});
  EXPECT_EQ(interval->low, 1);
  EXPECT_FALSE(find_interval([](auto) { return NAN; }, groups, {.rounds = 10}));
  EXPECT_FALSE(find_interval([](auto) { return 1.0; }, make_groups({5}), {.rounds = 10})) << "one group says nothing";
}

TEST(Compare, EverySwapOfFewGroupsByHand) {
  // Group differences b - a: 1, 1, 1. Of 8 swaps, two are as far from 0 as what was seen.
  const Groups groups = make_groups({1, 1, 1});
  const std::vector<double> a{0, 0, 0}, b{1, 1, 1};
  const Comparison c = compare(a, b, mean, groups, {.rounds = 100});
  EXPECT_DOUBLE_EQ(c.p, 0.25);
  EXPECT_DOUBLE_EQ(c.difference->low, 1);
  EXPECT_DOUBLE_EQ(c.difference->high, 1);
}

TEST(Compare, SwapsWholeGroups) {
  // Ten windows, but of two people: no swap is further away, and p is 1/2 or more whatever the windows say.
  const Groups groups = make_groups({5, 5});
  EXPECT_DOUBLE_EQ(compare(std::vector<double>(10, 0), std::vector<double>(10, 1), mean, groups, {}).p, 0.5);
}

TEST(Compare, TheSameIsNotBetter) {
  const Groups groups = make_groups(std::vector<int>(20, 2));
  const std::vector<double> a(40, 0.5);
  const Comparison c = compare(a, a, mean, groups, {.rounds = 200});
  EXPECT_DOUBLE_EQ(c.p, 1);
  EXPECT_DOUBLE_EQ(c.difference->high, 0);
}

TEST(Compare, TurnsWithTheSides) {
  const Groups groups = make_groups(std::vector<int>(15, 2));
  Rng rng(3);
  std::vector<double> a, b;
  for (int i = 0; i < 30; ++i) a.push_back(rng.unit()), b.push_back(rng.unit() + 0.1);
  const Comparison ab = compare(a, b, mean, groups, {.rounds = 500}), ba = compare(b, a, mean, groups, {.rounds = 500});
  EXPECT_DOUBLE_EQ(ab.p, ba.p);
  EXPECT_NEAR(ab.difference->low, -ba.difference->high, 1e-12);
}

// Where nothing differs, p is below 0.1 in about a tenth of the trials, few groups or many.
TEST(Compare, PIsRightWhereNothingDiffers) {
  Rng rng(11);
  for (int n : {8, 25}) {
    const Groups groups = make_groups(std::vector<int>(static_cast<size_t>(n), 3));
    int small = 0;
    for (int trial = 0; trial < 300; ++trial) {
      std::vector<double> a, b;
      for (int g = 0; g < n; ++g) {
        const double for_a = rng.unit(), for_b = rng.unit();
        for (int i = 0; i < 3; ++i) a.push_back(for_a + 0.01 * rng.unit()), b.push_back(for_b + 0.01 * rng.unit());
      }
      small += compare(a, b, mean, groups, {.rounds = 99, .seed = rng.next()}).p <= 0.1;
    }
    EXPECT_GE(small, 15) << n;
    EXPECT_LE(small, 48) << n;
  }
}

}  // namespace
}  // namespace mote
