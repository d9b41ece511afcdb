// Dumps of emulated firmware: that the host repeats them bit for bit, and finds what is planted.
#include "mote/compiler/verify/replay.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/compare.h"
#include "mote/project/decision.h"

namespace mote {
namespace {

// A word within some seconds.
Bytes one_word() {
  const auto wav = read_file(std::string(MOTE_SOURCE_DIR) + "/models/keywords/demo.wav");
  EXPECT_TRUE(wav);
  Bytes sound(16000, 0);
  sound.insert(sound.end(), wav->begin() + 44, wav->end());
  sound.resize(sound.size() + 26000, 0);
  return sound;
}

class ReplayOn : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    target_ = *find_target(GetParam());
    const auto compiler = compiler_version(*target_), emulator = emulator_version(*target_);
    if (!compiler || !emulator) {
      const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
      if (std::getenv("CI") != nullptr) FAIL() << why;
      GTEST_SKIP() << why;
    }
  }

  // The keywords, decided every `hop` seconds.
  void compile(const std::string& hop) {
    const std::string file = std::string(MOTE_SOURCE_DIR) + "/models/keywords/mote.toml";
    const auto text = read_file(file);
    ASSERT_TRUE(text);
    std::string toml(text->begin(), text->end());
    toml.insert(toml.find("axes"), "hop = " + hop + "\n");
    const auto project = parse_project(
        toml + "[decision]\nthreshold = 0.5\naverage = 2\n[recorder]\nsignal = 1.5\ndecisions = 4\n", file);
    ASSERT_TRUE(project) << project.error().text();
    auto graph = make_project_graph(*project);
    ASSERT_TRUE(graph) << graph.error().text();
    graph_ = std::move(*graph);
    graph_.labels = {"yes", "no", "up", "down", "left", "right", "stop", "go", "_unknown_", "_silence_"};
    const auto decision = plan_decision(*project, graph_);
    ASSERT_TRUE(decision) << decision.error().text();
    decision_ = *decision;
    Graph rewritten = graph_;
    ASSERT_TRUE(run_passes(rewritten, {}));
    PlanOptions options;
    options.costs = target_->costs;
    if (hop == "0.16") options.hop = *hop_rows_of(*project);
    auto plan = make_plan(std::move(rewritten), options);
    ASSERT_TRUE(plan) << plan.error().text();
    plan_ = std::move(*plan);
    FirmwareOptions firmware{"kws_model", target_->name, graph_.labels, self_test_inputs(graph_), {Bytes(10)}};
    firmware.decision = decision_;
    firmware_ = make_firmware(plan_, firmware);
  }

  Expected<Replay> run(const Firmware& firmware) const {
    MOTE_TRY(const BuiltFirmware built, build_firmware(plan_, firmware, *target_));
    MOTE_TRY(const DecisionsRun run, run_decisions(built, *target_, one_word(), DType::int16, false));
    MOTE_TRY(const std::string build, read_dump_build(run.dump));
    EXPECT_EQ(build, firmware_.build);
    MOTE_TRY(const Dump dump, read_dump(run.dump, decision_, plan_.calls.size()));
    EXPECT_EQ(dump.hops, run.decisions.size());
    return replay(graph_, plan_, decision_, dump);
  }

  // The name of the array with a call's weights.
  std::string largest_table(size_t call) const {
    const TableSet set = collect_tables(plan_);
    const auto& tables = plan_.calls[call].tables;
    const auto largest = std::max_element(tables.begin(), tables.end(),
                                          [](const Table& a, const Table& b) { return a.data.size() < b.data.size(); });
    return set.names[static_cast<size_t>(set.of_call[call][static_cast<size_t>(largest - tables.begin())])];
  }

  // One number of an array in the sources, so far behind its beginning, with one bit flipped.
  Firmware flip(const std::string& array, double share) const {
    Firmware firmware = firmware_;
    std::string& text = firmware.files["src/kws_model_data.cpp"];
    const size_t first = text.find('{', text.find(" " + array + "[]"));
    const auto length = static_cast<double>(text.find('}', first) - first);
    const size_t comma = text.find(',', first + static_cast<size_t>(length * share));
    const size_t begin = text.find_first_of("-0123456789", comma), end = text.find_first_not_of("-0123456789", begin);
    text.replace(begin, end - begin, std::to_string(std::stoll(text.substr(begin, end - begin)) ^ 64));
    return firmware;
  }

  const Target* target_ = nullptr;
  Graph graph_;
  DecisionPlan decision_;
  Plan plan_;
  Firmware firmware_;
};

TEST_P(ReplayOn, RepeatsStreamsAndNamesTheOpThatDiffers) {
  compile("0.16");
  if (HasFatalFailure()) return;
  const auto right = run(firmware_);
  ASSERT_TRUE(right) << right.error().text();
  ASSERT_EQ(right->hops.size(), 4u);
  for (const ReplayedHop& hop : right->hops) EXPECT_EQ(hop.wrong, "") << hop.hop;
  EXPECT_TRUE(right->is_right());
  // In 1.5 s there are the windows of three decisions, and samples that came after them.
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(right->hops[i].has_samples, i > 0) << i;

  // A weight of the first convolution, and one of the last. Some do not matter, since their channel is always 0.
  std::vector<size_t> convolutions;
  for (size_t c = 0; c < plan_.calls.size(); ++c)
    if (plan_.graph.ops[static_cast<size_t>(plan_.calls[c].op)].type == "CONV_2D" &&
        !plan_.stream.is_move(static_cast<int32_t>(c)))
      convolutions.push_back(c);
  for (size_t c : {convolutions.front(), convolutions.back()}) {
    const std::string op = describe(plan_.graph.ops[static_cast<size_t>(plan_.calls[c].op)], plan_.graph);
    bool is_seen = false;
    for (double share : {0.5, 0.3, 0.7, 0.4, 0.6}) {
      const auto wrong = run(flip(largest_table(c), share));
      ASSERT_TRUE(wrong) << wrong.error().text();
      for (const ReplayedHop& hop : wrong->hops) {
        if (hop.wrong.empty()) continue;
        is_seen = true;
        EXPECT_EQ(hop.wrong.substr(0, op.size()), op);
      }
      if (is_seen) break;
    }
    EXPECT_TRUE(is_seen) << op;
  }
}

TEST_P(ReplayOn, RepeatsWindowsFromARingAndFindsAnotherRule) {
  compile("0.1");
  if (HasFatalFailure()) return;
  const auto right = run(firmware_);
  ASSERT_TRUE(right) << right.error().text();
  EXPECT_EQ(right->hops.size(), 4u);
  EXPECT_TRUE(right->is_right());

  Firmware firmware = firmware_;
  std::string& text = firmware.files["src/kws_model_decision.cpp"];
  const std::string weight = "/*weight*/ " + std::to_string(kFullWeight);
  ASSERT_NE(text.find(weight), text.npos);
  text.replace(text.find(weight), weight.size(), "/*weight*/ 200");
  const auto wrong = run(firmware);
  ASSERT_TRUE(wrong) << wrong.error().text();
  EXPECT_EQ(wrong->hops[0].wrong, "the decision");
  EXPECT_EQ(wrong->hops[0].scores, right->hops[0].scores);
}

INSTANTIATE_TEST_SUITE_P(Cores, ReplayOn, testing::Values("cortex-m4", "rv32imc"), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace mote
