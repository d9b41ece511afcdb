// Figures against values worked out by hand, independent definitions, and what holds of all of them.
#include <gtest/gtest.h>

#include <cmath>

#include "mote/compiler/base/rng.h"
#include "mote/evaluate/classification.h"
#include "mote/evaluate/events.h"
#include "mote/evaluate/novelty.h"
#include "mote/evaluate/ranking.h"
#include "mote/evaluate/regression.h"
#include "mote/evaluate/sound.h"

namespace mote {
namespace {

using Labels = std::vector<int32_t>;

TEST(Classification, CountsByHand) {
  // of 0: three right, one taken for 1; of 1: two right, one for 0, one for 2; of 2: none right, both for 1; 3: never.
  const Labels labels{0, 0, 0, 0, 1, 1, 1, 1, 2, 2}, told{0, 0, 0, 1, 1, 1, 0, 2, 1, 1};
  const Confusion c = count_confusion(4, labels, told);
  EXPECT_EQ(c.counts, (std::vector<double>{3, 1, 0, 0, 1, 2, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(accuracy(c), 0.5);
  EXPECT_DOUBLE_EQ(balanced_accuracy(c), (0.75 + 0.5 + 0) / 3);
  const auto classes = measure_classes(c);
  EXPECT_DOUBLE_EQ(classes[0].precision, 0.75);
  EXPECT_DOUBLE_EQ(classes[1].precision, 0.4);
  EXPECT_DOUBLE_EQ(classes[1].recall, 0.5);
  EXPECT_DOUBLE_EQ(classes[1].f1, 2 * 0.4 * 0.5 / 0.9);
  EXPECT_DOUBLE_EQ(classes[2].f1, 0);
  EXPECT_EQ(classes[2].windows, 2);
  EXPECT_TRUE(std::isnan(classes[3].precision) && std::isnan(classes[3].recall) && std::isnan(classes[3].f1));
  EXPECT_DOUBLE_EQ(macro_f1(c), (0.75 + 4.0 / 9 + 0) / 3);
}

TEST(Classification, NothingIsNoFigure) {
  const Confusion c = count_confusion(2, {}, {});
  EXPECT_TRUE(std::isnan(accuracy(c)) && std::isnan(balanced_accuracy(c)) && std::isnan(macro_f1(c)));
}

TEST(SiSdr, ByHand) {
  const std::vector<float> s{1, -1, 1, -1}, noise{1, 1, -1, -1};  // at right angles
  auto mix = [&](float level, float share, float offset) {
    std::vector<float> e;
    for (size_t i = 0; i < s.size(); ++i) e.push_back(offset + level * (s[i] + share * noise[i]));
    return e;
  };
  EXPECT_NEAR(si_sdr(mix(1, 0.1f, 0), s), 20, 1e-5);
  EXPECT_NEAR(si_sdr(mix(-7, 0.1f, 3), s), 20, 1e-4) << "neither level nor offset counts";
  EXPECT_NEAR(si_sdr(mix(1, 2, 0), s), 10 * std::log10(0.25), 1e-5);
  EXPECT_EQ(si_sdr(s, s), kMostSiSdr);
  EXPECT_EQ(si_sdr(noise, s), -kMostSiSdr);
  EXPECT_EQ(si_sdr(std::vector<float>{3, 3, 3, 3}, s), -kMostSiSdr) << "silence is no sound";
  EXPECT_TRUE(std::isnan(si_sdr(s, std::vector<float>{2, 2, 2, 2})));
}

TEST(Novelty, CountsByHand) {
  Results r;
  r.classes = {"a", "b"};
  const auto add = [&](int32_t label, const char* new_label, float distance) {
    JudgedWindow window{"file", "", 0, label};
    window.new_label = new_label, window.distance = distance;
    r.windows.push_back(window);
  };
  for (float d : {0.1f, 0.2f, 0.5f, 0.7f}) add(0, "", d);
  for (float d : {0.6f, 0.9f}) add(-1, "c", d);
  add(-1, "", 0.95f);  // nobody said what it is
  const Novelty n = judge_novelty(r, 0.5);
  EXPECT_EQ(n.windows, 2u);
  EXPECT_EQ(n.called_unknown, 2u);
  EXPECT_EQ(n.known_windows, 4u);
  EXPECT_EQ(n.known_called_unknown, 1u) << "at the limit is not beyond it";
  EXPECT_DOUBLE_EQ(n.auc, 7.0 / 8);
  EXPECT_EQ(n.labels, std::set<std::string>{"c"});
}

struct Scored {
  std::vector<float> scores;
  std::vector<bool> positives;
  std::vector<double> weights;
};

// Scores of a few steps, so that there are ties.
Scored make_scored(Rng& rng, int32_t n) {
  Scored s;
  for (int32_t i = 0; i < n; ++i) {
    s.positives.push_back(rng.chance(0.4));
    s.scores.push_back(static_cast<float>(rng.pick(0, 6) + 2 * s.positives.back()) / 4);
    s.weights.push_back(rng.pick(0, 3));
  }
  s.positives[0] = true, s.positives[1] = false;
  s.weights[0] = s.weights[1] = 1;
  return s;
}

// All pairs of a positive and a negative.
double auc_of_pairs(const Scored& s, bool weighted) {
  double wins = 0, pairs = 0;
  for (size_t p = 0; p < s.scores.size(); ++p)
    for (size_t n = 0; n < s.scores.size(); ++n) {
      if (!s.positives[p] || s.positives[n]) continue;
      const double weight = weighted ? s.weights[p] * s.weights[n] : 1;
      wins += weight * (s.scores[p] > s.scores[n] ? 1 : s.scores[p] == s.scores[n] ? 0.5 : 0);
      pairs += weight;
    }
  return wins / pairs;
}

TEST(Ranking, AucIsTheShareOfPairsInOrder) {
  EXPECT_DOUBLE_EQ(auc(rank(std::vector<float>{0.9f, 0.8f, 0.7f, 0.6f}, {true, false, true, false})), 0.75);
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const Scored s = make_scored(rng, rng.pick(2, 40));
    const Ranking ranking = rank(s.scores, s.positives);
    EXPECT_NEAR(auc(ranking), auc_of_pairs(s, false), 1e-12);
    EXPECT_NEAR(auc(ranking, s.weights), auc_of_pairs(s, true), 1e-12);
  }
}

TEST(Ranking, AucTurnsWithTheScoresAndKnowsOnlyTheirOrder) {
  Rng rng(2);
  for (int round = 0; round < 50; ++round) {
    Scored s = make_scored(rng, 30);
    const double straight = auc(rank(s.scores, s.positives));
    for (float& score : s.scores) score = score * score * score + 5;
    EXPECT_DOUBLE_EQ(auc(rank(s.scores, s.positives)), straight);
    for (float& score : s.scores) score = -score;
    EXPECT_NEAR(auc(rank(s.scores, s.positives)), 1 - straight, 1e-12);
  }
}

TEST(Ranking, OfOneKindAloneThereIsNoAuc) {
  EXPECT_TRUE(std::isnan(auc(rank(std::vector<float>{1, 2}, {true, true}))));
  EXPECT_TRUE(std::isnan(auc(rank(std::vector<float>{1, 2}, {false, false}))));
}

TEST(Ranking, TheAreaBelowTheRocIsTheAuc) {
  Rng rng(3);
  for (int round = 0; round < 50; ++round) {
    const Scored s = make_scored(rng, 40);
    const Ranking ranking = rank(s.scores, s.positives);
    const auto roc = trace_roc(ranking);
    double area = 0;
    for (size_t i = 1; i < roc.size(); ++i) {
      area += (roc[i].false_positives - roc[i - 1].false_positives) *
              (roc[i].true_positives + roc[i - 1].true_positives) / 2;
      EXPECT_LT(roc[i].threshold, roc[i - 1].threshold);
      double hit = 0, positives = 0;
      for (size_t k = 0; k < s.scores.size(); ++k)
        if (s.positives[k]) ++positives, hit += s.scores[k] >= roc[i].threshold;
      EXPECT_NEAR(roc[i].true_positives, hit / positives, 1e-12);
    }
    EXPECT_NEAR(area, auc(ranking), 1e-12);
    EXPECT_EQ(roc.back().true_positives, 1);
    EXPECT_EQ(roc.back().false_positives, 1);
  }
}

TEST(Ranking, TheEqualErrorRateLiesBetweenThePoints) {
  // misses 1, 0.5, 0.5, 0; false positives 0, 0, 0.5, 1: equal at the third point.
  EXPECT_DOUBLE_EQ(equal_error_rate(trace_roc(rank(std::vector<float>{4, 3, 2, 1}, {true, false, true, false}))), 0.5);
  EXPECT_DOUBLE_EQ(equal_error_rate(trace_roc(rank(std::vector<float>{4, 3, 2, 1}, {true, true, false, false}))), 0);
  // One tie of all: the diagonal.
  EXPECT_DOUBLE_EQ(equal_error_rate(trace_roc(rank(std::vector<float>{1, 1, 1}, {true, false, false}))), 0.5);
}

TEST(Ranking, NormalDeviates) {
  EXPECT_NEAR(normal_deviate(0.5), 0, 1e-12);
  EXPECT_NEAR(normal_deviate(0.975), 1.959963984540054, 1e-9);
  EXPECT_NEAR(normal_deviate(0.001), -3.090232306167813, 1e-9);
}

TEST(Regression, ErrorsByHand) {
  const std::vector<double> targets{1, 2, 3, 6}, predicted{1, 3, 3, 4};
  const RegressionErrors e = measure_errors(targets, predicted);
  EXPECT_DOUBLE_EQ(e.mae, 0.75);
  EXPECT_DOUBLE_EQ(e.rmse, std::sqrt(5.0 / 4));
  EXPECT_DOUBLE_EQ(e.r2, 1 - 5.0 / 14);
  EXPECT_DOUBLE_EQ(measure_errors(targets, std::vector<double>(4, 3)).r2, 0);
  EXPECT_TRUE(std::isnan(measure_errors(std::vector<double>{2, 2}, std::vector<double>{1, 2}).r2));
  EXPECT_TRUE(std::isnan(measure_errors({}, {}).mae));
}

TEST(Figures, AWeightIsSoManyCopies) {
  Rng rng(4);
  for (int round = 0; round < 50; ++round) {
    Labels labels, told, many_labels, many_told;
    std::vector<double> weights, many_targets, many_predicted, targets, predicted;
    for (int i = 0; i < 20; ++i) {
      labels.push_back(rng.pick(0, 3)), told.push_back(rng.pick(0, 3)), weights.push_back(rng.pick(0, 3));
      targets.push_back(labels.back()), predicted.push_back(told.back());
      for (int copy = 0; copy < weights.back(); ++copy)
        many_labels.push_back(labels.back()), many_told.push_back(told.back()), many_targets.push_back(labels.back()),
            many_predicted.push_back(told.back());
    }
    EXPECT_EQ(count_confusion(4, labels, told, weights).counts, count_confusion(4, many_labels, many_told).counts);
    EXPECT_NEAR(measure_errors(targets, predicted, weights).r2, measure_errors(many_targets, many_predicted).r2, 1e-9);
  }
}

constexpr int32_t kRest = 0, kKnock = 1, kBark = 2;
const std::vector<bool> kBackground{true, false, false};

TEST(Events, AnAlarmIsTheFirstOfARun) {
  const std::vector<TimedLabel> decisions{{1, kRest},  {2, kKnock}, {3, kKnock}, {4, kBark},
                                          {5, kKnock}, {6, kRest},  {7, kKnock}};
  std::vector<double> times;
  for (const TimedLabel& alarm : find_alarms(decisions, kBackground)) times.push_back(alarm.time_s);
  EXPECT_EQ(times, (std::vector<double>{2, 4, 5, 7}));
}

TEST(Events, CountsByHand) {
  // The first knock is found after 0.5 s (a second alarm of it is repeated), the second within the tolerance of 1 s,
  // the third missed; the bark comes too late; a knock at 70 s is nothing's.
  const std::vector<Event> events{{10, 12, kKnock}, {20, 21, kKnock}, {30, 31, kKnock}, {50, 51, kBark}};
  const std::vector<TimedLabel> alarms{{10.5, kKnock}, {11.5, kKnock}, {21.75, kKnock}, {53, kBark}, {70, kKnock}};
  EventFigures f = match_events(alarms, events, 3600, 1);
  EXPECT_EQ(f.events, 4);
  EXPECT_EQ(f.missed, 2);
  EXPECT_EQ(f.false_alarms, 2);
  EXPECT_EQ(f.repeated, 1);
  EXPECT_DOUBLE_EQ(f.false_alarms_per_day(), 48);
  EXPECT_DOUBLE_EQ(f.missed_share(), 0.5);
  EXPECT_EQ(f.delays_s, (std::vector<double>{0.5, 1.75}));
  add(f, match_events({}, {}, 3600, 1));
  EXPECT_DOUBLE_EQ(f.false_alarms_per_day(), 24);
  EXPECT_DOUBLE_EQ(f.mean_delay_s(), 1.125);
}

TEST(Events, AnAlarmTellsOneEvent) {
  // Two knocks within the tolerance of each other, told by one alarm, by two, and by three.
  const std::vector<Event> events{{11, 11.2, kKnock}, {10, 10.2, kKnock}};
  const auto judged = [&](const std::vector<double>& times) {
    std::vector<TimedLabel> alarms;
    for (double time_s : times) alarms.push_back({time_s, kKnock});
    return match_events(alarms, events, 60, 2);
  };
  const EventFigures one = judged({11.5}), two = judged({11.5, 12}), three = judged({10.5, 10.75, 11.5, 13});
  EXPECT_EQ(one.missed, 1);
  EXPECT_EQ(one.delays_s, (std::vector<double>{1.5})) << "of the earlier one";
  EXPECT_EQ(one.repeated + one.false_alarms, 0);
  EXPECT_EQ(two.missed, 0);
  EXPECT_EQ(two.delays_s, (std::vector<double>{1.5, 1}));
  EXPECT_EQ(two.repeated, 0);
  EXPECT_EQ(three.delays_s, (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(three.repeated, 2) << "before the second began, and after both were told";
  EXPECT_EQ(three.false_alarms, 0);
}

TEST(Events, AnAlarmOfAnotherClassIsFalse) {
  const std::vector<Event> events{{10, 12, kKnock}};
  const std::vector<TimedLabel> alarms{{11, kBark}};
  const EventFigures f = match_events(alarms, events, 60, 0);
  EXPECT_EQ(f.missed, 1);
  EXPECT_EQ(f.false_alarms, 1);
}

// Values of Garwood's table.
TEST(Events, RatesHaveExactIntervals) {
  const struct {
    int64_t count;
    double low, high;
  } table[] = {{0, 0, 3.689}, {1, 0.025, 5.572}, {2, 0.242, 7.225}, {10, 4.795, 18.390}, {50, 37.111, 65.919}};
  for (const auto& row : table) {
    const ConfidenceInterval interval = poisson_interval(row.count, 0.95);
    EXPECT_NEAR(interval.low, row.low, 6e-4) << row.count;
    EXPECT_NEAR(interval.high, row.high, 6e-4) << row.count;
  }
  const ConfidenceInterval many = poisson_interval(2000, 0.95);
  EXPECT_NEAR(many.high - many.low, 2 * 1.96 * std::sqrt(2000.0), 2);
  EventFigures half_a_day{.events = 0, .missed = 0, .false_alarms = 1, .duration_s = 43200, .delays_s = {}};
  EXPECT_NEAR(false_alarm_interval(half_a_day, 0.95).high, 2 * 5.572, 2e-3);
  EXPECT_TRUE(std::isnan(false_alarm_interval({}, 0.95).high));
}

}  // namespace
}  // namespace mote
