#include "mote/evaluate/summary.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/rng.h"
#include "mote/evaluate/verdict.h"

namespace mote {
namespace {

// Two classes; of each of `groups` groups ten windows, right with the chance `skill`.
Results make_classes(int groups, double skill, uint64_t seed) {
  Rng rng(seed);
  Results r{{"a", "b"}, {}, {}};
  for (int g = 0; g < groups; ++g)
    for (int i = 0; i < 10; ++i) {
      const bool is_b = i % 2, says_b = is_b == rng.chance(skill);
      r.windows.push_back({"f" + std::to_string(g), "p" + std::to_string(g / 2), 1.0 * i, is_b});
      r.scores.push_back(says_b ? 0.25f : 0.75f);
      r.scores.push_back(says_b ? 0.75f : 0.25f);
    }
  return r;
}

TEST(Summary, FiguresLieInTheirIntervals) {
  const auto figures = measure(make_classes(40, 0.8, 1), {.rounds = 200});
  std::vector<std::string> names;
  for (const Figure& f : figures) {
    names.push_back(f.name);
    ASSERT_TRUE(f.interval) << f.name;
    EXPECT_LT(f.interval->low, f.value) << f.name;
    EXPECT_GT(f.interval->high, f.value) << f.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"accuracy", "balanced_accuracy", "macro_f1", "auc"}));
  // Scores of two steps: the area is the balanced accuracy.
  EXPECT_NEAR(figures[1].value, figures[3].value, 1e-12);
}

TEST(Summary, GroupsAddUp) {
  const Results r = make_classes(6, 0.7, 2);
  const auto groups = measure_groups(r);
  ASSERT_EQ(groups.size(), 3u);
  double right = 0;
  for (const GroupFigures& g : groups) {
    EXPECT_EQ(g.windows, 20u);
    right += g.figure * 20;
  }
  EXPECT_NEAR(right / 60, measure(r)[0].value, 1e-12);
}

TEST(Summary, GroupsHaveTheirOwnBalanceAndEvents) {
  Results r{{"a", "b"}, {}, {}};
  const auto add_window = [&](const char* group, int32_t label, bool says_b) {
    r.windows.push_back({"f", group, 0, label});
    r.scores.insert(r.scores.end(), {says_b ? 0.0f : 1.0f, says_b ? 1.0f : 0.0f});
  };
  for (int i = 0; i < 3; ++i) add_window("anna", 0, false);  // and one b, which is not told
  add_window("anna", 1, false);
  add_window("ben", 0, true), add_window("ben", 0, false);
  EventFigures of_anna, of_room;
  of_anna.events = 2, of_anna.missed = 1, of_anna.duration_s = 5, of_room.duration_s = 9;
  const auto groups = measure_groups(r, {{"anna", of_anna}, {"room", of_room}});
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_DOUBLE_EQ(groups[0].figure, 0.75);
  EXPECT_DOUBLE_EQ(groups[0].balanced_accuracy, 0.5);
  EXPECT_EQ(groups[0].events.missed, 1);
  EXPECT_DOUBLE_EQ(groups[1].balanced_accuracy, 0.5) << "of the one class that is there";
  EXPECT_EQ(groups[1].events.duration_s, 0);
  EXPECT_EQ(groups[2].name, "room");
  EXPECT_EQ(groups[2].windows, 0u);
  EXPECT_TRUE(std::isnan(groups[2].figure));
  const auto order = [&](bool is_regression) {
    std::string names;
    for (const GroupFigures& g : sort_worst_first(groups, is_regression)) names += g.name + " ";
    return names;
  };
  EXPECT_EQ(order(false), "ben anna room ");
  EXPECT_EQ(order(true), "anna ben room ");
}

TEST(Summary, TheBetterOneIsBetter) {
  const Results a = make_classes(40, 0.6, 3), b = make_classes(40, 0.9, 4);
  const Comparison c = compare_results(a, b, {.rounds = 500});
  EXPECT_EQ(compared_figure(a), "balanced_accuracy");
  EXPECT_DOUBLE_EQ(c.a, measure(a)[1].value);
  EXPECT_GT(c.difference->low, 0);
  EXPECT_LT(c.p, 0.01);
  const Disagreement d = count_disagreement(a, b);
  EXPECT_NEAR(measure(b)[0].value - measure(a)[0].value,
              (static_cast<double>(d.only_b) - static_cast<double>(d.only_a)) / 400, 1e-12);
}

TEST(Summary, SoundIsJudgedByItsGain) {
  Results a{{}, {}, {}, true}, b = a;
  for (int i = 0; i < 12; ++i) {
    a.windows.push_back({"f" + std::to_string(i), "p" + std::to_string(i / 2), 0, -1, 1.0 * i});
    a.scores.push_back(static_cast<float>(i + 2 + i % 2)), b.scores.push_back(static_cast<float>(i + 5));
  }
  b.windows = a.windows;
  const auto figures = measure(a, {.rounds = 200});
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_EQ(figures[0].name, "si_sdr_gain");
  EXPECT_DOUBLE_EQ(figures[0].value, 2.5);
  EXPECT_DOUBLE_EQ(figures[1].value, 8);
  EXPECT_DOUBLE_EQ(figures[2].value, 5.5);
  EXPECT_DOUBLE_EQ(measure_groups(a)[0].figure, 2.5);
  const Comparison c = compare_results(a, b, {.rounds = 200});
  EXPECT_DOUBLE_EQ(c.b - c.a, 2.5);
  EXPECT_LT(c.p, 0.05);
  EXPECT_EQ(count_disagreement(a, b).only_b, 12u);
  Verdict verdict;
  verdict.labelled = b, verdict.comparison = c;
  EXPECT_EQ(conclude(verdict, 0.95), "this one is better") << "more is better";
  EXPECT_EQ(sort_worst_first({{"a", 1, 3, 0, {}}, {"b", 1, -1, 0, {}}}, a.less_is_better())[0].name, "b");
}

TEST(Summary, Regressions) {
  Results a, b;
  for (int i = 0; i < 20; ++i) {
    a.windows.push_back({"f" + std::to_string(i), "", 0, -1, 1.0 * i});
    a.scores.push_back(static_cast<float>(i + 1));
    b.scores.push_back(static_cast<float>(i) - 0.5f);
  }
  b.windows = a.windows;
  EXPECT_EQ(measure(a)[0].name, "mae");
  EXPECT_EQ(measure(a)[0].value, 1);
  EXPECT_EQ(measure_groups(a)[3].figure, 1);
  const Comparison c = compare_results(a, b, {.rounds = 500});
  EXPECT_DOUBLE_EQ(c.difference->high, -0.5);
  EXPECT_LT(c.p, 0.01);
  EXPECT_EQ(count_disagreement(a, b).only_b, 20u);
}

}  // namespace
}  // namespace mote
