#include "mote/evaluate/report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mote/compiler/base/rng.h"

namespace mote {
namespace {

// Windows of some groups and random scores; every seventh window is told wrongly.
Results make_results(size_t classes, size_t windows, size_t groups) {
  Results results;
  Rng rng(6);
  for (size_t c = 0; c < classes; ++c) results.classes.push_back("class " + std::to_string(c));
  for (size_t i = 0; i < windows; ++i) {
    JudgedWindow window;
    window.file = "file" + std::to_string(i) + ".wav", window.group = "g" + std::to_string(i % groups);
    window.label = static_cast<int32_t>(i % std::max<size_t>(classes, 1)), window.target = static_cast<double>(i);
    results.windows.push_back(window);
    for (size_t c = 0; c < results.width(); ++c) {
      const bool told = c == (i % 7 == 6 ? i + 1 : i) % results.width();
      results.scores.push_back(static_cast<float>(rng.unit() / 2 + (told ? 1 : 0)));
    }
  }
  return results;
}

Report make_report(const Results& results) {
  Report report;
  report.name = "<keywords> & more";
  report.groups_by = "speaker";
  report.axes = {"x", "y"};
  Verdict& v = report.verdict;
  v.labelled = results, v.windows = results.windows.size();
  v.figures = measure(results, {.rounds = 100});
  v.witnesses = number_groups(results).names.size();
  EventFigures of_group;
  of_group.events = 3, of_group.missed = 1, of_group.false_alarms = 2, of_group.duration_s = 3600;
  v.groups = measure_groups(results, {{"g1", of_group}});
  v.decision = "threshold = 0.7";
  v.events = {.events = 3, .missed = 1, .false_alarms = 2, .duration_s = 3600, .delays_s = {1, 2}};
  v.comparison = Comparison{0.5, 0.75, ConfidenceInterval{0.1, 0.4}, 0.01, 9};
  v.trials = {{"noise", 10, "dB SNR", v.figures, {}}, {"stuck", 1, "y", v.figures, {}}};
  Samples features{.features = 6, .values = {}, .labels = {}, .targets = {}};
  Rng rng(7);
  for (size_t i = 0; i < 6 * results.windows.size(); ++i) features.values.push_back(static_cast<float>(rng.unit()));
  report.scatter = *scatter_features(pick_points(results), features);
  auto picture = [](size_t window) {
    return WindowPicture{window, std::vector<float>(400, 0.5f), {1, 2, 3, 4, 5, 6}, 2, 3, 2};
  };
  for (size_t i : pick_examples(results)) report.examples.push_back(picture(i));
  for (size_t i : pick_mistakes(results)) report.mistakes.push_back(picture(i));
  return report;
}

// Without the addresses of pictures, which may spell anything.
std::string text_of(std::string page) {
  for (size_t at; (at = page.find("data:image")) != page.npos;) page.erase(at, page.find('"', at) - at);
  return page;
}

// The first tag that closes what is not open, or stays open; empty: all is well.
std::string find_unbalanced(const std::string& page) {
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != page.npos; at = page.find('<', at + 1)) {
    const size_t end = page.find('>', at);
    const std::string tag = page.substr(at + 1, end - at - 1), name = tag.substr(0, tag.find(' '));
    if (name == "!DOCTYPE" || name == "meta" || name == "img" || tag.back() == '/') continue;
    if (name[0] != '/') open.push_back(name);
    else if (open.empty() || "/" + open.back() != name) return tag;
    else open.pop_back();
  }
  return open.empty() ? "" : open.back();
}

void expect_page(const std::string& page) {
  EXPECT_EQ(find_unbalanced(page), "");
  const std::string text = text_of(page);
  for (const char* part : {"<script", "http", "nan", "inf ", "inf\"", "infL", "url("})
    EXPECT_EQ(text.find(part), text.npos) << part << text.substr(text.find(part) - 100, 200);
}

void expect_said(const std::string& page, const std::string& text) { EXPECT_NE(page.find(text), page.npos) << text; }

TEST(Report, ShowsClasses) {
  const Results results = make_results(10, 140, 28);
  const std::string page = write_report(make_report(results));
  expect_page(page);
  for (const char* text : {"<h1>&lt;keywords&gt; &amp; more</h1>", "0.857", "balanced accuracy", "ROC", "DET",
                           "Under stress", "Each speaker", "g13", "1 of 3", "class 9", "+0.250", "file6.wav at 0 s",
                           "this one is better", "[decision] tells, hop by hop: threshold = 0.7",
                           "<td>1 of 3 missed, 2 false alarms</td>", "only right there", "over 28 groups."})
    expect_said(page, text);
}

TEST(Report, ShowsNumbers) {
  const std::string page = write_report(make_report(make_results(0, 30, 5)));
  expect_page(page);
  for (const char* text : {"RMSE", "Told over true", "file29.wav at 0 s", "nearer there", "too narrow"})
    expect_said(page, text);
  EXPECT_EQ(page.find("ROC"), page.npos);
}

// Hundreds of classes of which most do not occur, one group, no mistake, no features that differ.
TEST(Report, ShowsWhatIsOdd) {
  const std::string many = write_report(make_report(make_results(300, 40, 40)));
  expect_page(many);
  expect_said(many, "<tr><th>class 6</th><th>class 7</th><td>1</td><td>100 %</td></tr>");
  Results one = make_results(3, 3, 1);
  expect_page(write_report(make_report(one)));
  expect_said(write_report(make_report(one)), "no intervals: one group");
  Report flat = make_report(make_results(2, 5, 2));
  Samples same{.features = 1, .values = std::vector<float>(5, 2.0f), .labels = {}, .targets = {}};
  flat.scatter = *scatter_features({0, 1, 2, 3, 4}, same);
  flat.mistakes.clear(), flat.examples.clear();
  flat.verdict.comparison.reset(), flat.verdict.trials.clear(), flat.verdict.events = {};
  const std::string page = write_report(flat);
  expect_page(page);
  EXPECT_EQ(page.find("Worst mistakes"), page.npos);
  EXPECT_EQ(page.find("Under stress"), page.npos);
}

TEST(Report, PicksTheWorstAndSomeOfEach) {
  Results results = make_results(4, 70, 7);
  const std::vector<size_t> mistakes = pick_mistakes(results);
  ASSERT_EQ(mistakes.size(), 10u);
  double before = 10;
  for (size_t i : mistakes) {
    EXPECT_EQ(i % 7, 6u);
    const auto scores = results.scores_of(i);
    const double bad = *std::max_element(scores.begin(), scores.end()) - scores[i % 4];
    EXPECT_LE(bad, before);
    before = bad;
  }
  std::vector<int> counts(4);
  for (size_t i : pick_examples(results)) ++counts[i % 4];
  EXPECT_EQ(counts, (std::vector<int>{3, 3, 3, 3}));
  const std::vector<size_t> points = pick_points(make_results(2, 4000, 7));
  EXPECT_EQ(points.size(), 400u);
  EXPECT_TRUE(std::adjacent_find(points.begin(), points.end(), std::greater_equal<>()) == points.end());
}

// Two features that go together, and one that does not: the plane has all of the variance but little.
TEST(Report, ScattersOnTheWidestPlane) {
  Samples features{.features = 3, .values = {}, .labels = {}, .targets = {}};
  std::vector<size_t> windows;
  Rng rng(8);
  for (size_t i = 0; i < 200; ++i) {
    const double a = rng.unit(), b = rng.unit();
    for (double v : {a, 5 * a + 0.01 * rng.unit(), b}) features.values.push_back(static_cast<float>(v));
    windows.push_back(i);
  }
  const auto scatter = scatter_features(windows, features);
  ASSERT_TRUE(scatter);
  EXPECT_NEAR(scatter->x_share, 2.0 / 3, 0.05);
  EXPECT_NEAR(scatter->x_share + scatter->y_share, 1, 0.01);
}

}  // namespace
}  // namespace mote
