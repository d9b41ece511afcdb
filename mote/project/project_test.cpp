#include "mote/project/project.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace mote {
namespace {

std::string refusal(std::string_view toml) {
  const auto project = parse_project(toml, "mote.toml");
  return project ? "" : project.error().what;
}

TEST(Project, DefaultsAreAProject) {
  const auto project = parse_project("", "farm/mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  EXPECT_EQ(project->folder, "farm");
  EXPECT_EQ(project->section("target").choice("name"), "cortex-m4");
  EXPECT_TRUE(project->blocks.empty());
}

TEST(Project, EveryMistakeIsNamedWithItsLine) {
  EXPECT_EQ(refusal("[input]\nrate = 16000\n"),
            "mote.toml:2: [input]: there is no setting \"rate\"; did you mean \"rate_hz\"?");
  EXPECT_EQ(
      refusal("[input]\nfrequency = 16000\n"),
      "mote.toml:2: [input]: there is no setting \"frequency\"; there are kind, rate_hz, axes, unit, range, window, hop");
  EXPECT_EQ(refusal("[input]\nrate_hs = 16000\nwindow = -1\n"),
            "mote.toml:2: [input]: there is no setting \"rate_hs\"; did you mean \"rate_hz\"?\n"
            "mote.toml:3: [input]: window = -1; allowed is a number from 0.0001 to 3600 s");
  EXPECT_EQ(refusal("\n[imput]\n"), "mote.toml:2: there is no section [imput]; did you mean [input]?");
  EXPECT_EQ(refusal("input = 3\n"), "mote.toml:1: input is a section: [input]");
  EXPECT_EQ(refusal("[[block]]\ntype = \"mfc\"\n"), "mote.toml:1: there is no block \"mfc\"; did you mean \"mfcc\"?");
  EXPECT_EQ(refusal("[[block]]\n"), "mote.toml:1: a block needs a type, such as type = \"mfcc\"");
  EXPECT_EQ(refusal("[input]\nrate_hz = 16000\naxes = [\"a\", \"b\"]\n[[block]]\ntype = \"mfe\"\n"),
            "mote.toml:4: it takes one axis, and the signal has 2; choose one of them");
  EXPECT_EQ(refusal("[input]\nwindow = 0.015\n"),
            "mote.toml:1: [input]: a window of 0.015 s at 100 Hz is 1.5 samples; a whole number is allowed");
  EXPECT_NE(refusal("[input\n").find("mote.toml:1: "), std::string::npos);
  EXPECT_EQ(refusal("[data]\npath = { a = 1 }\n"), "mote.toml:2: [data]: path is neither a value nor a list of values");
}

TEST(Project, TemplatesAreProjects) {
  for (std::string_view kind : kProjectKinds) {
    const auto text = write_template(kind, "farm");
    ASSERT_TRUE(text);
    const auto project = parse_project(*text, "mote.toml");
    ASSERT_TRUE(project) << kind << "\n" << project.error().text() << "\n" << *text;
    EXPECT_EQ(project->section("input").choice("kind"), kind);
    EXPECT_EQ(project->section("project").choice("name"), "farm");
  }
  EXPECT_FALSE(write_template("smell", "farm"));
}

TEST(Project, ThePageIsWhatTheTablesSay) {
  std::ifstream file(MOTE_SOURCE_DIR "/docs/PROJECT.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), write_reference()) << "docs/PROJECT.md is out of date: mote help project > docs/PROJECT.md";
}

}  // namespace
}  // namespace mote
