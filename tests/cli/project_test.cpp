// Projects: what mote check finds, and that the other verbs do what mote.toml says.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/cli/program.h"

namespace mote {
namespace {

using Arguments = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  ASSERT_TRUE(write_file(path, text.data(), text.size()));
}

// mote.toml: the features of two seconds of motion, with what is given beside; sections come again with more keys.
struct Keys {
  std::string data = {}, split = {}, target = {}, axes = R"(["ax", "ay", "az"])", rate = "50", unit = "g", more = {};
};

std::string write_project(const Scratch& s, const Keys& k = {}) {
  const std::string file = s / "mote.toml";
  write(file, "[input]\nkind = \"motion\"\nrate_hz = " + k.rate + "\naxes = " + k.axes + "\nunit = \"" + k.unit +
                  "\"\nrange = 4\nwindow = 2\n" + k.more + "\n[data]\n" + k.data + "\n[split]\n" + k.split +
                  "\n[target]\n" + k.target + "\n[[block]]\ntype = \"statistics\"\n");
  return file;
}

// Ten people who walk and run, 50 Hz; `splits`: a column that says train for the first five, test for the others, and
// of person 4 both where it `leaks`.
void write_data(const Scratch& s, bool splits = false, bool leaks = false) {
  std::filesystem::create_directories(s.path / "data");
  std::string labels = splits ? "file,label,subject,split\n" : "file,label,subject\n";
  for (int person = 0; person < 10; ++person)
    for (const char* label : {"walk", "run"}) {
      std::string text = "time_s,ax [g],ay [g],az [g]\n";
      for (int i = 0; i < 150; ++i) {
        const double phase = 0.4 * i * (label[0] == 'r' ? 2 : 1) + person * person;
        text += std::to_string(0.02 * i) + "," + std::to_string(0.2 * std::sin(phase)) + "," +
                std::to_string(0.1 * std::cos(1.3 * phase) + 0.01 * ((i * 7919 + person) % 13)) + "," +
                std::to_string(1 + 0.1 * std::sin(0.7 * phase)) + "\n";
      }
      const std::string file = std::string(label) + std::to_string(person) + ".csv";
      write(s / ("data/" + file), text);
      labels += file + "," + label + ",p" + std::to_string(person);
      if (splits) labels += person < 4 || (person == 4 && !(leaks && label[0] == 'r')) ? ",train" : ",test";
      labels += "\n";
    }
  write(s / "data/labels.csv", labels);
}

std::string complaints(const Scratch& s, const Keys& keys) {
  const Ran ran = run_mote({"check", write_project(s, keys)});
  EXPECT_EQ(ran.exit_code, ran.err.empty() ? 0 : 1) << transcript(ran);
  return ran.err;
}

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << "not said: " << part << "\nbut: " << text;
}

TEST(ProjectCli, ANewProjectMissesOnlyItsRecordings) {
  for (const char* kind : {"audio", "motion", "vibration", "ecg", "sensor"}) {
    const Scratch s;
    ASSERT_EQ(run_mote({"new", kind, s / "farm"}).exit_code, 0);
    EXPECT_EQ(run_mote({"new", kind, s / "farm"}).exit_code, 1) << "overwritten";
    const Ran ran = run_mote({"check", s / "farm"});
    EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
    expect_said(ran.err, "farm/data: is not there");
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST(ProjectCli, CheckCountsWhatIsThere) {
  const Scratch s;
  write_data(s);
  const Ran ran = run_mote({"check", write_project(s, {.more = "hop = 0.5"}), "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const auto j = json_of(ran);
  EXPECT_EQ(j["data"]["files"], 20);
  EXPECT_EQ(j["data"]["group_column"], "subject");
  EXPECT_EQ(j["split"]["train"], 12);
  EXPECT_EQ(j["split"]["val"], 4);
  EXPECT_EQ(j["split"]["test"], 4);
  EXPECT_EQ(j["hop"]["samples"], 25);
  EXPECT_EQ(j["target"]["name"], "cortex-m4");
}

TEST(ProjectCli, CheckHoldsRecordingsToTheInput) {
  const Scratch s;
  write_data(s);
  EXPECT_EQ(complaints(s, {}), "");
  expect_said(complaints(s, {.rate = "62.5"}), "run0.csv: the rate is 50 Hz; 62.5 Hz is expected");
  EXPECT_EQ(complaints(s, {.data = "mismatch = \"resample\"", .rate = "62.5"}), "");
  expect_said(complaints(s, {.unit = "m/s2"}), "run0.csv: ax is in g; m/s2 is expected");
  expect_said(complaints(s, {.data = "mismatch = \"resample\"", .unit = "m/s2"}),
              "run0.csv: at 2.300 s: az is 1.1 g, beyond full scale, ±0.407886 g");
  expect_said(complaints(s, {.data = "mismatch = \"resample\"", .unit = "V"}), "which does not become V");
  expect_said(complaints(s, {.axes = R"(["ay", "ax", "az"])"}), "the axes are in another order: ax, ay, az");
  EXPECT_EQ(complaints(s, {.data = "mismatch = \"resample\"", .axes = R"(["ay", "ax", "az"])"}), "");
  expect_said(complaints(s, {.axes = R"(["x", "y", "z"])"}), "the axes are named otherwise");
  expect_said(complaints(s, {.data = "path = \"date\""}), "date: is not there");
  write(s / "data/run3.csv", "a word\n");
  expect_said(complaints(s, {}), "run3.csv: ");
  write(s / "mote.toml", "[input]\nkind = \"image\"\nwidth = 8\nheight = 8\n");
  expect_said(run_mote({"check", s / "mote.toml"}).err,
              "walk9.csv: is a recording; [input] kind = image takes pictures");
}

TEST(ProjectCli, CheckHoldsSplitsToTheData) {
  const Scratch s;
  write_data(s);
  expect_said(complaints(s, {.data = "group = \"machine\""}), "has no column \"machine\" of groups");
  expect_said(complaints(s, {.split = "use = \"column\""}), "labels.csv says no split for walk0.csv");
  expect_said(complaints(s, {.split = "validation = 0.5\ntest = 0.5"}), "leave nothing to train with");
  write_data(s, true);
  const auto counts = [&](const std::string& split) {
    return json_of(run_mote({"check", write_project(s, {.split = split}), "--json"}))["split"].dump();
  };
  EXPECT_EQ(counts("use = \"column\""), R"({"test":10,"train":10})");
  EXPECT_EQ(counts("use = \"auto\""), R"({"test":10,"train":10})");
  EXPECT_EQ(counts("use = \"groups\"\nvalidation = 0"), R"({"test":4,"train":16})");
  write_data(s, true, true);
  expect_said(complaints(s, {}), "[split]: the subject \"p4\" is in several splits: test, train");
  EXPECT_EQ(complaints(s, {.split = "use = \"groups\""}), "");
}

TEST(ProjectCli, CheckKnowsTargetsAndTheirMemory) {
  const Scratch s;
  write_data(s);
  expect_said(complaints(s, {.target = "name = \"cortex-m5\""}), "target \"cortex-m5\" is not known; did you mean");
  expect_said(complaints(s, {.target = "name = \"nucleo-l4r5zi\"\nram_bytes = 100000000"}),
              "[target]: ram_bytes = 100000000; nucleo-l4r5zi has ");
  EXPECT_EQ(complaints(s, {.target = "name = \"nucleo-l4r5zi\"\nram_bytes = 1000\nflash_bytes = 9000"}), "");
}

TEST(ProjectCli, DataVerbsTakeTheProject) {
  const Scratch s;
  write_data(s);
  const std::string project = write_project(s, {.split = "validation = 0\ntest = 0.5"});
  const Ran split = run_mote({"data", "split", project, "--json"});
  ASSERT_EQ(split.exit_code, 0) << transcript(split);
  EXPECT_EQ(json_of(split)["splits"]["test"]["walk"], 5);
  EXPECT_FALSE(json_of(split)["splits"].contains("val"));
  EXPECT_EQ(run_mote({"data", "check", project}).exit_code, 0);
  const Ran check = run_mote({"data", "check", write_project(s, {.rate = "62.5"})});
  EXPECT_EQ(check.exit_code, 1);
  expect_said(check.out, "run0.csv: the rate is 50 Hz; 62.5 Hz is expected by [input]");
  expect_said(run_mote({"data", "list", project, "--group", "subject"}).err, "[data] group");
  const std::string slower = write_project(s, {.data = "mismatch = \"resample\"", .rate = "25"});
  const Ran import = run_mote({"data", "import", slower, "-o", s / "slower", "--json"});
  ASSERT_EQ(import.exit_code, 0) << transcript(import);
  EXPECT_EQ(json_of(import)["sensor"]["rate_hz"], 25);
  EXPECT_EQ(run_mote({"data", "import", write_project(s, {.rate = "25"}), "-o", s / "refused"}).exit_code, 1);
}

// What import writes has its rate in sensor.json alone.
TEST(ProjectCli, HoldsImportedDataToItsOwnRate) {
  const Scratch s;
  write_data(s);
  ASSERT_EQ(run_mote({"data", "import", s / "data", "-o", s / "imported"}).exit_code, 0);
  const std::string path = "path = \"imported\"\n";
  EXPECT_EQ(complaints(s, {.data = path}), "");
  expect_said(complaints(s, {.data = path, .rate = "62.5"}), "run0.csv: the rate is 50 Hz; 62.5 Hz is expected");
  expect_said(run_mote({"data", "check", s.path.string()}).out, "the rate is 50 Hz; 62.5 Hz is expected by [input]");
  EXPECT_EQ(json_of(run_mote({"data", "stats", s / "imported", "--json"}))["sensor"]["rate_hz"], 50);
  EXPECT_EQ(complaints(s, {.data = path + "mismatch = \"resample\"", .rate = "62.5"}), "");
  ASSERT_EQ(run_mote({"data", "import", s.path.string(), "-o", s / "fast"}).exit_code, 0);
  EXPECT_EQ(json_of(run_mote({"data", "stats", s / "fast", "--json"}))["items"][0]["frames"], 188)
      << "three seconds at 62.5 Hz";
  const std::string learns = "[model]\nfile = \"m.json\"\n[learn]\nmethod = \"tree\"\n";
  const std::string slow = write_project(s, {.data = path + "mismatch = \"resample\"", .rate = "25", .more = learns});
  const Ran train = run_mote({"train", slow, "--json"});
  ASSERT_EQ(train.exit_code, 0) << transcript(train);
  EXPECT_EQ(json_of(train)["windows"], json_of(train)["recordings"]) << "one of two seconds is in three seconds";
}

TEST(ProjectCli, CopiesStayInOnePart) {
  const Scratch s;
  write_data(s);
  std::string labels = "file,label\n";  // nobody is known, so that only the copies hold files together
  for (int i = 0; i < 10; ++i)
    for (int copy = 0; copy < 3; ++copy) {
      const std::string name = std::to_string(i) + "_" + std::to_string(copy) + ".csv";
      write(s / ("data/" + name), text_of(s / ("data/walk" + std::to_string(i) + ".csv")));
      labels += name + ",walk\n";
    }
  write(s / "data/labels.csv", labels);
  const Ran split = run_mote({"data", "split", write_project(s), "--json"});
  ASSERT_EQ(split.exit_code, 0) << transcript(split);
  std::map<char, std::string> part;
  const nlohmann::json all = json_of(split);
  for (const auto& item : all["items"]) {
    const std::string file = item["file"], in = item["split"];
    EXPECT_EQ(part.emplace(file[0], in).first->second, in) << file;
  }
  EXPECT_EQ(complaints(s, {}), "");
  EXPECT_EQ(json_of(run_mote({"check", s / "mote.toml", "--json"}))["split"].dump(),
            R"({"test":6,"train":18,"val":6})");
  labels = "file,label,split\n0_0.csv,walk,train\n0_1.csv,walk,test\n";
  write(s / "data/labels.csv", labels);
  expect_said(complaints(s, {}), "[split]: 0_1.csv is a copy of 0_0.csv, in another split (test and train)");
}

TEST(ProjectCli, CheckLooksAtTheValues) {
  const Scratch s;
  write_data(s);
  const std::string loud = text_of(s / "data/run3.csv");
  write(s / "data/run3.csv", loud + "3.0,0,20.5,1\n");
  expect_said(complaints(s, {}), "run3.csv: at 3.000 s: ay is 20.5 g, beyond full scale, ±4 g");
  EXPECT_EQ(complaints(s, {.data = "mismatch = \"resample\""}), complaints(s, {}));
  expect_said(run_mote({"data", "check", s.path.string()}).out, "ay is 20.5 g, beyond full scale, ±4");
  write(s / "data/run3.csv", loud);
  const std::string file = write_project(s, {.more = "[model]\nbackground = [\"rum\"]\nother = \"else\"\n"});
  const Ran ran = run_mote({"check", file});
  EXPECT_EQ(ran.exit_code, 1);
  expect_said(ran.err, "[model] background = \"rum\": no recording has this label; did you mean \"run\"?");
  expect_said(ran.err, "[model] other = \"else\": no recording has this label; there are ");
  write(
      file,
      "[input]\nkind = \"motion\"\nrate_hz = 50\naxes = [\"ax\", \"ay\", \"az\"]\nunit = \"g\"\nrange = 4\nwindow = 5\n");
  expect_said(run_mote({"check", file}).err, "there is no [[block]]");
  write(file, text_of(file) + "[[block]]\ntype = \"statistics\"\n");
  const Ran longer = run_mote({"check", file});
  EXPECT_EQ(longer.exit_code, 0) << transcript(longer);
  expect_said(longer.out, "window = 5 s is longer than every recording; the longest has 3 s");
}

// ---- verbs that compile ----

nlohmann::json compiled(const Scratch& s, const Keys& keys, Arguments more = {}) {
  Arguments arguments{"compile", write_project(s, keys), "-o", s / "out", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = run_mote(arguments);
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  return json_of(ran);
}

TEST(ProjectCli, CompileFillsInWhatTheCommandLineLeavesOpen) {
  const Scratch s;
  const Keys small{.target = "name = \"cortex-m0\"\noptimize = \"ram\"", .more = "hop = 0.5"};
  const auto said = compiled(s, small);
  EXPECT_EQ(said["target"], "cortex-m0");
  EXPECT_EQ(said["optimize"], "ram");
  EXPECT_EQ(said["stream"], 1);  // rows of 25 samples
  const auto chosen = compiled(s, small, {"--target", "cortex-m4", "--optimize", "speed", "--stream", "2"});
  EXPECT_EQ(chosen["target"], "cortex-m4");
  EXPECT_EQ(chosen["optimize"], "speed");
  EXPECT_EQ(chosen["stream"], 2);
  EXPECT_FALSE(compiled(s, small, {"--stream", "0"}).contains("stream"));
  EXPECT_FALSE(compiled(s, {}).contains("stream"));
}

TEST(ProjectCli, CompileKeepsTheBudgets) {
  const Scratch s;
  const Ran ram = run_mote({"compile", write_project(s, {.target = "ram_bytes = 100"}), "-o", s / "out"});
  EXPECT_EQ(ram.exit_code, 1) << transcript(ram);
  expect_said(ram.err, "100");
  EXPECT_EQ(compiled(s, {.target = "ram_bytes = 100"}, {"--ram", "9000"})["target"], "cortex-m4");
  const Ran flash = run_mote({"compile", write_project(s, {.target = "flash_bytes = 500"}), "-o", s / "out"});
  EXPECT_EQ(flash.exit_code, 1) << transcript(flash);
  expect_said(flash.err, "500");
}

TEST(ProjectCli, VerifyProvesTheStream) {
  const Scratch s;
  const Ran ran = run_mote({"verify", write_project(s, {.more = "hop = 0.5"}), "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const auto target = json_of(ran)["targets"][0];
  EXPECT_EQ(target["target"], "cortex-m4");
  EXPECT_EQ(target["bit_exact"], true);
  EXPECT_GT(target["windows"], 4);
}

// From sound to a word: log-mel features and the network, in one arena.
TEST(ProjectCli, KeywordsAreBitExactFromTheSamplesOn) {
  for (const Arguments& how : {Arguments{"--random", "1"}, {"--random", "3", "--stream", "8"}}) {
    Arguments arguments{"verify", in_source("models/keywords/mote.toml"), "--json"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    const Ran ran = run_mote(arguments);
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    EXPECT_EQ(json_of(ran)["targets"][0]["bit_exact"], true);
  }
  const Ran heard = run_mote(
      {"verify", in_source("models/keywords/mote.toml"), "--input", in_source("models/keywords/demo.wav"), "--json"});
  ASSERT_EQ(heard.exit_code, 0) << transcript(heard);
  expect_said(json_of(heard)["targets"][0]["classes"], "\"right\" 0.99");
}

TEST(ProjectCli, ProfileHoldsDecisionsToTheirTime) {
  const Scratch s;
  const auto profile = [&](const std::string& latency, const std::string& hop) {
    return run_mote(
        {"profile", write_project(s, {.target = "name = \"nucleo-l4r5zi\"\n" + latency, .more = hop}), "--json"});
  };
  const Ran fits = profile("", "hop = 0.5");
  ASSERT_EQ(fits.exit_code, 0) << transcript(fits);
  const double latency = json_of(fits)["hop_prediction"]["latency_ms"]["nominal"],
               duty = json_of(fits)["hop_cost"]["duty_cycle"];
  EXPECT_GT(latency, 0);
  EXPECT_NEAR(duty, latency / 500, 1e-9);
  const Ran whole = profile("", "hop = 4");
  ASSERT_EQ(whole.exit_code, 0) << transcript(whole);
  EXPECT_FALSE(json_of(whole).contains("hop_prediction"));
  EXPECT_NEAR(json_of(whole)["hop_cost"]["duty_cycle"].get<double>(),
              json_of(whole)["prediction"]["latency_ms"]["nominal"].get<double>() / 4000, 1e-9);
  for (const char* hop : {"hop = 0.5", ""}) {
    const Ran late = profile("latency_ms = 0.001", hop);
    EXPECT_EQ(late.exit_code, 1) << transcript(late);
    expect_said(late.err, "the project allows 0.001 ms");
  }
  const Ran late =
      run_mote({"compile", write_project(s, {.target = "name = \"nucleo-l4r5zi\"\nlatency_ms = 0.001", .more = ""}),
                "-o", s / "late"});
  EXPECT_EQ(late.exit_code, 1) << transcript(late);
  expect_said(late.err, "the project allows 0.001 ms");
}

TEST(ProjectCli, ModelsWithoutAProjectStillNeedATarget) {
  const Scratch s;
  for (const Arguments& arguments : {Arguments{"compile", keywords(), "-o", s / "out"}, {"profile", keywords()}}) {
    const Ran ran = run_mote(arguments);
    EXPECT_EQ(ran.exit_code, 2) << transcript(ran);
    expect_said(ran.err, "needs a --target");
  }
}

}  // namespace
}  // namespace mote
