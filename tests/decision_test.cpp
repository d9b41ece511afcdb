// Decisions of whole firmware: that it makes those of the host, and that others would be seen.
#include <gtest/gtest.h>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/compare.h"
#include "mote/project/decision.h"

namespace mote {
namespace {

// Sound of two words, of some seconds.
Bytes two_words() {
  const auto wav = read_file(std::string(MOTE_SOURCE_DIR) + "/models/keywords/demo.wav");
  EXPECT_TRUE(wav);
  const std::span<const uint8_t> samples = std::span(*wav).subspan(44);
  Bytes sound(48000, 0);
  for (int i = 0; i < 2; ++i) {
    sound.insert(sound.end(), samples.begin(), samples.end());
    sound.resize(sound.size() + 32000, 0);
  }
  return sound;
}

Expected<Project> keyword_project() {
  const std::string file = std::string(MOTE_SOURCE_DIR) + "/models/keywords/mote.toml";
  MOTE_TRY(const Bytes text, read_file(file));
  std::string toml(text.begin(), text.end());
  toml.insert(toml.find("axes"), "hop = 0.16\n");
  return parse_project(toml + "[decision]\nthreshold = 0.5\naverage = 2\nrefractory = 1\nrate_most = 3\n", file);
}

TEST(Decisions, OfFirmwareAreThoseOfTheHost) {
  const auto target = find_target("cortex-m4");
  ASSERT_TRUE(target);
  if (!compiler_version(**target) || !emulator_version(**target)) GTEST_SKIP() << "needs a compiler and QEMU";
  const auto project = keyword_project();
  ASSERT_TRUE(project) << project.error().text();
  auto graph = make_project_graph(*project);
  ASSERT_TRUE(graph) << graph.error().text();
  graph->labels = {"yes", "no", "up", "down", "left", "right", "stop", "go", "_unknown_", "_silence_"};
  auto decision = plan_decision(*project, *graph);
  ASSERT_TRUE(decision) << decision.error().text();
  PlanOptions options;
  options.hop = *hop_rows_of(*project);
  Graph rewritten = *graph;
  ASSERT_TRUE(run_passes(rewritten, {}));
  const auto plan = make_plan(std::move(rewritten), options);
  ASSERT_TRUE(plan) << plan.error().text();
  FirmwareOptions firmware{"kws_model", "cortex-m4", graph->labels, {}, {Bytes(10)}};
  firmware.decision = *decision;
  const auto built = build_firmware(*plan, make_firmware(*plan, firmware), **target);
  ASSERT_TRUE(built) << built.error().text();
  const Bytes sound = two_words();
  const auto run = compare_decisions(*graph, *decision, *built, **target, sound);
  ASSERT_TRUE(run) << run.error().text();
  std::vector<std::string> words;
  for (const Decision& d : run->decisions)
    if (d.event != kNoClass) words.push_back(graph->labels[static_cast<size_t>(d.event)]);
  EXPECT_EQ(words, (std::vector<std::string>{"right", "right"}));
  // A rule that the firmware does not have: the first decision that is not the same is named.
  decision->rule.params.average = 1;
  const auto other = compare_decisions(*graph, *decision, *built, **target, sound);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().what.find("the decision of hop 5 differs: \"best "), std::string::npos)
      << other.error().text();
  decision->rule.params.average = 2, decision->hop /= 2;
  EXPECT_FALSE(compare_decisions(*graph, *decision, *built, **target, sound));
}

}  // namespace
}  // namespace mote
