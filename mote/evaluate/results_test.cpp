#include "mote/evaluate/results.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/file_set.h"
#include "mote/evaluate/results_file.h"

namespace mote {
namespace {

Results make_results() {
  Results r{{"yes", "no, thanks"}, {}, {}};
  r.windows = {{"b/1.wav", "anna", 0, 0}, {"b/1.wav", "anna", 0.5, 1}, {"a \"2\".wav", "", 0, -1}, {"a.wav", "", 0, 1}};
  r.scores = {0.75f, 0.25f, 0.1f, 0.9f, 0.5f, 0.5f, 1.0f / 3, 2.0f / 3};
  return r;
}

Results make_numbers() {
  Results r{{}, {}, {1.5f, -2}};
  r.windows = {{"1.csv", "p1", 0, -1, 1.25}, {"2.csv", "p2", 2, -1}};
  return r;
}

Results make_sound() {
  Results r{{}, {}, {8.5f, NAN}, true};
  r.windows = {{"1.wav", "p1", 0, -1, 5.25}, {"2.wav", "p2", 0, -1}};
  return r;
}

Expected<Results> through_a_file(const std::string& text) {
  MOTE_TRY(const TemporaryFolder folder, TemporaryFolder::make());
  MOTE_TRY_STATUS(write_file(folder.path() / "r.csv", text.data(), text.size()));
  return read_results(folder.path() / "r.csv");
}

std::string refusal_of(const std::string& text) {
  const auto results = through_a_file(text);
  return results ? "" : results.error().what;
}

TEST(Results, TheFirstOfTheGreatestScoresDecides) {
  EXPECT_EQ(decide(make_results()), (std::vector<int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(keep_labelled(make_results()).windows.size(), 3u);
  EXPECT_EQ(keep_labelled(make_numbers()).windows.size(), 1u);
}

TEST(Results, AFileWithoutGroupIsOne) {
  const Groups groups = number_groups(make_results());
  EXPECT_EQ(groups.names, (std::vector<std::string>{"a \"2\".wav", "a.wav", "anna"}));
  EXPECT_EQ(groups.of_window, (std::vector<size_t>{2, 2, 0, 1}));
}

TEST(ResultsFile, ReadsWhatItWrites) {
  for (const Results& r : {make_results(), make_numbers()}) {
    const auto read = through_a_file(write_results(r));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->classes, r.classes);
    EXPECT_EQ(read->scores, r.scores);
    EXPECT_EQ(write_results(*read), write_results(r));
    EXPECT_TRUE(align(r, *read));
  }
}

TEST(ResultsFile, SaysWhatIsWrong) {
  EXPECT_NE(refusal_of("").find("holds no windows"), std::string::npos);
  EXPECT_NE(refusal_of("a,b,c\n").find("other columns"), std::string::npos);
  const std::string header = "file,group,begin_s,label,decided,score yes\n";
  EXPECT_NE(refusal_of(header + "a,,0,yes,yes\n").find("5 fields, of 6"), std::string::npos);
  EXPECT_NE(refusal_of(header + "a,,0,no,yes,1\n").find("\"no\" has no score"), std::string::npos);
  EXPECT_NE(refusal_of(header + "a,,0,yes,yes,x\n").find("\"x\" is no number"), std::string::npos);
  EXPECT_FALSE(read_results("/nowhere/r.csv"));
}

TEST(ResultsFile, SoundIsNotAnyNumber) {
  const auto read = through_a_file(write_results(make_sound()));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_TRUE(read->is_sound);
  EXPECT_EQ(write_results(*read), write_results(make_sound()));
  EXPECT_EQ(keep_labelled(*read).windows.size(), 1u);
  EXPECT_TRUE(align(make_sound(), *read));
  EXPECT_FALSE(align(make_numbers(), *read));
}

TEST(Align, PutsWindowsAndClassesInOrder) {
  const Results a = make_results();
  Results b{{"no, thanks", "yes"}, {a.windows[3], a.windows[0], a.windows[2], a.windows[1]}, {1, 2, 3, 4, 5, 6, 7, 8}};
  for (JudgedWindow& window : b.windows)
    if (window.label >= 0) window.label = 1 - window.label;
  const auto aligned = align(a, b);
  ASSERT_TRUE(aligned) << aligned.error().text();
  EXPECT_EQ(aligned->scores, (std::vector<float>{4, 3, 8, 7, 6, 5, 2, 1}));
}

TEST(Align, RefusesOtherWindows) {
  const Results a = make_results();
  auto refusal = [&](Results b) {
    const auto aligned = align(a, b);
    return aligned ? "" : aligned.error().what;
  };
  Results b = a;
  b.windows[1].begin_s = 3;
  EXPECT_NE(refusal(b).find("b/1.wav at 0.5 s"), std::string::npos);
  b = a, b.windows[0].label = 1;
  EXPECT_NE(refusal(b).find("\"yes\", the other one \"no, thanks\""), std::string::npos);
  b = a, b.classes[0] = "maybe";
  EXPECT_NE(refusal(b).find("classes"), std::string::npos);
  b = a, b.windows.pop_back();
  EXPECT_NE(refusal(b).find("4 windows"), std::string::npos);
  EXPECT_NE(refusal(make_numbers()).find("none (a regression)"), std::string::npos);
}

}  // namespace
}  // namespace mote
