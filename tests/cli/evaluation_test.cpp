// mote test: figures that were worked out by hand, of recordings made for it, and of real ones where they are at hand.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>

#include "tests/cli/dense_model.h"
#include "tests/cli/program.h"
#include "tests/cli/sound.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;
using Json = nlohmann::json;

void write(const std::string& path, const std::string& text) {
  ASSERT_TRUE(write_file(path, text.data(), text.size()));
}

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << "not said: " << part << "\nbut: " << text;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream text(text_of(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

Json test_project(const std::string& project, const Arguments& more = {}) {
  Arguments arguments{"test", project, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = run_mote(arguments);
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  return json_of(ran);
}

// ---- sound: the keyword model ----

// The keyword project, about recordings elsewhere.
std::string keyword_project(const Scratch& s, const std::string& data, const std::string& input = {}) {
  std::string toml = text_of(in_source("models/keywords/mote.toml"));
  for (const char* file : {"keywords.tflite", "labels.txt"})
    toml.replace(toml.find("\"" + std::string(file)) + 1, std::string(file).size(), keywords(file));
  toml.insert(toml.find("[input]\n") + 8, input);
  write(s / "mote.toml", toml + "\n[data]\npath = \"" + data + "\"\n");
  return s / "mote.toml";
}

// As many zeros as the samples of the demo.
std::string silence() { return std::string(32000, '\0'); }

TEST(TestVerb, CountsAsByHand) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  for (const char* file : {"anna", "ben", "cleo"})
    write_wav(s / ("data/" + std::string(file) + ".wav"), demo_samples());
  write_wav(s / "data/quiet.wav", silence());
  write(s / "data/labels.csv",
        "file,label,speaker,split\nanna.wav,right,anna,test\nben.wav,right,ben,test\ncleo.wav,left,cleo,test\n"
        "quiet.wav,_silence_,-,test\n");
  const std::string project = keyword_project(s, "data");
  const Json j = test_project(project, {"--save", s / "said.csv"});
  EXPECT_EQ(j["windows"], 4);
  EXPECT_DOUBLE_EQ(j["metrics"]["accuracy"], 0.75);
  EXPECT_DOUBLE_EQ(j["metrics"]["balanced_accuracy"], (1.0 + 0 + 1) / 3);
  EXPECT_EQ(j["interval"]["accuracy"].size(), 2u);
  EXPECT_EQ(j["confusion"]["counts"][4][5], 1) << "left, taken for right";
  EXPECT_EQ(j["confusion"]["counts"][5][5], 2);
  EXPECT_EQ(j["confusion"]["counts"][9][9], 1);
  EXPECT_DOUBLE_EQ(j["classes"][5]["precision"], 2.0 / 3);
  EXPECT_TRUE(j["classes"][4]["precision"].is_null()) << "nothing was told to be left";
  Json groups = j["groups"];
  EXPECT_EQ(groups[3]["events"]["false_alarms"], 0) << "the only one that was listened to";
  groups[3].erase("events");
  EXPECT_EQ(groups, Json::parse(R"([{"name": "anna", "windows": 1, "accuracy": 1.0, "balanced_accuracy": 1.0},
                                         {"name": "ben", "windows": 1, "accuracy": 1.0, "balanced_accuracy": 1.0},
                                         {"name": "cleo", "windows": 1, "accuracy": 0.0, "balanced_accuracy": 0.0},
                                         {"name": "quiet.wav", "windows": 1, "accuracy": 1.0, "balanced_accuracy": 1.0}])"));
  EXPECT_EQ(j["events"]["false_alarms"], 0) << "in the quiet second";
  EXPECT_NEAR(j["events"]["false_alarms_per_day_interval"][1], 3.689 * 86400, 100);
  // What it says of a window is what the model gives for those samples.
  write(s / "samples.bin", demo_samples());
  ASSERT_EQ(run_mote({"run", project, "--input", s / "samples.bin", "--output-dir", s / "results"}).exit_code, 0);
  std::string scores;
  for (char q : text_of(s / "results/output_0.bin"))
    scores += "," + Json((static_cast<int8_t>(q) + 128) / 256.0).dump();
  for (size_t at; (at = scores.find(".0,")) != scores.npos;) scores.erase(at, 2);
  scores.erase(scores.ends_with(".0") ? scores.size() - 2 : scores.size());
  EXPECT_EQ(lines_of(s / "said.csv")[1], "anna.wav,anna,0,right,right" + scores);
  const Ran text = run_mote({"test", project});
  expect_said(text.out, "fewer than 20 groups make them too narrow");
  expect_said(text.out, "balanced accuracy  0.667");
  expect_said(text.out, "no recording says when an event was");
  // Of words alone nothing is known about alarms.
  std::string labels = text_of(s / "data/labels.csv");
  write(s / "data/labels.csv", labels.substr(0, labels.find("quiet.wav")));
  const std::string toml = text_of(project);
  write(project, toml + "[decision]\nthreshold = 0.5\n");
  const Ran words = run_mote({"test", project});
  expect_said(words.out, "[decision] is not judged: no recording has labels in time");
}

TEST(TestVerb, ListensToLongRecordings) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  write_wav(s / "data/evening.wav", silence() + demo_samples() + silence());
  write(s / "data/labels.csv",
        "file,label,split,begin_s,end_s\nevening.wav,right,test,1,2\nevening.wav,left,test,2.4,2.8\n");
  const Json j = test_project(keyword_project(s, "data", "hop = 0.16\n"), {"--save", s / "said.csv"});
  EXPECT_EQ(j["windows"], 13) << "1 s of 3 s, every 0.16 s";
  EXPECT_LT(j["labelled_windows"], 13) << "some hold too little of a word";
  EXPECT_EQ(j["classes"][9]["windows"], 1) << "the first second: outside of every range is background";
  EXPECT_EQ(j["events"]["events"], 2);
  EXPECT_EQ(j["events"]["missed"], 1) << "nobody says left";
  EXPECT_GT(j["events"]["mean_delay_s"], 0.3);
  EXPECT_LT(j["events"]["mean_delay_s"], 1.2);
  EXPECT_DOUBLE_EQ(j["events"]["duration_s"], 3);
  // The same windows one by one: windows that slide keep rows, and the same bits.
  fs::create_directories(s.path / "windows");
  const std::string all = silence() + demo_samples() + silence();
  std::string labels = "file,label,split\n";
  for (size_t i = 0; i < 13; ++i) {
    const std::string file = "w" + std::to_string(10 + i) + ".wav";
    write_wav(s / ("windows/" + file), all.substr(i * 5120, 32000));
    labels += file + ",right,test\n";
  }
  write(s / "windows/labels.csv", labels);
  test_project(keyword_project(s, "windows"), {"--save", s / "apart.csv"});
  auto decided = [&](const std::string& file) {
    std::vector<std::string> lines = lines_of(s / file);
    for (std::string& line : lines) {  // what is behind file, group, begin and label
      size_t comma = 0;
      for (int i = 0; i < 4; ++i) comma = line.find(',', comma) + 1;
      line.erase(0, comma);
    }
    return lines;
  };
  EXPECT_EQ(decided("said.csv"), decided("apart.csv"));
}

// Events are those of [decision], the same that the firmware tells: another threshold, other events.
TEST(TestVerb, DecisionsMakeTheEvents) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  const std::string evening = silence() + demo_samples() + silence() + demo_samples() + silence();
  write_wav(s / "data/evening.wav", evening);
  write(s / "data/labels.csv",
        "file,label,split,begin_s,end_s\nevening.wav,right,test,1,2\nevening.wav,right,test,3,4\n");
  const std::string project = keyword_project(s, "data", "hop = 0.16\n"), toml = text_of(project);
  const Json plain = test_project(project);
  EXPECT_EQ(plain["events"]["told_by"], "greatest score");
  EXPECT_EQ(plain["events"]["missed"], 0);
  std::map<std::string, int> missed;
  for (const std::string threshold : {"0.3", "0.99"}) {
    write(project, toml + "[decision]\naverage = 6\nthreshold = " + threshold + "\n");
    const Json j = test_project(project), events = j["events"];
    EXPECT_EQ(events["told_by"], "decision");
    EXPECT_EQ(events["decision"], (Json{{"threshold", std::stod(threshold)}, {"average", 6}}));
    EXPECT_EQ(j["metrics"], plain["metrics"]) << "windows are judged as they are";
    EXPECT_EQ(j["groups"][0]["events"]["missed"], events["missed"]);
    missed[threshold] = events["missed"].get<int>();
    const Ran verified = run_mote({"verify", project, "--input", s / "data/evening.wav", "--json"});
    ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
    const int told = events["events"].get<int>() - missed[threshold] + events["repeated"].get<int>() +
                     events["false_alarms"].get<int>();
    EXPECT_EQ(json_of(verified)["targets"][0]["events"], told) << threshold;
  }
  EXPECT_EQ(missed, (std::map<std::string, int>{{"0.3", 0}, {"0.99", 2}}));
  const Ran text = run_mote({"test", project, "--stress", "--rounds", "100", "--html", s / "page.html"});
  const std::string said = "[decision] tells, hop by hop: average = 6, threshold = 0.99";
  expect_said(text.out, said);
  expect_said(text.out, "2 of 2 missed, 0 false alarms");
  expect_said(text_of(s / "page.html"), said);
  EXPECT_EQ(text.out.find("0 of 2"), text.out.npos) << "under stress it is the same decision";
}

// A folder is the label of its files, but where a file has labels in time, these are what counts.
TEST(TestVerb, LabelsInTimeOutweighThatOfTheFile) {
  const Scratch s;
  fs::create_directories(s.path / "data/test/party");
  write_wav(s / "data/test/party/evening.wav", silence() + demo_samples());
  write(s / "data/test/party/evening_words.csv", "label,begin_s,end_s\nright,1,2\n");
  const std::string project = keyword_project(s, "data");
  std::string toml = text_of(project);
  toml.replace(toml.find("other = \"_unknown_\""), 19, "");
  write(project, toml);
  const Json j = test_project(project, {"--html", s / "page.html"});
  EXPECT_EQ(j["confusion"]["counts"][9][9], 1);
  EXPECT_EQ(j["confusion"]["counts"][5][5], 1);
  EXPECT_EQ(j["events"]["events"], 1);
  const std::string page = text_of(s / "page.html");
  std::set<std::string> pictures;
  for (size_t at = page.find("base64,"); at != page.npos; at = page.find("base64,", at + 1))
    pictures.insert(page.substr(at, page.find('"', at) - at));
  EXPECT_EQ(pictures.size(), 2u) << "silence, and a word a second later";
}

TEST(TestVerb, RefusesWhatItCannotJudge) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  write_wav(s / "data/a.wav", demo_samples());
  auto complaint = [&](const std::string& rows, const Arguments& more = {}) {
    write(s / "data/labels.csv", "file,label,split\n" + rows);
    Arguments arguments{"test", keyword_project(s, "data")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = run_mote(arguments);
    EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
    return ran.err;
  };
  expect_said(complaint("a.wav,right,train\n"), "no recording is in the part \"test\"; there are 1 in train");
  expect_said(complaint("a.wav,,test\n"), "none of the 1 windows of the part \"test\" has a label");
  write(s / "two.txt", "yes\nno\n");
  expect_said(complaint("a.wav,right,test\n", {"--labels", s / "two.txt"}), "2 labels for the 10 values");
  expect_said(complaint("a.wav,right,test\n", {"--against", s / "none.csv"}), "none.csv: cannot be read");
  std::string toml = text_of(s / "mote.toml");
  std::string nameless = toml;
  for (const char* key : {"labels", "other", "background"}) {
    const size_t at = nameless.find("\n" + std::string(key) + " = ");
    nameless.erase(at, nameless.find('\n', at + 1) - at);
  }
  write(s / "mote.toml", nameless);
  expect_said(run_mote({"test", s.path.string()}).err, "the model gives 10 values and names no classes");
  toml.replace(toml.find("other = \"_unknown_\""), 19, "");
  write(s / "mote.toml", toml);
  write(s / "data/labels.csv", "file,label,split\na.wav,maybe,test\n");
  expect_said(run_mote({"test", s.path.string()}).err,
              "recordings are labelled maybe (1 file); the model knows yes, no");
  write(s / "mote.toml", "[input]\nkind = \"audio\"\n");
  expect_said(run_mote({"test", s.path.string()}).err, "[model] file: is empty");
}

// ---- motion: a model that is written down ----

// What is on the axes x, y, z all the time, in g.
struct Still {
  std::string file, group, label;
  double x = 0, y = 0, z = 0;
};

// A project whose features are the means of the axes.
std::string motion_project(const Scratch& s, const std::vector<Still>& recordings,
                           const std::vector<std::vector<int8_t>>& weights, const std::string& classes) {
  fs::create_directories(s.path / "data");
  std::string labels = "file,label,subject,split\n";
  for (const Still& r : recordings) {
    std::string text = "time_s,ax [g],ay [g],az [g]\n";
    for (int i = 0; i < 50; ++i) {
      text += std::to_string(0.02 * i);
      for (double value : {r.x, r.y, r.z}) text += "," + std::to_string(value);
      text += "\n";
    }
    write(s / ("data/" + r.file), text);
    labels += r.file + "," + r.label + "," + r.group + ",test\n";
  }
  write(s / "data/labels.csv", labels);
  write_dense_model(s / "dense.tflite", weights);
  write(s / "labels.txt", classes);
  std::string toml =
      "[input]\nkind = \"motion\"\nrate_hz = 50\naxes = [\"ax\", \"ay\", \"az\"]\nunit = \"g\"\nrange = 4\n"
      "[[block]]\ntype = \"statistics\"\n";
  for (const char* feature : {"minimum", "maximum", "rms", "deviation", "skewness", "kurtosis"})
    toml += std::string(feature) + " = \"no\"\n";
  toml += "[model]\nfile = \"dense.tflite\"\n";
  if (!classes.empty()) toml += "labels = \"labels.txt\"\n";
  write(s / "mote.toml", toml);
  return s / "mote.toml";
}

TEST(TestVerb, ANetworkTakesSamplesInAnotherUnit) {
  const Scratch s;
  const std::string project =
      motion_project(s, {{"a.csv", "anna", "1", 0.5, 0, 1}, {"b.csv", "ben", "-2", -1, 0.25, 0}}, {{8, 0, 0}}, "");
  write(project,
        "[input]\nrate_hz = 50\naxes = [\"ax\", \"ay\", \"az\"]\nunit = \"g\"\nrange = 4\nwindow = 0.02\n"
        "[[block]]\ntype = \"raw\"\nscale = 2\n[model]\nfile = \"dense.tflite\"\n");
  EXPECT_NEAR(test_project(project)["metrics"]["mae"], 0, 0.02);
}

TEST(TestVerb, MeasuresNumbers) {
  const Scratch s;
  // It says 2 x + y, and x alone is what is asked for.
  const std::string project = motion_project(s,
                                             {{"a.csv", "anna", "1", 0.5, 0, 1},
                                              {"b.csv", "anna", "2", 1, 0.25, 1},
                                              {"c.csv", "ben", "-1", -0.5, 0.5, 1},
                                              {"d.csv", "cleo", "0", 0, 0, 1}},
                                             {{16, 8, 0}}, "");
  const Json j = test_project(project);
  EXPECT_NEAR(j["metrics"]["mae"], (0 + 0.25 + 0.5 + 0) / 4, 0.02);
  EXPECT_NEAR(j["metrics"]["rmse"], std::sqrt((0.0625 + 0.25) / 4), 0.02);
  EXPECT_NEAR(j["metrics"]["r2"], 1 - 0.3125 / 5, 0.02);
  EXPECT_EQ(j["groups"][1]["name"], "ben");
  EXPECT_NEAR(j["groups"][1]["mae"], 0.5, 0.04);
  EXPECT_FALSE(j.contains("confusion"));
  // Against a model that says 2 x, which is right.
  test_project(
      motion_project(s, {{"a.csv", "anna", "1", 0.5, 1, 1}, {"b.csv", "anna", "2", 1, 1, 1}}, {{16, 0, 0}}, ""),
      {"--save", s / "right.csv"});
  write_dense_model(s / "dense.tflite", {{16, 8, 0}});
  const Ran against = run_mote({"test", project, "--against", s / "right.csv"});
  expect_said(against.out, "nearer there: 2 windows; here: 0; p = 1 by permutation of 1 group, two-sided");
  expect_said(against.out, "\n1 group by subject");
  expect_said(against.out, "no intervals: one group shows nothing of how groups differ");
  EXPECT_EQ(test_project(project, {"--against", s / "right.csv"})["against"]["a_nearer"], 2);
  motion_project(s, {{"a.csv", "anna", "much", 0.5, 0, 1}}, {{16, 8, 0}}, "");
  expect_said(run_mote({"test", project}).err, "names no classes, but recordings are labelled much (1 file)");
}

// ---- a model whose output is sound ----

double mean_square(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return sum / static_cast<double>(x.size());
}

// By the definition, of signals without a mean.
double si_sdr_of(const std::vector<double>& e, const std::vector<double>& s) {
  double product = 0;
  for (size_t i = 0; i < s.size(); ++i) product += e[i] * s[i] / static_cast<double>(s.size());
  std::vector<double> target = s, rest;
  for (double& v : target) v *= product / mean_square(s);
  for (size_t i = 0; i < s.size(); ++i) rest.push_back(e[i] - target[i]);
  return 10 * std::log10(mean_square(target) / mean_square(rest));
}

// A hum under hiss, and Butterworth's low-pass of the first order as what makes it better: y[n] = b (x[n] + x[n - 1]) -
// a y[n - 1], by the bilinear transform.
TEST(TestVerb, SaysHowMuchNearerSoundIs) {
  constexpr int kSamples = 2000, kDelay = 1;
  constexpr double kPi = 3.14159265358979323846, kRate = 1000, kCutoff = 100;
  const double k = std::tan(kPi * kCutoff / kRate), b = k / (1 + k), a = (k - 1) / (k + 1);
  const Scratch s;
  fs::create_directories(s.path / "data");
  std::string labels = "file,clean,room,split\n";
  std::vector<double> gains;
  for (int room = 0; room < 3; ++room) {
    std::string clean = "x\n", noisy = "x\n";
    std::vector<double> c, x, y;
    for (int i = 0; i < kSamples; ++i) {
      c.push_back(0.4 * std::sin(2 * kPi * 0.01 * (room + 1) * i));
      x.push_back(c.back() + 0.2 * std::sin(2 * kPi * 0.35 * i));
      const double last = i > 0 ? x[static_cast<size_t>(i - 1)] : 0;
      y.push_back(b * (x.back() + last) - (i > 0 ? a * y.back() : 0));
      clean += std::to_string(c.back()) + "\n", noisy += std::to_string(x.back()) + "\n";
    }
    const std::string name = std::to_string(room) + ".csv";
    write(s / ("data/clean" + name), clean), write(s / ("data/noisy" + name), noisy);
    labels += "noisy" + name + ",clean" + name + ",r" + std::to_string(room) + ",test\nclean" + name + ",,r" +
              std::to_string(room) + ",test\n";
    c.resize(c.size() - kDelay), x.resize(c.size()), y.erase(y.begin(), y.begin() + kDelay);
    gains.push_back(si_sdr_of(y, c) - si_sdr_of(x, c));
  }
  write(s / "data/labels.csv", labels);
  const auto write_project = [&](const std::string& more, const std::string& model) {
    write(s / "mote.toml",
          "[data]\nreference = \"clean\"\n" + more +
              "[input]\nkind = \"vibration\"\nrate_hz = 1000\naxes = [\"x\"]\nrange = 1\nwindow = 0.1\n"
              "hop = 0.02\n[[block]]\ntype = \"filter\"\nkind = \"low\"\ncutoff = 100\norder = 1\n" +
              model);
    return s / "mote.toml";
  };
  const std::string project = write_project("", "[model]\ndelay = 0.001\n");
  const Json j = test_project(project, {"--save", s / "a.csv", "--html", s / "page.html", "--stress"});
  EXPECT_EQ(j["labelled_windows"], 3);
  EXPECT_NEAR(j["metrics"]["si_sdr_gain"].get<double>(), (gains[0] + gains[1] + gains[2]) / 3, 0.02);
  for (size_t room = 0; room < 3; ++room)
    EXPECT_NEAR(j["groups"][room]["si_sdr_gain"].get<double>(), gains[room], 0.02) << room;
  EXPECT_GT(gains[0], 5) << "or else it would not matter";
  expect_said(text_of(s / "page.html"), "After over before");
  const Json late = test_project(write_project("", ""), {"--against", s / "a.csv"});
  EXPECT_LT(late["metrics"]["si_sdr_gain"], j["metrics"]["si_sdr_gain"]);
  EXPECT_EQ(late["against"]["a_better"], 3);
  const auto complaint = [&](const std::string& file) { return run_mote({"test", file}).err; };
  write(s / "data/labels.csv", "file,room,split\nnoisy0.csv,r0,test\n");
  expect_said(complaint(project), "has no column \"clean\" of references; its columns are: file, room, split");
  write(s / "data/labels.csv", "file,clean,split\nnoisy0.csv,short.csv,test\n");
  write(s / "data/short.csv", "x\n0.1\n0.2\n");
  write_project("", "");
  expect_said(complaint(project), "noisy0.csv: is 2000 samples long, its reference 2");
  write_project("", "[[block]]\ntype = \"statistics\"\ninput = \"filter\"\n");
  expect_said(complaint(project), "sound is the 100 samples of a window, at the sensor's rate");
  write(s / "data/labels.csv", "file,clean,split\nnoisy0.csv,../data/clean0.csv,test\n");
  const Ran checked = run_mote({"check", write_project("", "")});
  EXPECT_EQ(checked.exit_code, 1);
  expect_said(checked.err, "the reference ../data/clean0.csv lies outside of the folder of labels.csv");
  write(s / "data/labels.csv", "file,clean,split\nnoisy0.csv,nowhere.csv,test\n");
  expect_said(run_mote({"check", project}).err, "nowhere.csv");
}

TEST(TestVerb, WindowsComeAsTheyDoOnTheDevice) {
  const Scratch s;
  const std::string project = motion_project(s, {{"a.csv", "anna", "1", 0.5, 0, 1}}, {{16, 0, 0}}, "");  // one second
  const std::string toml = text_of(project);
  auto count = [&](const std::string& input) {
    std::string changed = toml;
    write(project, changed.insert(changed.find("[input]\n") + 8, input));
    return test_project(project)["windows"].get<int>();
  };
  EXPECT_EQ(count("window = 0.2\n"), 5);
  EXPECT_EQ(count("window = 0.2\nhop = 0.1\n"), 9);
  EXPECT_EQ(count("window = 0.2\nhop = 0.3\n"), 3) << "at 0, 0.3, 0.6 s";
  EXPECT_EQ(count("window = 0.3\n"), 3) << "what is left is not whole";
  EXPECT_EQ(count("window = 2\n"), 1) << "filled up";
}

TEST(TestVerb, TwoClassesMayShareAnOutput) {
  const Scratch s;
  const std::string project = motion_project(
      s, {{"a.csv", "anna", "up", 0, 0, 1}, {"b.csv", "ben", "down", 0, 0, -1}, {"c.csv", "cleo", "down", 0, 0, 1}},
      {{0, 0, 8}}, "down\nup\n");
  const Json j = test_project(project);
  EXPECT_DOUBLE_EQ(j["metrics"]["accuracy"], 2.0 / 3);
  EXPECT_EQ(j["confusion"]["counts"], Json::parse("[[1, 1], [0, 1]]"));
  // From 0 on, it is a chance: 0.25 is the first class, 0.75 the second.
  for (bool dequantized : {false, true}) {
    motion_project(s, {{"a.csv", "anna", "up", 0, 0, 0.75}, {"b.csv", "ben", "down", 0, 0, 0.25}}, {{0, 0, 8}},
                   "down\nup\n");
    write_dense_model(s / "dense.tflite", {{0, 0, 8}}, {.zero = -128, .dequantized = dequantized});
    EXPECT_EQ(test_project(project)["confusion"]["counts"], Json::parse("[[1, 0], [0, 1]]")) << dequantized;
    std::string package;
    ASSERT_EQ(run_mote({"compile", project, "-o", s / "package", "--target", "cortex-m4"}).exit_code, 0);
    for (const auto& [file, text] : tree_of(s.path / "package")) package += text;
    expect_said(package, dequantized ? "output()[0] > 0.5f;" : "output()[0] > -120;");
  }
  write(s / "labels.txt", "");
  expect_said(run_mote({"test", project}).err,
              "names no classes, but recordings are labelled down (1 file), up (1 file)");
}

// People who lie on their back or stand.
std::vector<Still> people() {
  std::vector<Still> recordings;
  for (int person = 0; person < 10; ++person)
    for (bool lies : {false, true})
      recordings.push_back({(lies ? "lies" : "stands") + std::to_string(person) + ".csv", "p" + std::to_string(person),
                            lies ? "lies" : "stands", 0, lies ? 0.0 : 1.0, lies ? 1.0 : 0.0});
  return recordings;
}

// One model looks at y and z, the other one at nothing.
TEST(TestVerb, SaysWhetherOneIsBetter) {
  const Scratch s;
  const std::vector<Still> recordings = people();
  const std::string blind = motion_project(s, recordings, {{8, 0, 0}, {8, 0, 0}}, "stands\nlies\n");
  test_project(blind, {"--save", s / "blind.csv"});
  const std::string seeing = motion_project(s, recordings, {{0, 8, 0}, {0, 0, 8}}, "stands\nlies\n");
  const Json j = test_project(seeing, {"--against", s / "blind.csv"})["against"];
  EXPECT_EQ(j["a"], 0.5);
  EXPECT_EQ(j["b"], 1.0);
  EXPECT_EQ(j["only_b_right"], 10);
  EXPECT_EQ(j["only_a_right"], 0);
  EXPECT_DOUBLE_EQ(j["p"], 2.0 / 1024) << "all swaps of ten groups";
  EXPECT_EQ(j["interval"], Json::parse("[0.5, 0.5]"));
  expect_said(run_mote({"test", seeing, "--against", s / "blind.csv"}).out, "this one is better");
  test_project(seeing, {"--save", s / "seeing.csv"});
  expect_said(run_mote({"test", seeing, "--against", s / "seeing.csv"}).out, "is better than the other is not shown");
}

TEST(TestVerb, StressShowsWhatHurts) {
  const Scratch s;
  const std::string project = motion_project(s, people(), {{0, 8, 0}, {0, 0, 8}}, "stands\nlies\n");
  const Json j = test_project(project, {"--stress", "--rounds", "100"});
  std::map<std::string, std::vector<double>> by_kind;
  for (const Json& trial : j["stress"]) {
    const std::string kind = trial["kind"];
    by_kind[kind == "stuck" ? trial["axis"].get<std::string>() : kind].push_back(trial["metrics"]["accuracy"]);
  }
  for (const char* harmless : {"gain", "offset", "noise", "lost frames", "clock drift", "ax"})
    for (double accuracy : by_kind.at(harmless)) EXPECT_EQ(accuracy, 1) << harmless;
  EXPECT_EQ(by_kind.at("ay")[0], 1) << "nothing along y: the first class of two equal scores";
  EXPECT_EQ(by_kind.at("az")[0], 0.5) << "nobody lies any more";
  EXPECT_EQ(by_kind.at("rotation")[0], 1) << "10 degrees";
  EXPECT_LT(by_kind.at("rotation")[2], 0.9) << "90 degrees";
  EXPECT_EQ(by_kind.at("flipped bits").size(), 4u);
  EXPECT_EQ(test_project(project, {"--stress", "--rounds", "100"}), j) << "the same seed";
  EXPECT_NE(test_project(project, {"--stress", "--rounds", "100", "--seed", "2"})["stress"], j["stress"]);
  expect_said(run_mote({"test", project, "--stress"}).out, "90 degrees");
}

// Of a model that says 2 x, where the truth is 2 x, the error is what the stress adds.
TEST(TestVerb, StressIsAsStrongAsItSays) {
  const Scratch s;
  const std::string project = motion_project(
      s, {{"a.csv", "anna", "1", 0.5, 0, 1}, {"b.csv", "ben", "2", 1, 0, 1}, {"c.csv", "cleo", "-1", -0.5, 0, 1}},
      {{16, 0, 0}}, "");
  const Json j = test_project(project, {"--stress", "--rounds", "100"});
  std::map<std::string, double> mae;
  for (const Json& trial : j["stress"])
    if (trial["kind"] != "stuck")
      mae[trial["kind"].get<std::string>() + trial["level"].dump()] = trial["metrics"]["mae"];
  EXPECT_LT(j["metrics"]["mae"], 0.01);
  EXPECT_NEAR(mae.at("offset5.0"), 2 * 0.2, 0.04) << "of 4 g";
  EXPECT_NEAR(mae.at("offset20.0"), 2 * 0.8, 0.04);
  EXPECT_NEAR(mae.at("gain-6.0"), 4.0 / 3 * (1 - std::pow(10, -0.3)), 0.04);
  EXPECT_NEAR(mae.at("gain6.0"), 4.0 / 3 * (std::pow(10, 0.3) - 1), 0.04);
  EXPECT_GT(mae.at("rotation90.0"), 0.3);
}

TEST(TestVerb, WritesAPage) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  write_wav(s / "data/anna.wav", demo_samples());
  write_wav(s / "data/cleo.wav", demo_samples());
  write_wav(s / "data/quiet.wav", silence());
  write(s / "data/labels.csv",
        "file,label,speaker,split\nanna.wav,right,<anna>,test\ncleo.wav,left,cleo,test\nquiet.wav,_silence_,-,test\n");
  const std::string project = keyword_project(s, "data");
  const Ran ran = run_mote({"test", project, "--html", s / "page.html", "--stress", "--rounds", "100"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  expect_said(ran.out, "page.html");
  const std::string page = text_of(s / "page.html");
  for (const char* text : {"keywords", "3 windows of 1 s", "Each speaker", "&lt;anna&gt;", "clock drift",
                           "cleo.wav at 0 s", "<b>left</b>, told <b class=\"bad\">right</b>"})
    EXPECT_NE(page.find(text), page.npos) << text;
  const auto count = [&](const std::string& text) {
    size_t n = 0;
    for (size_t at = page.find(text); at != page.npos; at = page.find(text, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("data:image/png"), 4u) << "an example of each window, and the mistake";
  ASSERT_EQ(run_mote({"test", project, "--html", s / "again.html", "--stress", "--rounds", "100"}).exit_code, 0);
  EXPECT_EQ(text_of(s / "again.html"), page);
  EXPECT_EQ(run_mote({"test", project, "--html", s / "page.html/below.html"}).exit_code, 1);
}

TEST(TestVerb, WritesAPageOfNumbersAndAxes) {
  const Scratch s;
  const std::string project =
      motion_project(s, {{"a.csv", "anna", "1", 0.5, 0, 1}, {"b.csv", "ben", "2", 0.5, 0, 1}}, {{16, 0, 0}}, "");
  ASSERT_EQ(run_mote({"test", project, "--html", s / "page.html"}).exit_code, 0);
  const std::string page = text_of(s / "page.html");
  for (const char* text : {"MAE", "Told over true", "<b>2</b>, told 1", "</b> az</span>"})
    EXPECT_NE(page.find(text), page.npos) << text;
}

// ---- real recordings ----

TEST(TestVerb, KeywordsOfPeople) {
  fs::path data;
  if (!find_shared(data, "data/kws-speech-commands")) GTEST_SKIP() << data << " is not there";
  const Scratch s;
  const Json j = test_project(keyword_project(s, fs::absolute(data)), {"--stress", "--rounds", "100"});
  EXPECT_EQ(j["windows"], 129);
  EXPECT_EQ(j["groups"].size(), 44u);
  EXPECT_GT(j["metrics"]["balanced_accuracy"], 0.95) << "it has learned from these";
  EXPECT_LE(j["interval"]["accuracy"][0], j["metrics"]["accuracy"]);
  double windows = 0;
  for (const Json& row : j["confusion"]["counts"])
    for (const Json& count : row) windows += count.get<double>();
  EXPECT_EQ(windows, 129);
  std::map<std::string, double> stressed;
  for (const Json& trial : j["stress"])
    stressed[trial["kind"].get<std::string>() + trial["level"].dump()] = trial["metrics"]["balanced_accuracy"];
  EXPECT_GT(stressed.at("noise30.0"), 0.95);
  EXPECT_LT(stressed.at("noise0.0"), 0.9);
  EXPECT_LT(stressed.at("flipped bits0.1"), j["metrics"]["balanced_accuracy"]);
}

}  // namespace
}  // namespace mote
