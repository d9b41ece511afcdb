// Decisions against their definition over the whole history, and against answers found by hand.
#include "mote/device/decide.h"

#include <gtest/gtest.h>

#include "tests/define_decision.h"

namespace mote {
namespace {

std::vector<Decision> run(DecisionRunner& runner, const ScoreStream& scores) {
  std::vector<Decision> decisions;
  for (const auto& hop : scores) decisions.push_back(runner(hop.data()));
  return decisions;
}

void expect_same(const std::vector<Decision>& got, const std::vector<Decision>& want, uint64_t seed) {
  for (size_t t = 0; t < want.size(); ++t)
    ASSERT_TRUE(got[t] == want[t]) << "seed " << seed << ", hop " << t << ":\n  " << print(got[t]) << "\nis not\n  "
                                   << print(want[t]);
}

TEST(Decide, IsTheDefinition) {
  size_t events = 0, unknown = 0, with_rate = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    const DecisionRule rule = random_rule(rng);
    const ScoreStream scores = random_scores(rng, rule.params.classes, 300);
    DecisionRunner runner(rule);
    const auto want = define_decisions(rule, scores);
    expect_same(run(runner, scores), want, seed);
    runner.restart();
    expect_same(run(runner, scores), want, seed);
    for (const Decision& d : want)
      events += d.event != kNoClass, unknown += d.unknown, with_rate += d.event != kNoClass && d.rate > 1;
  }
  // Where nothing happens nothing is compared.
  EXPECT_GT(events, 1500u);
  EXPECT_GT(unknown, 5000u);
  EXPECT_GT(with_rate, 300u);
}

// One class, no smoothing, on at 0 and off at -10, whatever else is said.
DecisionRule simple_rule() {
  DecisionRule rule;
  rule.params = {1, 1, kFullWeight, 1, 1, 1, 0, 65535, 4, 0, kNoClass, 0};
  rule.classes = {{128 << kLevelBits, 118 << kLevelBits, 1}};
  return rule;
}

// The hops at which there are events.
std::vector<int> events_of(const DecisionRule& rule, const std::vector<int>& scores) {
  DecisionRunner runner(rule);
  std::vector<int> hops;
  for (size_t t = 0; t < scores.size(); ++t) {
    const auto score = static_cast<int8_t>(scores[t]);
    if (runner(&score).event != kNoClass) hops.push_back(static_cast<int>(t));
  }
  return hops;
}

using Hops = std::vector<int>;

TEST(Decide, HysteresisKeepsAnEventTogether) {
  DecisionRule rule = simple_rule();
  const std::vector<int> scores{-50, 0, -10, 0, -11, -1, 0};
  EXPECT_EQ(events_of(rule, scores), (Hops{1, 6}));
  rule.classes[0].off = rule.classes[0].on;
  EXPECT_EQ(events_of(rule, scores), (Hops{1, 3, 6}));
}

TEST(Decide, VotesBridgeGapsAndDropGlitches) {
  DecisionRule rule = simple_rule();
  rule.params.votes = 2, rule.params.voters = 3;
  //                         0    1  2    3    4  5    6  7    8    9    10
  EXPECT_EQ(events_of(rule, {-50, 9, -50, -50, 9, -50, 9, -50, -50, -50, 9}), (Hops{6}));
}

TEST(Decide, DurationWaitsAndRefractoryDelays) {
  DecisionRule rule = simple_rule();
  rule.params.duration = 3;
  EXPECT_EQ(events_of(rule, {9, 9, -50, 9, 9, 9, 9, 9, -50}), (Hops{5}));
  rule.params.duration = 1, rule.params.refractory = 4;
  // The second stretch begins too early and has its event when the time is over; the third is over before.
  EXPECT_EQ(events_of(rule, {9, -50, 9, 9, 9, 9, -50, 9, -50, 9}), (Hops{0, 4, 9}));
}

TEST(Decide, MeansAreRoundedOnce) {
  DecisionRule rule = simple_rule();
  rule.params.average = 3;
  // 2 / 3 of a score below the threshold is below it; a mean of exactly the threshold is not.
  EXPECT_EQ(events_of(rule, {-2, 0, 0, 0}), (Hops{3}));
  EXPECT_EQ(events_of(rule, {-1, 0, 1, 1}), (Hops{2}));
}

TEST(Decide, ExponentialSmoothingCreepsTowardsTheMean) {
  DecisionRule rule = simple_rule();
  rule.params.weight = 128;  // halves the distance
  rule.classes[0] = {192 << kLevelBits, 192 << kLevelBits, 1};
  EXPECT_EQ(events_of(rule, {-128, 127, 127, 127}), (Hops{3}));  // levels 0, 127.5, 191.25, 223.125
}

TEST(Decide, CountsForEverAndRatesForAWhile) {
  DecisionRule rule = simple_rule();
  rule.params.rate_hops = 5, rule.params.rate_most = 2;
  DecisionRunner runner(rule);
  std::vector<int> counts, rates;
  for (int score : {9, -50, 9, -50, 9, -50, -50, -50, -50, -50}) {
    const auto s = static_cast<int8_t>(score);
    const Decision d = runner(&s);
    counts.push_back(static_cast<int>(d.count)), rates.push_back(d.rate);
  }
  EXPECT_EQ(counts, (Hops{1, 1, 2, 2, 3, 3, 3, 3, 3, 3}));
  EXPECT_EQ(rates, (Hops{1, 1, 2, 2, 2, 2, 2, 1, 1, 0}));
}

TEST(Decide, IsExactAfterYears) {
  DecisionRule rule = simple_rule();
  rule.params.rate_hops = 65535, rule.params.rate_most = 1, rule.params.refractory = 65535;
  DecisionRunner runner(rule);
  const int8_t on = 9, off = -50;
  EXPECT_EQ(runner(&on).event, 0);
  for (int i = 0; i < 65533; ++i) ASSERT_EQ(runner(i % 2 ? &on : &off).event, kNoClass);
  EXPECT_EQ(runner(&off).rate, 1);  // 65,534 hops ago
  const Decision again = runner(&on);
  EXPECT_EQ(again.event, 0);
  EXPECT_EQ(again.count, 2u);
  EXPECT_EQ(again.rate, 1);
  for (int i = 0; i < 200000; ++i) ASSERT_EQ(runner(&off).rate, i < 65534);
}

TEST(Decide, TwoClassesHaveTheirEventsOneAfterTheOther) {
  DecisionRule rule = simple_rule();
  rule.params.classes = 2;
  rule.classes.push_back(rule.classes[0]);
  DecisionRunner runner(rule);
  const int8_t both[] = {20, 30};
  EXPECT_EQ(runner(both).event, 1);
  EXPECT_EQ(runner(both).event, 0);
  EXPECT_EQ(runner(both).event, kNoClass);
}

TEST(Decide, WhatIsUnknownIsNoEvent) {
  DecisionRule rule = simple_rule();
  rule.params.classes = 3;
  rule.classes.resize(3, rule.classes[0]);
  rule.classes[2].is_event = 0;
  rule.params.distance = 2, rule.params.distance_limit = 128 << kLevelBits, rule.params.margin = 5 << kLevelBits;
  DecisionRunner runner(rule);
  const int8_t close[] = {20, 16, -128}, apart[] = {21, 16, 0}, far[] = {21, 16, 1};
  EXPECT_TRUE(runner(close).unknown);
  EXPECT_TRUE(runner(far).unknown);
  const Decision d = runner(apart);
  EXPECT_FALSE(d.unknown);
  EXPECT_EQ(d.event, 0);
}

}  // namespace
}  // namespace mote
