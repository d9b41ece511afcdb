// mote train: from recordings to a model, and that every verb then takes the project with what it learned.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "mote/compiler/base/rng.h"
#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  ASSERT_TRUE(write_file(path, text.data(), text.size()));
}

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << "not said: " << part << "\nbut: " << text;
}

// Six machines that hum, at a load of 1 to 3; broken ones rattle besides.
void write_machines(const Scratch& s, bool loads = false) {
  fs::create_directories(s.path / "data");
  std::string labels = "file,label,machine,split\n";
  Rng rng(11);
  for (int machine = 0; machine < 6; ++machine)
    for (int load = 1; load <= 3; ++load)
      for (const char* state : {"good", "broken"}) {
        std::string text = "x,y\n";
        for (int i = 0; i < 300; ++i) {
          const double hum = 0.1 * load * std::sin(0.9 * i + machine), rattle = state[0] == 'b' ? 0.3 * rng.unit() : 0;
          text += std::to_string(hum + rattle + 0.01 * rng.unit()) + "," +
                  std::to_string(0.5 * hum + 0.01 * rng.unit()) + "\n";
        }
        const std::string name = std::string(state) + std::to_string(machine) + std::to_string(load) + ".csv";
        write(s / ("data/" + name), text);
        labels += name + "," + (loads ? std::to_string(load) : state) + ",m" + std::to_string(machine) +
                  (machine < 3   ? ",train\n"
                   : machine < 4 ? ",val\n"
                                 : ",test\n");
      }
  write(s / "data/labels.csv", labels);
}

std::string write_project(const Scratch& s, const std::string& learn,
                          const std::string& model = "file = \"model.json\"\n", const std::string& window = "1") {
  write(
      s / "mote.toml",
      "[project]\nname = \"pump\"\n[input]\nkind = \"vibration\"\nrate_hz = 100\naxes = [\"x\", \"y\"]\nrange = 1\nwindow = " +
          window + "\nhop = 0.5\n[[block]]\ntype = \"statistics\"\n[[block]]\ntype = \"spectral\"\n[model]\n" + model +
          "[learn]\n" + learn);
  return s / "mote.toml";
}

nlohmann::json figures(const std::string& project) {
  const Ran trained = run_mote({"train", project, "--json"});
  EXPECT_EQ(trained.exit_code, 0) << transcript(trained);
  const Ran tested = run_mote({"test", project, "--json", "--rounds", "100"});
  EXPECT_EQ(tested.exit_code, 0) << transcript(tested);
  const nlohmann::json said = json_of(trained);
  EXPECT_EQ(said["recordings"], 18);
  EXPECT_EQ(said["windows"], 90);
  EXPECT_FALSE(said["metrics"]["val"].is_null());
  return json_of(tested)["metrics"];
}

TEST(TrainVerb, TellsClassesApartByEachMethod) {
  const Scratch s;
  write_machines(s);
  for (const char* method : {"tree", "forest", "boosted", "logistic", "prototypes"})
    EXPECT_GT(figures(write_project(s, "method = \"" + std::string(method) + "\"\n"))["balanced_accuracy"], 0.9)
        << method;
  EXPECT_GT(figures(write_project(s, "method = \"prototypes\"\npca = 6\n"))["balanced_accuracy"], 0.9);
}

TEST(TrainVerb, LearnsFromPrincipalComponents) {
  const Scratch s;
  write_machines(s);
  const std::string project = write_project(s, "method = \"forest\"\npca = 5\nwhiten = true\n");
  const Ran trained = run_mote({"train", project});
  EXPECT_EQ(trained.exit_code, 0) << transcript(trained);
  expect_said(trained.out, ", of 5 principal components");
  const Ran verified = run_mote({"verify", project, "--json"});
  EXPECT_EQ(verified.exit_code, 0) << transcript(verified);
  EXPECT_EQ(json_of(verified)["targets"][0]["bit_exact"], true);
  const Ran many = run_mote({"train", write_project(s, "method = \"forest\"\npca = 900\n")});
  EXPECT_EQ(many.exit_code, 1);
  expect_said(many.err, "[learn] pca = 900, but the blocks make ");
}

TEST(TrainVerb, TellsWhatIsNotOrdinary) {
  const Scratch s;
  write_machines(s);
  const std::string other = "file = \"model.json\"\nother = \"anomaly\"\n";
  for (const char* method : {"clusters", "gaussians"}) {
    const auto metrics = figures(write_project(
        s, "method = \"" + std::string(method) + "\"\nnormal = \"good\"\nordinary = 0.95\ncovariances = \"diagonal\"\n",
        other));
    EXPECT_GT(metrics["auc"], 0.95) << method;
    EXPECT_GT(metrics["balanced_accuracy"], 0.7) << method;
  }
}

TEST(TrainVerb, PredictsNumbers) {
  const Scratch s;
  write_machines(s, true);
  for (const char* learn : {"method = \"linear\"\n", "method = \"forest\"\npredict = \"number\"\n",
                            "method = \"boosted\"\npredict = \"number\"\n"})
    EXPECT_LT(figures(write_project(s, learn))["mae"], 0.2) << learn;
}

TEST(TrainVerb, WhatWasLearnedRunsOnTheChip) {
  const Scratch s;
  write_machines(s);
  const std::string project = write_project(s, "method = \"boosted\"\ntrees = 5\ndepth = 3\n");
  const Ran early = run_mote({"compile", project, "-o", s / "package"});
  EXPECT_EQ(early.exit_code, 1);
  expect_said(early.err, "model.json: is not there yet; mote train makes it");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  const Ran compiled = run_mote({"compile", project, "-o", s / "package"});
  EXPECT_EQ(compiled.exit_code, 0) << transcript(compiled);
  expect_said(text_of(s / "package/examples/main.cpp"), "best = pump_model::output()[0] > 0;");
  expect_said(text_of(s / "package/src/pump_model.cpp"), "\"broken\"");
  const auto verify = [&](Arguments more) {
    Arguments arguments{"verify", project, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran verified = run_mote(arguments);
    EXPECT_EQ(verified.exit_code, 0) << transcript(verified);
    return json_of(verified)["targets"][0];
  };
  const nlohmann::json all = verify({});
  EXPECT_EQ(all["bit_exact"], true);
  // Four windows of 1 s of recordings are 7 hops of 0.5 s more than made-up rows alone, and one more where they meet.
  EXPECT_EQ(all["windows"], verify({"--recorded", "0"})["windows"].get<int>() + 8);
  const std::string recording = s / "data/broken51.csv";
  EXPECT_EQ(verify({"--input", recording})["windows"], 5) << "3 s of it";
  const nlohmann::json ran = json_of(run_mote({"run", project, "--input", recording, "--json"}));
  EXPECT_EQ(ran["windows"].size(), 5u);
  const Ran other = run_mote({"run", project, "--input", s / "data/labels.csv"});
  EXPECT_EQ(other.exit_code, 1) << transcript(other);
}

// Recordings without times have the project's rate.
TEST(TrainVerb, WhatWasLearnedIsTestedUnderStress) {
  const Scratch s;
  write_machines(s);
  const std::string project = write_project(s, "method = \"tree\"\n");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  const Ran tested = run_mote({"test", project, "--stress", "--json", "--rounds", "100"});
  ASSERT_EQ(tested.exit_code, 0) << transcript(tested);
  std::set<std::string> kinds;
  const nlohmann::json j = json_of(tested);
  for (const nlohmann::json& trial : j["stress"]) kinds.insert(trial["kind"]);
  for (const char* kind : {"gain", "clock drift", "lost frames"}) EXPECT_EQ(kinds.count(kind), 1u) << kind;
}

// Balanced accuracies of a trained project by the share of flipped bits, in per cent.
std::map<double, double> accuracy_with_flips(const std::string& project, int seed) {
  const Ran tested =
      run_mote({"test", project, "--stress", "--json", "--rounds", "100", "--seed", std::to_string(seed)});
  EXPECT_EQ(tested.exit_code, 0) << transcript(tested);
  std::map<double, double> by_level;
  const nlohmann::json j = json_of(tested);
  for (const nlohmann::json& trial : j["stress"])
    if (trial["kind"] == "flipped bits") by_level[trial["level"]] = trial["metrics"]["balanced_accuracy"];
  return by_level;
}

// Of several draws: the few bits of a small model may all be harmless.
TEST(TrainVerb, FlippedBitsHurtEveryLearner) {
  const Scratch s;
  write_machines(s);
  const std::string model = "file = \"model.json\"\n";
  const std::pair<const char*, std::string> projects[] = {
      {"forest\"\n", model},
      {"boosted\"\n", model},
      {"logistic\"\n", model},
      {"prototypes\"\npca = 6\n", model},
      {"gaussians\"\nnormal = \"good\"\ncovariances = \"diagonal\"\n", model + "other = \"anomaly\"\n"}};
  for (const auto& [learn, named] : projects) {
    const std::string project = write_project(s, "method = \"" + std::string(learn), named);
    const double right = figures(project)["balanced_accuracy"];
    EXPECT_GT(right, 0.7) << learn;
    double least = 1;
    for (int seed = 1; seed <= 6; ++seed) {
      const auto accuracy = accuracy_with_flips(project, seed);
      ASSERT_EQ(accuracy.size(), 4u) << learn;
      EXPECT_NEAR(accuracy.at(0.001), right, 0.1) << learn << ": hardly a bit";
      least = std::min(least, accuracy.at(1));
    }
    EXPECT_LT(least, right - 0.1) << learn;
  }
}

// The one score of two classes is that of the second, in firmware too.
TEST(TrainVerb, OneScoreOfTwoClassesDecidesForTheSecond) {
  const Scratch s;
  write_machines(s);
  const std::string project =
      write_project(s, "method = \"logistic\"\n[decision]\nthreshold = 0.5\n[recorder]\nsignal = 1\n",
                    "file = \"model.json\"\nbackground = [\"broken\"]\n");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  const Ran verified =
      run_mote({"verify", project, "--input", s / "data/good51.csv", "--dump", s / "dump.bin", "--json"});
  ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
  EXPECT_GT(json_of(verified)["targets"][0]["events"], 0);
  const Ran replayed = run_mote({"replay", s / "dump.bin", project, "--json"});
  ASSERT_EQ(replayed.exit_code, 0) << transcript(replayed);
  EXPECT_EQ(json_of(replayed)["hops"][0]["decision"]["best"], "good");
  ASSERT_EQ(run_mote({"compile", project, "-o", s / "package"}).exit_code, 0);
  const std::string rule = text_of(s / "package/src/pump_model_decision.cpp");
  expect_said(rule, "1},  // good");
  expect_said(rule, "event_label(int32_t index) { return label(index + 1); }");
  expect_said(text_of(s / "package/examples/main.cpp"), "pump_model::event_label(decision.event)");
}

// The event may be the class that logistic regression has no score for.
TEST(TrainVerb, EitherOfTwoClassesMayBeTheEvent) {
  const Scratch s;
  write_machines(s);
  for (const char* method : {"logistic", "boosted"}) {
    const std::string project =
        write_project(s, "method = \"" + std::string(method) + "\"\n[decision]\nthreshold = 0.5\n",
                      "file = \"model.json\"\nbackground = [\"good\"]\n");
    ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
    for (const auto& [recording, are_there] : {std::pair("broken51.csv", true), {"good51.csv", false}}) {
      const Ran verified = run_mote({"verify", project, "--input", s / ("data/" + std::string(recording)), "--json"});
      ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
      EXPECT_EQ(json_of(verified)["targets"][0]["events"] > 0, are_there) << method << " " << recording;
    }
    const Ran tested = run_mote({"test", project, "--json", "--rounds", "100"});
    ASSERT_EQ(tested.exit_code, 0) << transcript(tested);
    EXPECT_EQ(json_of(tested)["events"]["false_alarms"], 0) << method;
    EXPECT_GT(json_of(tested)["metrics"]["accuracy"], 0.9) << method;
  }
}

// What was never learned is far from all that was; firmware calls it unknown, and tells no event.
TEST(TrainVerb, KnowsWhatItDoesNotKnow) {
  const Scratch s;
  write_machines(s);
  Rng rng(5);
  std::string labels = text_of(s / "data/labels.csv");
  for (int i = 0; i < 3; ++i) {
    std::string text = "x,y\n";
    for (int t = 0; t < 300; ++t)
      text += std::to_string(0.4 * std::sin(2.7 * t + i) + 0.01 * rng.unit()) + "," +
              std::to_string(0.01 * rng.unit()) + "\n";
    const std::string name = "screech" + std::to_string(i) + ".csv";
    write(s / ("data/" + name), text);
    labels += name + ",screech,m" + std::to_string(4 + i) + ",test\n";
  }
  write(s / "data/labels.csv", labels);
  const std::string model = "file = \"model.json\"\nbackground = [\"good\"]\n",
                    decision = "[decision]\nthreshold = 0.5\n";
  const auto events = [&](const std::string& project) {
    const Ran verified = run_mote({"verify", project, "--input", s / "data/screech0.csv", "--json"});
    EXPECT_EQ(verified.exit_code, 0) << transcript(verified);
    return json_of(verified)["targets"][0]["events"].get<int>();
  };
  for (const char* learn :
       {"method = \"logistic\"\ndistance = \"clusters\"\n", "method = \"prototypes\"\ndistance = \"clusters\"\n",
        "method = \"forest\"\ndistance = \"gaussians\"\ncovariances = \"diagonal\"\n"}) {
    const std::string project = write_project(s, learn + decision, model);
    ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
    const Ran tested = run_mote({"test", project, "--json", "--rounds", "100"});
    ASSERT_EQ(tested.exit_code, 0) << transcript(tested);
    const nlohmann::json j = json_of(tested);
    EXPECT_EQ(j["novelty"]["windows"], 15);
    EXPECT_EQ(j["novelty"]["labels"].dump(), "[\"screech\"]");
    EXPECT_GT(j["events"]["duration_s"], 24) << "what is new is listened to, besides the good ones' 18 s";
    EXPECT_GT(j["novelty"]["auc"], 0.95) << learn;
    EXPECT_LT(j["novelty"]["known_called_unknown"], 6) << learn << ", of 60";
    EXPECT_EQ(j["classes"].size(), 2u) << "a distance is no class";
    EXPECT_GT(j["metrics"]["accuracy"], 0.9) << learn;
  }
  const std::string project = write_project(s, "method = \"logistic\"\ndistance = \"clusters\"\n" + decision, model);
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  EXPECT_EQ(events(project), 0);
  // The same model, with every distance allowed: an event for lack of anything better.
  write_project(s, "method = \"logistic\"\ndistance = \"clusters\"\n" + decision + "distance_limit = 1\n", model);
  EXPECT_GT(events(project), 0);
  write_project(s, "method = \"logistic\"\n" + decision, model);
  expect_said(run_mote({"test", project}).err, "trained with a score that is no class, \"distance\"");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  expect_said(run_mote({"test", project}).err, "recordings are labelled screech (3 files)");
}

// Distances from a limit and numbers are brought to int8 for decisions.
TEST(TrainVerb, AnomaliesAndNumbersAreDecidedOf) {
  const Scratch s;
  const auto events = [&](const std::string& project, const std::string& recording) {
    const Ran verified = run_mote({"verify", project, "--input", s / ("data/" + recording), "--json"});
    EXPECT_EQ(verified.exit_code, 0) << transcript(verified);
    return json_of(verified)["targets"][0]["events"].get<int>();
  };
  write_machines(s);
  for (const char* method : {"clusters", "gaussians"}) {
    const std::string project = write_project(s,
                                              "method = \"" + std::string(method) +
                                                  "\"\nnormal = \"good\"\ncovariances = \"diagonal\"\n[decision]\n"
                                                  "threshold = 0.5\n",
                                              "file = \"model.json\"\nother = \"anomaly\"\nbackground = [\"good\"]\n");
    const Ran trained = run_mote({"train", project});
    ASSERT_EQ(trained.exit_code, 0) << transcript(trained);
    EXPECT_GT(events(project, "broken51.csv"), 0) << method;
    EXPECT_EQ(events(project, "good11.csv"), 0) << method << ", which it has learned from";
    const Ran compiled = run_mote({"compile", project, "-o", s / "package"});
    ASSERT_EQ(compiled.exit_code, 0) << transcript(compiled);
    expect_said(text_of(s / "package/src/pump_model_decision.cpp"), "1},  // anomaly");
    const Ran tested = run_mote({"test", project, "--json", "--rounds", "100"});
    ASSERT_EQ(tested.exit_code, 0) << transcript(tested);
    EXPECT_GT(json_of(tested)["metrics"]["auc"], 0.9) << method;
  }
  write_machines(s, true);
  const std::string project = write_project(s, "method = \"linear\"\n[decision]\nthreshold = 2.5\n");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  EXPECT_GT(events(project, "good53.csv"), 0) << "a load of 3";
  EXPECT_EQ(events(project, "good51.csv"), 0) << "a load of 1";
}

// A hop beyond the window is a pause, which firmware, verify and calibrate take alike.
TEST(TrainVerb, DevicesMayPauseBetweenWindows) {
  const Scratch s;
  write_machines(s);
  const std::string project =
      write_project(s, "method = \"tree\"\n[decision]\nthreshold = 0.5\nrefractory = 4\n[recorder]\nsignal = 3\n",
                    "file = \"model.json\"\nbackground = [\"good\"]\n", "0.25");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  for (const char* feed : {"whole", "rows"}) {
    const Ran verified = run_mote({"verify", project, "--feed", feed, "--dump", s / "dump.bin", "--json"});
    ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
    const nlohmann::json target = json_of(verified)["targets"][0];
    EXPECT_EQ(target["decisions"], target["inputs"].get<int>()) << "of two rounds of the inputs every other one";
  }
  ASSERT_EQ(run_mote({"compile", project, "-o", s / "package"}).exit_code, 0);
  const std::string rule = text_of(s / "package/src/pump_model_decision.cpp");
  expect_said(rule, "/*refractory*/ 8");
  expect_said(rule, "pause = kHopValues - kWindowValues;");
}

TEST(TrainVerb, SaysWhatKeptItFromJudging) {
  const Scratch s;
  write_machines(s);
  const std::string project = write_project(s, "method = \"tree\"\n");
  std::string labels = text_of(s / "data/labels.csv");
  labels.replace(labels.find("good31.csv,good"), 15, "good31.csv,odd");
  write(s / "data/labels.csv", labels);
  const Ran odd = run_mote({"train", project});
  EXPECT_EQ(odd.exit_code, 0) << transcript(odd);
  expect_said(odd.out, "val    not judged: ");
  expect_said(odd.out, "recordings are labelled odd (1 file); the model knows broken, good");
  EXPECT_EQ(odd.out.find("no recordings"), odd.out.npos);
  const nlohmann::json j = json_of(run_mote({"train", project, "--json"}));
  EXPECT_FALSE(j["not_judged"]["val"].is_null());
  EXPECT_FALSE(j["metrics"]["train"].is_null());
  for (size_t at = 0; (at = labels.find(",val\n")) != labels.npos;) labels.replace(at, 5, ",test\n");
  write(s / "data/labels.csv", labels);
  const Ran none = run_mote({"train", project});
  expect_said(none.out, "val    no recordings");
  EXPECT_EQ(none.out.find("not judged"), none.out.npos);
}

TEST(TrainVerb, TheWayOfLearningIsJudgedOnEveryGroup) {
  const Scratch s;
  write_machines(s);
  const std::string project = write_project(s, "method = \"forest\"\n");
  for (const char* folds : {"groups", "3"}) {
    const Ran ran = run_mote({"test", project, "--cross-validate", folds, "--json", "--save", s / "said.csv"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    const nlohmann::json j = json_of(ran);
    EXPECT_EQ(j["folds"], folds[0] == '3' ? 3 : 6);
    EXPECT_EQ(j["windows"], 180) << "each once";
    EXPECT_EQ(j["groups"].size(), 6u);
    EXPECT_GT(j["metrics"]["balanced_accuracy"], 0.9);
  }
  EXPECT_FALSE(fs::exists(s.path / "model.json")) << "it trains none to keep";
  Rng rng(5);
  // Labels that say nothing: who judges what it has learned from would still be right.
  std::string labels = text_of(s / "data/labels.csv");
  for (size_t at = 0; (at = labels.find("\n", at)) + 1 < labels.size(); ++at) {
    const size_t comma = labels.find(',', at), end = labels.find(',', comma + 1);
    labels.replace(comma + 1, end - comma - 1, rng.chance(0.5) ? "broken" : "good");
  }
  write(s / "data/labels.csv", labels);
  const Ran blind = run_mote({"test", project, "--cross-validate", "groups", "--json"});
  ASSERT_EQ(blind.exit_code, 0) << transcript(blind);
  EXPECT_LT(json_of(blind)["metrics"]["balanced_accuracy"], 0.7);
}

TEST(TrainVerb, OtherFeaturesThanThoseLearnedAreRefused) {
  const Scratch s;
  write_machines(s);
  const std::string learn = "method = \"tree\"\n";
  ASSERT_EQ(run_mote({"train", write_project(s, learn)}).exit_code, 0);
  const Ran window = run_mote({"check", write_project(s, learn, "file = \"model.json\"\n", "1.5")});
  EXPECT_EQ(window.exit_code, 1);
  expect_said(window.err,
              "[input] window was \"1\" when this model was trained, and is \"1.5\"; mote train makes it anew");
}

// Grams and degrees: each axis has a range of its own, and columns that are no axes are left out.
TEST(TrainVerb, AxesMayMeasureDifferentThings) {
  const Scratch s;
  fs::create_directories(s.path / "data");
  Rng rng(3);
  std::string labels = "file,label,split\n";
  for (int i = 0; i < 12; ++i) {
    std::string text = "number,warm,shake,note\n";
    for (int k = 0; k < 100; ++k)
      text += std::to_string(k) + "," + std::to_string(60 + 5 * rng.unit()) + "," +
              std::to_string((i % 2 == 0 ? 0.0002 : 0.0004) * rng.unit()) + "," + std::to_string(rng.unit()) + "\n";
    const std::string file = std::to_string(i) + ".csv";
    write(s / ("data/" + file), text);
    labels += file + (i % 2 == 0 ? ",calm," : ",rough,") + (i < 8 ? "train\n" : "test\n");
  }
  write(s / "data/labels.csv", labels);
  const auto project = [&](const std::string& data, const std::string& ranges) {
    write(s / "mote.toml", "[data]\n" + data + "[input]\nrate_hz = 10\naxes = [\"warm\", \"shake\"]\n" + ranges +
                               "[[block]]\ntype = \"statistics\"\n[model]\nfile = \"model.json\"\n[learn]\nmethod = "
                               "\"forest\"\n");
    return s / "mote.toml";
  };
  const auto accuracy = [&](const std::string& file) {
    EXPECT_EQ(run_mote({"train", file}).exit_code, 0) << transcript(run_mote({"train", file}));
    return json_of(run_mote({"test", file, "--json"}))["metrics"]["accuracy"].get<double>();
  };
  EXPECT_GT(accuracy(project("columns = [\"warm\", \"shake\"]\n", "ranges = [100, 0.001]\n")), 0.95);
  EXPECT_GT(accuracy(project("ignore = [\"number\", \"note\"]\n", "ranges = [100, 0.001]\n")), 0.95);
  EXPECT_LT(accuracy(project("ignore = [\"number\", \"note\"]\n", "range = 100\n")), 0.8) << "a step is 0.003";
  const auto complaint = [&](const std::string& data, const std::string& ranges) {
    const Ran ran = run_mote({"check", project(data, ranges)});
    EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
    return ran.err;
  };
  expect_said(complaint("", "ranges = [100, 0.001]\n"), "has 4 axes");
  expect_said(complaint("", "ranges = [100]\n"), "[input] ranges: 1 of them for 2 axes");
  expect_said(complaint("", "ranges = [100, -1]\n"), "[input] ranges: \"-1\"; numbers from 1e-9 to 1e9");
}

TEST(TrainVerb, AProjectMayBeCheckedBeforeItLearns) {
  const Scratch s;
  write_machines(s);
  const Ran checked = run_mote({"check", write_project(s, "method = \"tree\"\n")});
  EXPECT_EQ(checked.exit_code, 0) << transcript(checked);
  expect_said(checked.out, "model    none yet: mote train makes");
}

TEST(TrainVerb, TakesTheTreesOfOthers) {
  const Scratch s;
  write_machines(s);
  write(s / "trees.json", text_of(in_source("tests/learn/xgboost_binary.json")));
  const std::string project = write_project(s, "", "file = \"trees.json\"\n");
  const Ran other = run_mote({"check", project});
  EXPECT_EQ(other.exit_code, 1);
  expect_said(other.err, "features, the model takes 4");
  std::string toml = text_of(project);
  const std::string wide = "type = \"statistics\"\n[[block]]\ntype = \"spectral\"\n";
  toml.replace(
      toml.find(wide), wide.size(),
      "type = \"statistics\"\nminimum = \"no\"\nmaximum = \"no\"\nmean = \"no\"\nskewness = \"no\"\nkurtosis = \"no\"\n");
  write(project, toml);
  const Ran same = run_mote({"verify", project});
  EXPECT_EQ(same.exit_code, 0) << transcript(same);
  // A dump does not say where its sum begins, nor how many outputs it has.
  write(s / "trees.json", text_of(in_source("tests/learn/xgboost_classes_dump.json")));
  const Ran dump = run_mote({"check", project});
  EXPECT_EQ(dump.exit_code, 1);
  expect_said(dump.err, "give them as [model] base_score");
  toml.replace(toml.find("[model]\n"), 8, "[model]\nbase_score = \"0.5\"\noutputs = 3\n");
  write(project, toml);
  const Ran whole = run_mote({"check", project});
  EXPECT_EQ(whole.exit_code, 0) << transcript(whole);
  const nlohmann::json inspected = json_of(run_mote({"inspect", project, "--json"}));
  EXPECT_EQ(inspected["outputs"][0]["shape"].back(), 3) << inspected.dump();
  for (const auto& [text, said] : {std::pair("booster[0]:\n0:[f0<1] yes=1,no=2\n", "a dump as text of XGBoost"),
                                   {"{L\x01\x02", "binary JSON of XGBoost"}}) {
    write(s / "trees.json", text);
    expect_said(run_mote({"check", project}).err, said);
  }
}

TEST(TrainVerb, SaysWhatKeepsItFromLearning) {
  const Scratch s;
  write_machines(s);
  const auto complaint = [&](const std::string& project) {
    const Ran ran = run_mote({"train", project});
    EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
    return ran.err;
  };
  expect_said(complaint(write_project(s, "")), "say what is to be learned, \"forest\" for example");
  expect_said(complaint(write_project(s, "method = \"forest\"\n", "")), "file = \"model.json\"");
  expect_said(complaint(write_project(s, "method = \"linear\"\n")),
              "is labelled \"good\"; the method of [learn] predicts");
  expect_said(complaint(write_project(s, "method = \"gaussians\"\nnormal = \"fine\"\n")),
              "no window has the label [learn] normal = \"fine\"");
  expect_said(complaint(write_project(s, "method = \"forrest\"\n")), "forest");
  const Ran folds = run_mote({"test", write_project(s, "method = \"forest\"\n"), "--cross-validate", "1"});
  EXPECT_EQ(folds.exit_code, 2);
  expect_said(folds.err, "takes \"groups\", or a number from 2 to 1000");
  std::string labels = text_of(s / "data/labels.csv");
  for (size_t at = 0; (at = labels.find(",broken,m0,")) != labels.npos;) labels.replace(at, 8, ",loose,");
  write(s / "data/labels.csv", labels);
  const Ran alone = run_mote({"test", write_project(s, "method = \"forest\"\n"), "--cross-validate", "groups"});
  EXPECT_EQ(alone.exit_code, 1);
  expect_said(alone.err, "all windows of the class \"loose\" are in the fold of");
  for (size_t at = 0; (at = labels.find(",loose,")) != labels.npos;) labels.replace(at, 7, ",broken,");
  for (size_t at; (at = labels.find(",broken,")) != labels.npos;) labels.replace(at, 8, ",good,");
  write(s / "data/labels.csv", labels);
  expect_said(complaint(write_project(s, "method = \"forest\"\n")), "all windows have the same label");
}

}  // namespace
}  // namespace mote
