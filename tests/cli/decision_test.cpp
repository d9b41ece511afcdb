// Projects that decide: what mote check says about [decision], and that samples become the host's decisions in each of
// the ways in which a model is fed.
#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace mote {
namespace {

const std::string kDecision = "threshold = 0.5\nrefractory = 1\n";

std::string write_keywords(const Scratch& s, const std::string& decision, const std::string& hop = "hop = 0.16") {
  for (const char* file : {"keywords.tflite", "labels.txt"})
    std::filesystem::copy_file(keywords(file), s.path / file, std::filesystem::copy_options::overwrite_existing);
  std::string toml = text_of(keywords("mote.toml"));
  toml.insert(toml.find("axes"), hop + "\n");
  toml += "[decision]\n" + decision;
  EXPECT_TRUE(write_file(s / "mote.toml", toml.data(), toml.size()));
  return s / "mote.toml";
}

// The samples of demo.wav, "right", between silences.
std::string write_sound(const Scratch& s, size_t before, size_t behind) {
  const auto wav = read_file(keywords("demo.wav"));
  EXPECT_TRUE(wav);
  Bytes sound(2 * before, 0);
  sound.insert(sound.end(), wav->begin() + 44, wav->end());
  sound.resize(sound.size() + 2 * behind, 0);
  EXPECT_TRUE(write_file(s / "sound.bin", sound.data(), sound.size()));
  return s / "sound.bin";
}

nlohmann::json verified(const Scratch& s, const std::string& project, const std::string& target, size_t before,
                        size_t behind) {
  const Ran ran =
      run_mote({"verify", project, "--target", target, "--input", write_sound(s, before, behind), "--json"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  return json_of(ran)["targets"][0];
}

TEST(DecisionCli, AStreamOfSamplesBecomesTheHostsDecisions) {
  const Scratch s;
  const auto j = verified(s, write_keywords(s, kDecision), "cortex-m4", 16000, 16000);
  EXPECT_EQ(j["decisions"], 13);
  EXPECT_EQ(j["events"], 1);
}

// The model's stride is 8 rows, and this hop has 5.
TEST(DecisionCli, WindowsThatCannotSlideComeFromARing) {
  const Scratch s;
  const std::string project = write_keywords(s, kDecision, "hop = 0.1");
  const auto j = verified(s, project, "rv32imc", 0, 0);
  EXPECT_EQ(j["decisions"], 11);  // of the word twice
  EXPECT_EQ(j["events"], 1);
  EXPECT_FALSE(j.contains("windows"));
  const Ran rows = run_mote({"compile", project, "--feed", "rows", "-o", s / "out"});
  EXPECT_EQ(rows.exit_code, 1);
  EXPECT_NE(rows.err.find("forgets each window"), rows.err.npos) << transcript(rows);
}

TEST(DecisionCli, WindowsApartNeedNoMemoryForSamples) {
  const Scratch s;
  const std::string project = write_keywords(s, kDecision, "");
  const auto j = verified(s, project, "cortex-m4", 0, 0);
  EXPECT_EQ(j["decisions"], 2);
  EXPECT_EQ(j["events"], 1);  // the second is the same word, held
  const Ran ran = run_mote({"compile", project, "-o", s / "out", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(json_of(ran)["decision"]["sample_bytes"], 0);
  EXPECT_EQ(json_of(ran)["decision"]["state_bytes"], 4 + 10 * 25);
}

TEST(DecisionCli, TheExampleOfAPackageRuns) {
  const Scratch s;
  const Ran ran = run_mote({"compile", write_keywords(s, kDecision), "-o", s / "out"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_NE(text_of(s.path / "out/report.txt").find("254 bytes of state, 640 bytes for samples"), std::string::npos);
  ASSERT_EQ(run_program({"cmake", "-S", s / "out", "-B", s / "build"}).exit_code, 0);
  const Ran build = run_program({"cmake", "--build", s / "build"});
  ASSERT_EQ(build.exit_code, 0) << transcript(build);
  EXPECT_EQ(run_program({s / "build/keywords_model_example"}).exit_code, 0);
}

// The firmware's dump goes through mote replay, which knows its build.
TEST(DecisionCli, WhatARecorderKeepsIsReplayed) {
  const Scratch s;
  const std::string recorder = "[recorder]\nsignal = 1.2\n";
  const std::string project = write_keywords(s, kDecision + recorder);
  const Ran verify = run_mote({"verify", project, "--input", write_sound(s, 16000, 16000), "--dump", s / "dump.bin"});
  ASSERT_EQ(verify.exit_code, 0) << transcript(verify);
  EXPECT_NE(verify.out.find("and what the recorder kept of them"), verify.out.npos) << verify.out;
  const Ran replay = run_mote({"replay", s / "dump.bin", project, "--json"});
  ASSERT_EQ(replay.exit_code, 0) << transcript(replay);
  const auto j = json_of(replay);
  EXPECT_EQ(j["right"], true);
  EXPECT_EQ(j["decisions_made"], 13);
  ASSERT_EQ(j["hops"].size(), 1u);
  EXPECT_EQ(j["hops"][0]["hop"], 12);
  EXPECT_EQ(j["hops"][0]["window_kept"], true);
  EXPECT_EQ(j["hops"][0]["scores"], j["hops"][0]["right_scores"]);

  const Ran compile = run_mote({"compile", project, "-o", s / "out", "--json"});
  ASSERT_EQ(compile.exit_code, 0) << transcript(compile);
  EXPECT_EQ(json_of(compile)["recorder"]["build"], j["build"]);
  EXPECT_EQ(json_of(compile)["recorder"]["sample_bytes"], 2 * 19200);
  EXPECT_EQ(json_of(compile)["recorder"]["dump_bytes"], std::filesystem::file_size(s.path / "dump.bin"));
  const auto cost = json_of(compile)["hop_cost"];
  EXPECT_GT(cost["recorder"], 10000);
  EXPECT_LT(cost["recorder"], cost["model"].get<int>() / 10);
  EXPECT_LT(cost["decision"], cost["model"].get<int>() / 10);

  Bytes bytes = *read_file(s.path / "dump.bin");
  bytes[100] ^= 1;
  ASSERT_TRUE(write_file(s.path / "damaged.bin", bytes.data(), bytes.size()));
  const Ran damaged = run_mote({"replay", s / "damaged.bin", project});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_NE(damaged.err.find("the dump's CRC is wrong"), damaged.err.npos) << transcript(damaged);

  const Ran other = run_mote({"replay", s / "dump.bin", write_keywords(s, "threshold = 0.6\n" + recorder)});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find("the dump is of build " + j["build"].get<std::string>()), other.err.npos);
  EXPECT_NE(other.err.find("mote.toml compiles to build "), other.err.npos) << transcript(other);
  const Ran none = run_mote({"replay", s / "dump.bin", write_keywords(s, kDecision)});
  EXPECT_NE(none.err.find("firmware of this project keeps nothing"), none.err.npos) << transcript(none);
}

std::string complaint(const std::string& decision, const std::string& hop = "hop = 0.16") {
  const Scratch s;
  const Ran ran = run_mote({"check", write_keywords(s, decision, hop)});
  EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
  return ran.err;
}

TEST(DecisionCli, CheckSaysWhatCannotBeDecided) {
  const std::pair<const char*, const char*> cases[] = {
      {"threshold = 1.5", "[decision]: threshold: 1.5 is beyond the model's scores, which go from 0 to 0.9961"},
      {"threshold = 0.5\nthresholds = [\"yes\"]", "\"yes\" is no label with its threshold; \"yes 0.8\" is one"},
      {"threshold = 0.5\nvotes = 3", "votes = 3 of voters = 1; at most as many as voters are allowed"},
      {"threshold = 0.5\nrate_most = 2\nrate_time = 80000",
       "rate_time = 80000 s is 500000 hops of 0.16 s; at most 65535"},
      {"threshold = 0.5\ndistance = \"far\"", "distance: there is no class \"far\""},
      {"threshold = 0.5\n[recorder]\nsignal = 0.9",
       "[recorder]: signal = 0.9 s is less than the 1 s of a window and its hop, which"},
      {"threshold = 0\n[recorder]\nsignal = 2", "nothing is decided that could be remembered"},
      {"treshold = 0.5", "there is no setting \"treshold\"; did you mean \"threshold\"?"},
  };
  for (const auto& [decision, said] : cases) {
    const std::string text = complaint(decision);
    EXPECT_NE(text.find(said), text.npos) << decision << "\n" << text;
  }
}

TEST(DecisionCli, ClassesThatAreNoEventsAreThoseOfTheModel) {
  const Scratch s;
  const std::string project = write_keywords(s, kDecision);
  const Ran check = run_mote({"check", project, "--json"});
  ASSERT_EQ(check.exit_code, 0) << transcript(check);
  EXPECT_EQ(json_of(check)["decision"]["event_classes"], 8);
  std::string toml = text_of(project);
  toml.replace(toml.find("[\"_silence_"), 11, "[\"noise");
  ASSERT_TRUE(write_file(project, toml.data(), toml.size()));
  const Ran other = run_mote({"check", project});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find("[model] background: there is no class \"noise\"; there are yes, no, up"), other.err.npos)
      << transcript(other);
}

}  // namespace
}  // namespace mote
