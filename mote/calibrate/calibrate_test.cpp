// Judging and choosing on streams of scores whose answers are found by hand.
#include "mote/calibrate/calibrate.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

// Two classes, the second of the background; on at 0.
DecisionRule rule_of_two() {
  DecisionRule rule;
  rule.params = {2, 1, kFullWeight, 1, 1, 1, 0, 0, 0, 0, kNoClass, 0};
  rule.classes = {{128 << kLevelBits, 128 << kLevelBits, 1}, {128 << kLevelBits, 128 << kLevelBits, 0}};
  return rule;
}

// A stream in which class 0 is above at these hops; a hop takes a second, the first decision is at 1 s.
ScoredStream stream_of(int hops, const std::vector<int>& above, std::vector<Event> events) {
  ScoredStream s;
  s.scores.assign(static_cast<size_t>(2 * hops), -100);
  for (int t : above) s.scores[static_cast<size_t>(2 * t)] = 100;
  s.duration_s = hops, s.events = std::move(events);
  return s;
}

constexpr Timing kTiming{1, 1, 2};

TEST(Calibrate, EventsAreFoundFromTheirBeginningToTheTolerance) {
  //                                      4 s: before, 5 s: begins, 9 s: ends, 11 s: tolerance, 12 s: too late
  for (const auto& [hop, found] : {std::pair{3, 0}, {4, 1}, {8, 1}, {10, 1}, {11, 0}}) {
    const EventFigures f = judge_rule(rule_of_two(), {stream_of(40, {hop}, {{5, 9, 0}})}, kTiming);
    EXPECT_EQ(f.events, 1);
    EXPECT_EQ(f.missed, 1 - found) << hop;
    EXPECT_EQ(f.false_alarms, 1 - found) << hop;
    EXPECT_EQ(f.delays_s, std::vector<double>(static_cast<size_t>(found), hop + 1 - 5)) << hop;
  }
}

TEST(Calibrate, LaterDecisionsAboutAnEventAreNoFalseAlarms) {
  const ScoredStream s = stream_of(86400, {4, 6, 30, 50}, {{5, 9, 0}, {29, 40, 0}, {50, 60, 1}});
  const EventFigures f = judge_rule(rule_of_two(), {s, s}, kTiming);
  EXPECT_EQ(f.events, 6);
  EXPECT_EQ(f.missed, 2);        // those of the class that is no event
  EXPECT_EQ(f.false_alarms, 2);  // at 51 s, where there is another class
  EXPECT_EQ(f.repeated, 2);
  EXPECT_DOUBLE_EQ(f.mean_delay_s(), (0 + 2) / 2.0);
  EXPECT_DOUBLE_EQ(f.false_alarms_per_day(), 1);
}

TEST(Calibrate, EachStreamBeginsAnew) {
  const ScoredStream s = stream_of(10, {9}, {{9, 10, 0}}), t = stream_of(10, {0, 1}, {{0, 2, 0}});
  EXPECT_EQ(judge_rule(rule_of_two(), {s, t}, kTiming).missed, 0);  // the class is above from the one to the other
}

OperatingPoint point(int64_t false_alarms, int64_t missed, double delay_s, const char* name) {
  return {{{"threshold", name}}, {10, missed, false_alarms, 86400, {delay_s}}};
}

const std::vector<OperatingPoint>& some_points() {
  static const std::vector<OperatingPoint> points{point(9, 0, 0.1, "a"), point(1, 4, 0.5, "b"), point(1, 4, 0.3, "c"),
                                                  point(0, 6, 0.2, "d"), point(1, 5, 0.1, "e"), point(2, 4, 0.2, "f"),
                                                  point(4, 1, 0.9, "g"), point(4, 1, 0.9, "h")};
  return points;
}

std::string names(const std::vector<OperatingPoint>& points) {
  std::string all;
  for (const OperatingPoint& p : points) all += p.keys.at("threshold");
  return all;
}

TEST(Calibrate, TheFewestMissedAreChosenThenTheQuietest) {
  const auto choose = [](double allowed) { return choose_point(some_points(), allowed)->keys.at("threshold"); };
  EXPECT_EQ(choose(0), "d");
  EXPECT_EQ(choose(1), "c");
  EXPECT_EQ(choose(2), "c") << "f is sooner, for one more false alarm";
  EXPECT_EQ(choose(5), "g");
  EXPECT_EQ(choose(100), "a");
  const auto none = choose_point({point(3, 0, 0, "x"), point(2, 9, 0, "y")}, 1);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("the best of 2 choices has 2 false alarms per day; 1 are allowed"),
            std::string::npos)
      << none.error().what;
}

TEST(Calibrate, ADecisionThatIsToldOnceIsBetterThanASoonerOne) {
  OperatingPoint twice = point(0, 0, 0.1, "twice");
  twice.figures.repeated = 1;
  EXPECT_EQ(choose_point({twice, point(0, 0, 0.5, "once")}, 1)->keys.at("threshold"), "once");
}

// Of thresholds that tell the same the one that is farthest from where they do not.
TEST(Calibrate, EqualThresholdsAreChosenByTheirMiddle) {
  std::vector<OperatingPoint> points;
  const auto add_sweep = [&](const char* average, const std::string& missed) {
    for (size_t i = 0; i < missed.size(); ++i) {
      points.push_back(point(0, missed[i] - '0', 0.5, std::to_string(i).c_str()));
      points.back().keys["average"] = average;
    }
  };
  add_sweep("1", "2000300");
  EXPECT_EQ(choose_point(points, 1)->keys.at("threshold"), "2");
  add_sweep("2", "9000000");
  add_sweep("3", "4000000");
  EXPECT_EQ(choose_point(points, 1)->keys, (DecisionKeys{{"threshold", "3"}, {"average", "2"}}));
  points.push_back(point(0, 0, 0.25, "sooner"));
  EXPECT_EQ(choose_point(points, 1)->keys.at("threshold"), "sooner");
  points.pop_back();
  EXPECT_EQ(trade_off(points)[0].keys, choose_point(points, 1)->keys) << "the trade shows the same";
}

TEST(Calibrate, TheTradeIsWhatMoreFalseAlarmsBuy) {
  EXPECT_EQ(names(trade_off(some_points())), "dcga");
  const std::string svg = draw_trade("a < b", some_points(), some_points()[2]);
  EXPECT_NE(svg.find("a &lt; b"), svg.npos);
  EXPECT_EQ(svg.find("nan"), svg.npos);
  EXPECT_NE(svg.find("<title>1 false alarms per day, 4 of 10 missed, 0.30 s; threshold = c</title>"), svg.npos);
}

TEST(Calibrate, ListsAreWrittenAsToml) {
  EXPECT_EQ(as_toml({{"threshold", "0.5"}, {"thresholds", "a\"b 0.5\nyes 0.25"}}),
            (DecisionKeys{{"threshold", "0.5"}, {"thresholds", R"(["a\"b 0.5", "yes 0.25"])"}}));
  EXPECT_EQ(as_toml({{"distance", "far"}}), (DecisionKeys{{"distance", "\"far\""}}));
}

TEST(Calibrate, KeysThatAreAsAlwaysAreNotNamed) {
  const auto project = parse_project("[decision]\nthreshold = 0.5\naverage = 1\nvoters = 3\n", "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  EXPECT_EQ(decision_keys(*project), (DecisionKeys{{"threshold", "0.5"}, {"voters", "3"}}));
}

// A model that is its input: int8 scores of two classes, from -0.5 to 0.49.
Graph scores_alone() {
  Graph g;
  Tensor t;
  t.name = "scores", t.type = DType::int8, t.shape = {1, 2}, t.quant = {{1 / 256.0f}, {0}};
  g.inputs = g.outputs = {g.add(t)};
  g.labels = {"beep", "hum"};
  return g;
}

TEST(Calibrate, TheGridFindsTheThresholdBetweenEventsAndNoise) {
  const auto project = parse_project("[input]\nhop = 0.25\n[model]\nbackground = [\"hum\"]\n", "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  // Events at a score of 80 (0.31) for three hops, glitches of 90 (0.35) for one.
  ScoredStream s;
  s.duration_s = 100;
  for (int t = 0; t < 400; ++t) {
    const int beep = t % 100 >= 10 && t % 100 < 13 ? 80 : t % 100 == 50 ? 90 : -60;
    s.scores.push_back(static_cast<int8_t>(beep)), s.scores.push_back(0);
    if (t % 100 == 10) s.events.push_back({1 + 0.25 * t, 1.75 + 0.25 * t, 0});
  }
  const Graph graph = scores_alone();
  size_t done = 0;
  const std::vector<ScoredStream> streams{s};
  const Tuning tuning{*project, graph, streams, {1, 0.25, 0.5}, [&](size_t n) { done = n; }};
  const auto choices = decision_grid(tuning);
  ASSERT_TRUE(choices) << choices.error().text();
  EXPECT_EQ(choices->size(), 24u * 5 * 4 * 3);
  for (const DecisionKeys& keys : *choices) {
    EXPECT_GT(std::stod(keys.at("threshold")), 0);
    EXPECT_LT(std::stod(keys.at("threshold")), 90 / 256.0) << "beyond every score";
  }
  const auto points = try_decisions(tuning, *choices);
  ASSERT_TRUE(points) << points.error().text();
  EXPECT_EQ(done, choices->size());
  const auto chosen = choose_point(*points, 0);
  ASSERT_TRUE(chosen) << chosen.error().text();
  EXPECT_EQ(chosen->figures.missed, 0);
  EXPECT_EQ(chosen->figures.false_alarms, 0);
  // Two votes of two, or a mean of two at a low threshold, tell a hop after the first; nothing quiet is sooner.
  EXPECT_DOUBLE_EQ(chosen->figures.mean_delay_s(), 0.25);
  const auto changed = with_decision(*project, chosen->keys);
  ASSERT_TRUE(changed);
  EXPECT_TRUE(has_decision(*changed));
}

// The best choice of the grid without a false alarm.
Expected<OperatingPoint> choose_quiet(const Tuning& tuning) {
  MOTE_TRY(const std::vector<DecisionKeys> choices, decision_grid(tuning));
  MOTE_TRY(const std::vector<OperatingPoint> points, try_decisions(tuning, choices));
  return choose_point(points, 0);
}

// Something else than was learned scores like an event, and is farther away.
TEST(Calibrate, TheLimitOfADistanceIsTuned) {
  const auto project = parse_project(
      "[input]\nhop = 1\n[model]\nbackground = [\"hum\"]\n[decision]\ndistance = \"far\"\ndistance_limit = 0.9\n",
      "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  Graph graph = scores_alone();
  graph.at(0).shape = {1, 3}, graph.labels = {"beep", "hum", "far"}, graph.at(0).quant = {{1 / 256.0f}, {-128}};
  std::vector<ScoredStream> streams(1);
  ScoredStream& s = streams[0];
  s.duration_s = 200;
  for (int t = 0; t < 200; ++t) {
    const bool beeps = t % 50 == 10, is_strange = t % 50 == 30;
    for (int score : {beeps ? 60 : is_strange ? 100 : -60, 0, is_strange ? 40 : beeps ? -28 : -100})
      s.scores.push_back(static_cast<int8_t>(score));
    if (beeps) s.events.push_back({t + 1.0, t + 1.5, 0});
  }
  const Tuning tuning{*project, graph, streams, {1, 1, 0.5}};
  const auto chosen = choose_quiet(tuning);
  ASSERT_TRUE(chosen) << chosen.error().text();
  EXPECT_EQ(chosen->figures.missed, 0);
  EXPECT_EQ(chosen->figures.false_alarms, 0);
  EXPECT_EQ(chosen->keys.at("distance_limit"), "0.45") << "beeps are 0.39 away, strangers 0.66";
  for (size_t i = 0; i < s.scores.size(); i += 3)
    if (s.scores[i] == 100) s.scores[i] = -60;
  const auto alone = choose_quiet(tuning);
  ASSERT_TRUE(alone) << alone.error().text();
  EXPECT_EQ(alone->keys.at("distance_limit"), "0.9") << "the project's, where nothing speaks for another";
}

// Votes of prototypes: chances in a tensor whose range is that of something else.
TEST(Calibrate, TheGridLiesWhereTheScoresAre) {
  const auto project = parse_project("[input]\nhop = 1\n[model]\nbackground = [\"hum\"]\n", "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  Graph graph = scores_alone();
  graph.at(0).quant = {{42 / 255.0f}, {-128}};
  std::vector<ScoredStream> streams(1);
  for (int t = 0; t < 100; ++t) {
    for (int votes : {t % 20 == 10 ? 6 : t % 20 == 15 ? 2 : 0, 100})  // hum, which is never told, scores more
      streams[0].scores.push_back(static_cast<int8_t>(votes - 128));
    if (t % 20 == 10) streams[0].events.push_back({t + 1.0, t + 1.5, 0});
  }
  streams[0].duration_s = 100;
  const Tuning tuning{*project, graph, streams, {1, 1, 0.5}};
  const auto chosen = choose_quiet(tuning);
  ASSERT_TRUE(chosen) << chosen.error().text();
  EXPECT_EQ(chosen->figures.missed, 0);
  EXPECT_NEAR(std::stod(chosen->keys.at("threshold")), 4 * 42 / 255.0, 0.05) << "between two votes and six";
  for (int8_t& score : streams[0].scores) score = -128;
  const auto none = decision_grid(tuning);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("no threshold above 0 parts them"), none.error().what.npos) << none.error().what;
}

TEST(Calibrate, AThresholdThatDecidesNothingIsNotTuned) {
  const Graph graph = scores_alone();
  const auto check = [&](const std::string& decision) {
    const auto project = parse_project("[model]\nbackground = [\"hum\"]\n[decision]\n" + decision, "mote.toml");
    EXPECT_TRUE(project) << project.error().text();
    const Status status = check_tunable(*project, graph);
    return status ? "" : status.error().what;
  };
  EXPECT_EQ(check(""), "");
  EXPECT_EQ(check("thresholds = [\"hum 0.25\"]\n"), "");
  EXPECT_NE(check("thresholds = [\"beep 0.25\"]\n").find("every class of an event has one of its own"),
            std::string::npos);
}

// Two classes whose events need other thresholds: one is told at 40, and 60 of the other is noise.
TEST(Calibrate, EachClassGetsAThresholdOfItsOwn) {
  const auto project = parse_project("[input]\nhop = 1\n[model]\nbackground = [\"hum\"]\n", "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  Graph graph = scores_alone();
  graph.at(0).shape = {1, 3}, graph.labels = {"beep", "ring", "hum"};
  std::vector<ScoredStream> streams(1);
  ScoredStream& s = streams[0];
  s.duration_s = 200;
  for (int t = 0; t < 200; ++t) {
    const int beep = t % 50 == 10 ? 40 : -60, ring = t % 50 == 20 ? 100 : t % 50 == 35 ? 60 : -60;
    for (int score : {beep, ring, 0}) s.scores.push_back(static_cast<int8_t>(score));
    if (t % 50 == 10) s.events.push_back({t + 1.0, t + 1.5, 0});
    if (t % 50 == 20) s.events.push_back({t + 1.0, t + 1.5, 1});
  }
  const Tuning tuning{*project, graph, streams, {1, 1, 0.5}};
  const auto choices = decision_grid(tuning);
  ASSERT_TRUE(choices) << choices.error().text();
  const auto points = try_decisions(tuning, *choices);
  ASSERT_TRUE(points) << points.error().text();
  const auto one = choose_point(*points, 0);
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_EQ(one->figures.missed, 4);
  const auto each = tune_classes(tuning, *points, 0);
  ASSERT_TRUE(each) << each.error().text();
  EXPECT_EQ(each->figures.missed, 0);
  EXPECT_EQ(each->figures.false_alarms, 0);
  const std::string thresholds = each->keys.at("thresholds");
  ASSERT_EQ(thresholds.find("beep "), 0u) << thresholds;
  EXPECT_NEAR(std::stod(thresholds.substr(5)), 20 / 256.0, 0.02) << "in the middle between no score and that of a beep";
  EXPECT_NE(thresholds.find("ring "), std::string::npos);
  const auto again = with_decision(*project, each->keys);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(judge_rule(plan_decision(*again, graph)->rule, streams, tuning.timing).missed, 0);
}

}  // namespace
}  // namespace mote
