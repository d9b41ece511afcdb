// mote calibrate: on recordings whose events are known, on streams made of clips, and what it writes.
#include <gtest/gtest.h>

#include "tests/cli/program.h"
#include "tests/cli/sound.h"

namespace mote {
namespace {

using Json = nlohmann::json;

// Noise between the words, the same each time: a word is to be told from it.
std::string noise(size_t seconds) {
  std::string samples;
  uint32_t state = 1;
  for (size_t i = 0; i < 16000 * seconds; ++i) {
    state = state * 1664525 + 1013904223;
    const auto value = static_cast<int16_t>(static_cast<int32_t>(state >> 22) - 512);
    samples += static_cast<char>(value & 255), samples += static_cast<char>(value >> 8);
  }
  return samples;
}

// The keyword project with recordings of its own; `labels`: the lines of labels.csv.
std::string write_project(const Scratch& s, const std::string& labels, const std::string& decision = {}) {
  for (const char* file : {"keywords.tflite", "labels.txt"}) std::filesystem::copy_file(keywords(file), s.path / file);
  std::filesystem::create_directories(s.path / "data");
  EXPECT_TRUE(write_file(s / "data/labels.csv", labels.data(), labels.size()));
  std::string toml = text_of(keywords("mote.toml"));
  toml.insert(toml.find("axes"), "hop = 0.16\n");
  toml += "[data]\npath = \"data\"\n" + decision;
  EXPECT_TRUE(write_file(s / "mote.toml", toml.data(), toml.size()));
  return s / "mote.toml";
}

Json calibrated(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "calibrate");
  arguments.push_back("--json");
  const Ran ran = run_mote(arguments);
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  return json_of(ran);
}

TEST(Calibrate, LongRecordingsTuneTheDecision) {
  const Scratch s;
  const std::string project =
      write_project(s,
                    "file,label,split,begin_s,end_s\nday.wav,right,val,4,5\nday.wav,right,val,12,13\n"
                    "night.wav,_silence_,val,,\nother.wav,right,train,0,1\n",
                    "\n[decision]\nthreshold = 0.9  # a guess\nmargin = 0.01\n");
  write_wav(s / "data/day.wav", noise(4) + demo_samples() + noise(7) + demo_samples() + noise(3));
  write_wav(s / "data/night.wav", noise(20));
  write_wav(s / "data/other.wav", demo_samples());
  const Json j = calibrated({project, "--svg", s / "trade.svg", "--write"});
  EXPECT_EQ(j["simulated"], false);
  EXPECT_NEAR(j["hours"].get<double>(), 36 / 3600.0, 1e-9);
  EXPECT_EQ(j["events"], 2);
  EXPECT_EQ(j["chosen"]["missed"], 0);
  EXPECT_EQ(j["chosen"]["false_alarms"], 0);
  EXPECT_NEAR(j["chosen"]["false_alarms_per_day_at_most"].get<double>(), 2.9957 * 86400 / 36, 1);
  EXPECT_LT(j["chosen"]["delay_s"], 1.2);
  EXPECT_NE(text_of(s.path / "trade.svg").find("</svg>"), std::string::npos);
  // What is written says the same to mote test's neighbours, and keeps what was there.
  const std::string toml = text_of(project);
  const std::string threshold = "threshold = " + j["chosen"]["decision"]["threshold"].dump() + "  # a guess\n";
  EXPECT_NE(toml.find(threshold + "margin = 0.01\n"), toml.npos) << toml;
  const Ran check = run_mote({"check", project, "--json"});
  EXPECT_EQ(check.exit_code, 0) << transcript(check);
  EXPECT_EQ(json_of(check)["decision"]["event_classes"], 8);
  const Ran text = run_mote({"calibrate", project});
  for (const char* said :
       {"chosen    0 of 2 events missed, 0 told again, 0 false alarms (0 a day, of 1 allowed), delay 0",
        "on these recordings, on which they are tuned", "then mote test"})
    EXPECT_NE(text.out.find(said), text.out.npos) << transcript(text);
  EXPECT_EQ(text.out.find("warning"), text.out.npos) << transcript(text);
  // And decides so in firmware: of the day, two words.
  const Ran verify = run_mote({"verify", project, "--input", s / "data/day.wav", "--json"});
  ASSERT_EQ(verify.exit_code, 0) << transcript(verify);
  EXPECT_EQ(json_of(verify)["targets"][0]["events"], 2);
}

TEST(Calibrate, ClipsAreLaidOverTheBackgroundAtRandom) {
  const Scratch s;
  const std::string project =
      write_project(s, "file,label,split\nword.wav,right,val\nnoise.wav,_silence_,val\nother.wav,left,train\n");
  write_wav(s / "data/word.wav", demo_samples());
  write_wav(s / "data/noise.wav", noise(7));
  write_wav(s / "data/other.wav", noise(1));
  const Json j = calibrated({project, "--simulate", "0.05", "--every", "8"});
  EXPECT_EQ(j["simulated"], true);
  EXPECT_NEAR(j["hours"].get<double>(), 0.05, 1e-6);
  EXPECT_GT(j["events"], 10);
  EXPECT_LT(j["events"], 40);
  EXPECT_EQ(j["chosen"]["false_alarms"], 0);
  EXPECT_LT(j["chosen"]["missed"].get<int>() * 10, j["events"].get<int>());
  EXPECT_EQ(calibrated({project, "--simulate", "0.05", "--every", "8"}), j) << "the same seed";
  const Json each = calibrated({project, "--simulate", "0.05", "--every", "8", "--per-class"})["chosen"];
  EXPECT_LE(each["missed"], j["chosen"]["missed"]);
  EXPECT_EQ(each["false_alarms"], 0);
  EXPECT_NE(calibrated({project, "--simulate", "0.05", "--every", "8", "--seed", "2"})["trade"], j["trade"]);
}

// The word that is to be told is another one than is said: to tell it is to tell something false.
TEST(Calibrate, WritesNothingThatMissesEverything) {
  const Scratch s;
  const std::string project =
      write_project(s, "file,label,split,begin_s,end_s\nday.wav,left,val,4,5\nother.wav,right,train,0,1\n",
                    "\n[decision]\nthreshold = 0.9\n");
  write_wav(s / "data/day.wav", noise(4) + demo_samples() + noise(2));
  write_wav(s / "data/other.wav", demo_samples());
  const std::string toml = text_of(project);
  const Ran seen = run_mote({"calibrate", project});
  EXPECT_EQ(seen.exit_code, 0) << transcript(seen);
  EXPECT_NE(seen.out.find("warning   every event is missed"), seen.out.npos) << transcript(seen);
  EXPECT_FALSE(calibrated({project})["warning"].is_null());
  const Ran ran = run_mote({"calibrate", project, "--write"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("[decision] is not written: every event is missed"), ran.err.npos) << transcript(ran);
  EXPECT_EQ(text_of(project), toml);
}

// Thresholds of all classes leave nothing to tune, but by --per-class, which replaces them.
TEST(Calibrate, ThresholdsOfAllClassesAreInTheWay) {
  const Scratch s;
  std::string thresholds;
  for (const char* word : {"yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"})
    if (("\n" + text_of(keywords("labels.txt"))).find("\n" + std::string(word) + "\n") != std::string::npos)
      thresholds += (thresholds.empty() ? "\"" : ", \"") + std::string(word) + " 0.95\"";
  const std::string project =
      write_project(s, "file,label,split,begin_s,end_s\nday.wav,right,val,4,5\nother.wav,right,train,0,1\n",
                    "\n[decision]\nthreshold = 0.9\nthresholds = [" + thresholds + "]\n");
  write_wav(s / "data/day.wav", noise(4) + demo_samples() + noise(2));
  write_wav(s / "data/other.wav", demo_samples());
  const Ran ran = run_mote({"calibrate", project});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("every class of an event has one of its own"), ran.err.npos) << transcript(ran);
  const Json j = calibrated({project, "--per-class", "--write"});
  EXPECT_EQ(text_of(project).find(" 0.95"), std::string::npos) << text_of(project);
  EXPECT_EQ(j["chosen"]["missed"], 0);
}

TEST(Calibrate, SaysWhatIsMissing) {
  const Scratch s;
  std::string project = write_project(s, "file,label,split\nword.wav,right,val\n");
  write_wav(s / "data/word.wav", demo_samples());
  const auto said = [&](std::vector<std::string> arguments, const char* text) {
    arguments.insert(arguments.begin(), {"calibrate", project});
    const Ran ran = run_mote(arguments);
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_NE(ran.err.find(text), ran.err.npos) << transcript(ran);
  };
  said({}, "no recording of the part \"val\" is of a class of [model] background as a whole");
  said({"--part", "test"}, "no recording is in the part \"test\"");
  std::string toml = text_of(project);
  toml.erase(toml.find("background ="), toml.find('\n', toml.find("background =")) - toml.find("background ="));
  ASSERT_TRUE(write_file(project, toml.data(), toml.size()));
  said({}, "[model] background: names no class");
  project = keywords();
  said({}, "this verb takes a project");
}

}  // namespace
}  // namespace mote
