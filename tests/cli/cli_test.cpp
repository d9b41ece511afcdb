// The command line: what it prints, what it leaves behind, how it ends.
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

const std::vector<std::string> kVerbs{"inspect", "compile", "run", "verify", "profile", "conform", "test", "targets"};

void write(const fs::path& path, const std::string& text) { ASSERT_TRUE(write_file(path, text.data(), text.size())); }

Arguments compile_to(const std::string& folder, const Arguments& more = {}) {
  Arguments a{"compile", keywords(), "--target", "cortex-m4", "-o", folder};
  a.insert(a.end(), more.begin(), more.end());
  return a;
}

TEST(Cli, HelpOfEachVerb) {
  for (const std::string& verb : kVerbs) {
    const Ran flag = run_mote({verb, "--help"}), word = run_mote({"help", verb});
    EXPECT_EQ(flag.exit_code, 0) << transcript(flag);
    EXPECT_EQ(word.exit_code, 0) << transcript(word);
    for (const std::string& text : {flag.out, word.out}) {
      EXPECT_NE(text.find("--json"), text.npos) << verb;
      EXPECT_NE(text.find("Usage: mote " + verb), text.npos) << text;
    }
  }
  const Ran all = run_mote({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  for (const std::string& verb : kVerbs) EXPECT_NE(all.out.find("  " + verb), all.out.npos) << verb;
  EXPECT_EQ(run_mote({"help"}).exit_code, 0);
}

TEST(Cli, Version) {
  const Ran ran = run_mote({"--version"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out.substr(0, 5), "mote ");
}

TEST(Cli, WrongUsageIsTwo) {
  const std::vector<Arguments> uses{
      {},
      {"compute"},
      {"help", "compute"},
      {"inspect"},
      {"inspect", keywords(), "--colour"},
      {"inspect", keywords(), keywords()},
      {"compile", keywords(), "--target", "cortex-m4"},
      {"compile", keywords(), "-o", "/tmp/never"},
      {"compile", keywords(), "--target", "host", "-o", "/tmp/never"},
      {"profile", keywords(), "--target", "host"},
      {"run", keywords(), "--input", keywords("keywords_input.bin"), "--optimize", "most"},
      {"run", keywords(), "--input", keywords("keywords_input.bin"), "--feed", "columns"},
      {"run", keywords(), "--input", keywords("keywords_input.bin"), "--steps", "0"},
      {"run", keywords(), "--input", keywords("keywords_input.bin"), "--ram", "-1"},
      {"run", keywords(), "--input", keywords("keywords_input.bin"), "--ram", "lots"},
      {"verify", keywords()},
      {"verify", keywords(), "--target", "cortex-m4", "--random", "0"}};
  for (const Arguments& use : uses) {
    const Ran ran = run_mote(use);
    EXPECT_EQ(ran.exit_code, 2) << testing::PrintToString(use) << transcript(ran);
    EXPECT_EQ(ran.out, "") << testing::PrintToString(use);
    EXPECT_EQ(ran.err.rfind("mote: ", 0), 0u) << testing::PrintToString(use) << transcript(ran);
  }
}

// The input is at fault: exit code 1, one message that names what it is about, nothing on standard output.
TEST(Cli, FaultyInputIsOne) {
  const Scratch s;
  const std::string model = text_of(keywords());
  write(s / "empty.tflite", "");
  write(s / "text.tflite", "This is not a model.\n");
  write(s / "cut.tflite", model.substr(0, model.size() / 2));
  write(s / "short.bin", text_of(keywords("keywords_input.bin")).substr(1));
  write(s / "long.bin", text_of(keywords("keywords_input.bin")) + "x");
  write(s / "labels.txt", "one\ntwo\n");
  const std::string in = keywords("keywords_input.bin");
  struct Fault {
    Arguments arguments;
    std::string named;  // in the message
  };
  const std::vector<Fault> faults{
      {{"inspect", s / "none.tflite"}, "none.tflite"},
      {{"inspect", s.path.string()}, s.path.string()},
      {{"inspect", s / "empty.tflite"}, "empty.tflite"},
      {{"inspect", s / "text.tflite"}, "text.tflite"},
      {{"inspect", s / "cut.tflite"}, "cut.tflite"},
      {{"compile", s / "cut.tflite", "--target", "cortex-m4", "-o", s / "out"}, "cut.tflite"},
      {{"compile", keywords(), "--target", "z80", "-o", s / "out"}, "z80"},
      {{"verify", keywords(), "--target", "z80"}, "z80"},
      {{"profile", keywords(), "--target", "z80"}, "z80"},
      {{"run", keywords(), "--input", s / "none.bin"}, "none.bin"},
      {{"run", keywords(), "--input", s / "short.bin"}, "short.bin"},
      {{"run", keywords(), "--input", s / "long.bin"}, "long.bin"},
      {{"run", keywords(), "--input", in, "--steps", "2"}, "keywords_input.bin"},
      {{"run", keywords(), "--input", in, "--input", in}, "1 inputs"},
      {{"run", keywords(), "--input", in, "--labels", s / "none.txt"}, "none.txt"},
      {{"run", keywords(), "--input", in, "--labels", s / "labels.txt"}, "labels.txt"},
      {{"run", keywords(), "--input", in, "--ram", "1000"}, "keywords"},
      {compile_to(s / "out", {"--flash", "1000"}), "flash"},
      {{"conform", s / "none"}, "none"},
      {{"conform", s.path.string()}, s.path.string()}};
  for (const Fault& fault : faults) {
    const Ran ran = run_mote(fault.arguments);
    EXPECT_EQ(ran.exit_code, 1) << testing::PrintToString(fault.arguments) << transcript(ran);
    EXPECT_EQ(ran.out, "") << testing::PrintToString(fault.arguments);
    EXPECT_EQ(ran.err.rfind("mote: ", 0), 0u) << transcript(ran);
    EXPECT_NE(ran.err.find(fault.named), ran.err.npos) << fault.named << "\n" << transcript(ran);
    EXPECT_EQ(ran.err.find("bug of mote"), ran.err.npos) << transcript(ran);
  }
  EXPECT_FALSE(fs::exists(s / "out"));
}

TEST(Cli, ErrorsAsJson) {
  const Ran ran = run_mote({"inspect", "/nowhere/model.tflite", "--json"});
  EXPECT_EQ(ran.exit_code, 1);
  const auto j = json_of(ran);
  ASSERT_TRUE(j.is_object()) << transcript(ran);
  EXPECT_EQ(j["error"]["code"], "io");
  EXPECT_NE(j["error"].dump().find("/nowhere/model.tflite"), std::string::npos);
}

TEST(Cli, JsonOfEachVerb) {
  const Scratch s;
  const std::string in = keywords("keywords_input.bin"), labels = keywords("labels.txt");
  fs::create_directories(s.path / "suite/keywords");
  fs::copy_file(keywords(), s / "suite/keywords/model.tflite");
  fs::copy_file(in, s / "suite/keywords/input_0.bin");
  fs::copy_file(keywords("keywords_output.bin"), s / "suite/keywords/output_0.bin");
  write(s / "suite/keywords/case.json", R"({"ops": ["CONV_2D", "MEAN"]})");
  struct Use {
    Arguments arguments;
    Arguments keys;
  };
  const std::vector<Use> uses{
      {{"inspect", keywords()}, {"inputs", "outputs", "ops", "macs", "weights_bytes"}},
      {compile_to(s / "package"), {"folder", "arena_bytes", "tables_and_weights_bytes", "files"}},
      {{"run", keywords(), "--input", in, "--labels", labels}, {"target", "outputs"}},
      {{"verify", keywords(), "--input", in, "--labels", labels, "--target", "cortex-m3"}, {"targets"}},
      {{"profile", keywords(), "--target", "cortex-m3"},
       {"instructions", "macs", "ram", "flash", "ops", "max_step_instructions", "compiler"}},
      {{"conform", s / "suite"}, {"total", "ops", "cases"}}};
  for (Use use : uses) {
    use.arguments.push_back("--json");
    const Ran ran = run_mote(use.arguments);
    EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
    EXPECT_EQ(ran.err, "") << transcript(ran);
    const auto j = json_of(ran);
    ASSERT_TRUE(j.is_object()) << transcript(ran);
    for (const std::string& key : use.keys) EXPECT_TRUE(j.contains(key)) << use.arguments[0] << " " << key;
  }
  const auto targets = json_of(run_mote({"targets", "--json"}));
  ASSERT_TRUE(targets.is_array());
  EXPECT_GE(targets.size(), 7u);
  const auto suite = json_of(run_mote({"conform", s / "suite", "--json"}));
  EXPECT_EQ(suite["total"]["pass"], 1) << suite.dump(1);
}

TEST(Cli, InspectTellsTheNetwork) {
  const auto j = json_of(run_mote({"inspect", keywords(), "--json"}));
  EXPECT_EQ(j["macs"], 1776880);
  EXPECT_EQ(j["ops"].size(), 12u);
  EXPECT_EQ(j["inputs"][0]["shape"], nlohmann::json({1, 49, 40, 1}));
  const Ran text = run_mote({"inspect", keywords()});
  EXPECT_NE(text.out.find("DEPTHWISE_CONV_2D"), text.out.npos);
}

TEST(Cli, RunGivesTheReferenceOutput) {
  for (const char* optimize : {"ram", "balanced", "speed"})
    for (const char* feed : {"whole", "rows"}) {
      const Scratch s;
      const Ran ran =
          run_mote({"run", keywords(), "--input", keywords("keywords_input.bin"), "--labels", keywords("labels.txt"),
                    "--output-dir", s / "results", "--optimize", optimize, "--feed", feed});
      EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
      EXPECT_EQ(text_of(s / "results/output_0.bin"), text_of(keywords("keywords_output.bin")));
      EXPECT_NE(ran.out.find("\"right\" 0.99"), ran.out.npos) << ran.out;
    }
}

TEST(Cli, RunTakesSeveralSteps) {
  const Scratch s;
  const std::string in = text_of(keywords("keywords_input.bin")), out = text_of(keywords("keywords_output.bin"));
  write(s / "two.bin", in + in);
  const Ran ran =
      run_mote({"run", keywords(), "--input", s / "two.bin", "--steps", "2", "--output-dir", s / "results"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(text_of(s / "results/output_0.bin"), out + out);
}

// A .npy file, format 1.0, of the given type string and data.
std::string npy(const std::string& descr, const std::string& fortran, const std::string& data,
                const std::string& shape = "(1, 49, 40, 1)") {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

TEST(Cli, NpyInput) {
  const Scratch s;
  const std::string data = text_of(keywords("keywords_input.bin"));
  write(s / "good.npy", npy("|i1", "False", data));
  const Ran good = run_mote({"run", keywords(), "--input", s / "good.npy", "--output-dir", s / "results"});
  EXPECT_EQ(good.exit_code, 0) << transcript(good);
  EXPECT_EQ(text_of(s / "results/output_0.bin"), text_of(keywords("keywords_output.bin")));

  const std::map<std::string, std::string> bad{
      {"float.npy", npy("<f4", "False", data + data + data + data)},
      {"uint8.npy", npy("|u1", "False", data)},
      {"big.npy", npy(">i2", "False", data + data)},
      {"fortran.npy", npy("|i1", "True", data)},
      {"object.npy", npy("|O", "False", data)},
      {"shape.npy", npy("|i1", "False", data, "(1, 40, 40, 1)")},
      {"huge.npy", npy("|i1", "False", data, "(9223372036854775807, 9223372036854775807)")},
      {"cut.npy", npy("|i1", "False", data).substr(0, 9)},
      {"header.npy", npy("|i1", "False", data).substr(0, 40)},
      {"data.npy", npy("|i1", "False", data.substr(5))}};
  for (const auto& [name, bytes] : bad) {
    write(s / name, bytes);
    const Ran ran = run_mote({"run", keywords(), "--input", s / name});
    EXPECT_EQ(ran.exit_code, 1) << name << transcript(ran);
    EXPECT_NE(ran.err.find(name), ran.err.npos) << transcript(ran);
  }
}

TEST(Compile, IsDeterministic) {
  for (const char* optimize : {"ram", "balanced", "speed"})
    for (const char* feed : {"whole", "rows"}) {
      const Scratch a, b;
      fs::copy_file(keywords(), b / "keywords.tflite");
      ASSERT_EQ(run_mote(compile_to(a / "x", {"--optimize", optimize, "--feed", feed})).exit_code, 0);
      // From elsewhere, by another path, in another language and time zone.
      Arguments other{"compile", "keywords.tflite", "--target", "cortex-m4", "-o",
                      "y",       "--optimize",      optimize,   "--feed",    feed};
      const Ran ran = run_mote(other, {b.path, {{"LC_ALL", "de_DE.UTF-8"}, {"TZ", "Asia/Tokyo"}}});
      ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
      const FileSet x = tree_of(a / "x"), y = tree_of(b / "y");
      EXPECT_GT(x.size(), 20u);
      ASSERT_EQ(x.size(), y.size());
      for (const auto& [path, text] : x) EXPECT_TRUE(y.count(path) && y.at(path) == text) << path;
    }
}

TEST(Compile, ReplacesItsOwnPackageAsAWhole) {
  const Scratch s;
  ASSERT_EQ(run_mote(compile_to(s / "fresh")).exit_code, 0);
  Arguments other = compile_to(s / "p");
  other.insert(other.end(), {"--feed", "rows"});
  ASSERT_EQ(run_mote(other).exit_code, 0);
  ASSERT_FALSE(tree_of(s / "p") == tree_of(s / "fresh"));
  ASSERT_EQ(run_mote(compile_to(s / "p")).exit_code, 0);
  EXPECT_TRUE(tree_of(s / "p") == tree_of(s / "fresh"));
  EXPECT_EQ(std::distance(fs::directory_iterator(s.path), fs::directory_iterator()), 2)
      << "something was left beside the packages";
}

// What somebody put into a package is not ours to delete.
TEST(Compile, KeepsFilesThatItDidNotWrite) {
  const Scratch s;
  ASSERT_EQ(run_mote(compile_to(s / "p")).exit_code, 0);
  write(s / "p/src/mine.cpp", "precious");
  const FileSet before = tree_of(s / "p");
  const Ran again = run_mote(compile_to(s / "p"));
  EXPECT_EQ(again.exit_code, 1) << transcript(again);
  EXPECT_NE(again.err.find("src/mine.cpp"), std::string::npos) << transcript(again);
  EXPECT_TRUE(tree_of(s / "p") == before);
}

TEST(Compile, LeavesOtherFoldersAlone) {
  const Scratch s;
  write(s / "mine/notes.txt", "precious");
  const Ran folder = run_mote(compile_to(s / "mine"));
  EXPECT_EQ(folder.exit_code, 1) << transcript(folder);
  write(s / "file", "precious");
  const Ran file = run_mote(compile_to(s / "file"));
  EXPECT_EQ(file.exit_code, 1) << transcript(file);
  const Ran below = run_mote(compile_to(s / "file/package"));
  EXPECT_EQ(below.exit_code, 1) << transcript(below);
  EXPECT_TRUE((tree_of(s.path) == FileSet{{"file", "precious"}, {"mine/notes.txt", "precious"}}));
}

// Web pages and other packages have a manifest.json, too.
TEST(Compile, LeavesFoldersWithAnotherManifestAlone) {
  const Scratch s;
  write(s / "site/manifest.json", R"({"short_name": "A web site", "icons": []})");
  write(s / "site/index.html", "precious");
  const Ran ran = run_mote(compile_to(s / "site"));
  EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
  EXPECT_EQ(text_of(s / "site/index.html"), "precious");
}

TEST(Compile, KeepsTheOldPackageWhenItFails) {
  const Scratch s;
  ASSERT_EQ(run_mote(compile_to(s / "p")).exit_code, 0);
  const FileSet before = tree_of(s.path);
  EXPECT_EQ(run_mote(compile_to(s / "p", {"--ram", "100"})).exit_code, 1);
  EXPECT_EQ(run_mote(compile_to(s / "p", {"--flash", "100"})).exit_code, 1);
  EXPECT_TRUE(tree_of(s.path) == before);
}

// What the fastest firmware takes is allowed, or not: another choice of kernels then fits, down to the smallest.
TEST(Profile, FitsTheFlashAllowed) {
  const auto profile = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"profile", keywords(), "--target", "cortex-m0", "--optimize", "speed", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_mote(arguments);
  };
  const auto fastest = json_of(profile({}));
  const int64_t fast_flash = fastest["flash"]["total_bytes"];
  const Ran same = profile({"--flash", std::to_string(fast_flash)});
  EXPECT_EQ(json_of(same)["instructions"], fastest["instructions"]) << transcript(same);
  const Ran less = profile({"--flash", std::to_string(fast_flash * 4 / 5)});
  ASSERT_EQ(less.exit_code, 0) << transcript(less);
  EXPECT_LE(json_of(less)["flash"]["total_bytes"], fast_flash * 4 / 5);
  EXPECT_GT(json_of(less)["instructions"], fastest["instructions"]);
  const Ran none = profile({"--flash", "2000"});
  EXPECT_EQ(none.exit_code, 1) << transcript(none);
  const size_t at = none.err.find("the smallest firmware found takes ");
  ASSERT_NE(at, none.err.npos) << transcript(none);
  EXPECT_LE(std::stoll(none.err.substr(at + 34)), json_of(less)["flash"]["total_bytes"]);
}

// Each point of the front, compiled with the options that it names, takes what the front says.
void check_points(const Json& front, const Surroundings& where) {
  const Scratch s;
  ASSERT_GE(front["points"].size(), 3u);
  for (const Json& point : front["points"]) {
    std::istringstream options(point["options"].get<std::string>());
    Arguments more{std::istream_iterator<std::string>(options), {}};
    more.push_back("--json");
    const Ran ran = run_mote(compile_to(s / "p", more), where);
    ASSERT_EQ(ran.exit_code, 0) << point << transcript(ran);
    EXPECT_EQ(json_of(ran)["arena_bytes"], point["arena_bytes"]) << point;
    EXPECT_EQ(json_of(ran)["tables_and_weights_bytes"], point["tables_and_weights_bytes"]) << point;
    for (const Json& other : front["points"])
      EXPECT_TRUE(&other == &point || other["arena_bytes"] > point["arena_bytes"] ||
                  other["flash_bytes"] > point["flash_bytes"] || other["instructions"] > point["instructions"])
          << other << " is no worse than " << point;
  }
}

TEST(Pareto, EveryPointCanBeCompiled) {
  const Scratch s;
  const Ran ran =
      run_mote({"profile", keywords(), "--target", "cortex-m4", "--pareto", "--svg", s / "p.svg", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const Json front = json_of(ran);
  EXPECT_EQ(front["measured"], true);
  check_points(front, {});
  const std::string svg = text_of(s / "p.svg");
  for (const Json& point : front["points"])
    EXPECT_NE(svg.find(">" + point["options"].get<std::string>() + "<"), svg.npos) << point;
  for (const char* text : {"arena, bytes of RAM", "instructions (counted)", "flash, bytes"})
    EXPECT_NE(svg.find(text), svg.npos) << text;
}

TEST(Pareto, IsPredictedWithoutCompilerAndEmulator) {
  const Scratch s;
  const Surroundings nothing{{}, {{"PATH", s.path.string()}}};
  const Ran ran = run_mote({"profile", keywords(), "--target", "cortex-m4", "--pareto", "--json"}, nothing);
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(json_of(ran)["measured"], false);
  check_points(json_of(ran), nothing);
}

TEST(Compile, NeedsNoCompilerAndNoEmulator) {
  const Scratch s;
  const Ran ran = run_mote(compile_to(s / "p"), {{}, {{"PATH", s.path.string()}}});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
}

TEST(Verify, NamesThePackageOfAMissingCompiler) {
  const Scratch s;
  for (const auto& [target, package] :
       std::map<std::string, std::string>{{"cortex-m4", "gcc-arm-none-eabi"}, {"rv32imc", "gcc-riscv64-unknown-elf"}})
    for (const char* verb : {"verify", "profile"}) {
      const Ran ran = run_mote({verb, keywords(), "--target", target}, {{}, {{"PATH", s.path.string()}}});
      EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
      EXPECT_NE(ran.err.find("apt-get install " + package), ran.err.npos) << transcript(ran);
      EXPECT_EQ(ran.out.find("bit-exact"), ran.out.npos);
    }
}

void expect_interval(const nlohmann::json& interval) {
  EXPECT_GT(interval["low"].get<double>(), 0) << interval;
  EXPECT_LE(interval["low"].get<double>(), interval["nominal"].get<double>()) << interval;
  EXPECT_LE(interval["nominal"].get<double>(), interval["high"].get<double>()) << interval;
}

TEST(Profile, PredictsIntervalsForEveryBoard) {
  for (const nlohmann::json& t : json_of(run_mote({"targets", "--json"}))) {
    if (!t.contains("board")) continue;
    const Ran ran = run_mote({"profile", keywords(), "--target", t["name"], "--json"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    const nlohmann::json j = json_of(ran);
    const nlohmann::json& p = j["prediction"];
    expect_interval(p["cycles"]);
    expect_interval(p["latency_ms"]);
    EXPECT_GT(p["cycles_per_instruction"].get<double>(), 0.5);
    EXPECT_LT(p["cycles_per_instruction"].get<double>(), 5);
    if (p["energy_uj"].is_null()) EXPECT_NE(p["unknown_because"].get<std::string>().find("current"), std::string::npos);
    else expect_interval(p["energy_uj"]);
    // The steps of the calls are what an inference is made of, but for the walk along the schedule.
    double nominal = 0;
    for (const nlohmann::json& op : j["ops"]) nominal += op["cycles"]["nominal"].get<double>();
    EXPECT_NEAR(nominal / p["cycles"]["nominal"].get<double>(), 1, 0.1) << t["name"];
  }
}

TEST(Profile, SaysWhatItCannotPredict) {
  const Ran core = run_mote({"profile", keywords(), "--target", "cortex-m4", "--json"});
  ASSERT_EQ(core.exit_code, 0) << transcript(core);
  const nlohmann::json p = json_of(core)["prediction"];
  expect_interval(p["cycles"]);
  EXPECT_TRUE(p["latency_ms"].is_null() && p["energy_uj"].is_null());
  EXPECT_NE(p["unknown_because"].get<std::string>().find("take a board"), std::string::npos);

  const Scratch empty;
  const Surroundings no_plugin{{}, {{"MOTE_PLUGIN_DIR", empty.path.string()}}};
  const Ran blind = run_mote({"profile", keywords(), "--target", "nucleo-l4r5zi"}, no_plugin);
  ASSERT_EQ(blind.exit_code, 0) << transcript(blind);
  EXPECT_NE(blind.out.find("cycles       unknown: this QEMU takes no plugin"), blind.out.npos) << transcript(blind);
  EXPECT_EQ(blind.out.find("latency"), blind.out.npos);
}

TEST(Profile, CountsTheSameWithoutCycles) {
  const Ran with = run_mote({"profile", keywords(), "--target", "cortex-m4", "--json"});
  const Ran without = run_mote({"profile", keywords(), "--target", "cortex-m4", "--no-cycles", "--json"});
  ASSERT_EQ(without.exit_code, 0) << transcript(without);
  const nlohmann::json predicted = json_of(with), counted = json_of(without);
  for (const char* figure : {"instructions", "ram", "flash"}) EXPECT_EQ(predicted[figure], counted[figure]) << figure;
  EXPECT_TRUE(counted["prediction"]["cycles"].is_null());
  EXPECT_NE(counted["prediction"]["unknown_because"].get<std::string>().find("--no-cycles"), std::string::npos);
}

// A folder with the programs on PATH whose names begin so.
void link_programs(const std::string& prefix, const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/bin"))
    if (entry.path().filename().string().rfind(prefix, 0) == 0)
      fs::create_symlink(entry.path(), folder / entry.path().filename());
}

TEST(Verify, NamesThePackageOfAMissingEmulator) {
  const Scratch s;
  link_programs("arm-none-eabi-", s.path);
  if (!fs::exists(s / "arm-none-eabi-g++")) GTEST_SKIP() << "arm-none-eabi-g++ is not in /usr/bin";
  for (const char* verb : {"verify", "profile"}) {
    const Ran ran = run_mote({verb, keywords(), "--target", "cortex-m4"}, {{}, {{"PATH", s.path.string()}}});
    EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
    EXPECT_NE(ran.err.find("apt-get install qemu-system-arm"), ran.err.npos) << transcript(ran);
    EXPECT_EQ(ran.out.find("bit-exact"), ran.out.npos);
  }
}

// An emulator that ends at once, or writes nonsense, proves nothing.
TEST(Verify, BelievesNoBrokenEmulator) {
  for (const char* script : {"#!/bin/sh\necho QEMU emulator version 7.2.0\nexit 0\n", "#!/bin/sh\nexit 1\n"}) {
    const Scratch s;
    link_programs("arm-none-eabi-", s.path);
    write(s / "qemu-system-arm", script);
    fs::permissions(s / "qemu-system-arm", fs::perms::owner_all);
    const Ran ran = run_mote({"verify", keywords(), "--target", "cortex-m4"}, {{}, {{"PATH", s.path.string()}}});
    EXPECT_NE(ran.exit_code, 0) << transcript(ran);
    EXPECT_EQ(ran.signal, 0);
    EXPECT_EQ(ran.out.find("bit-exact"), ran.out.npos);
  }
}

TEST(Verify, TellsWhatTheDemoShows) {
  const Ran ran = run_mote({"verify", keywords(), "--target", "cortex-m4", "--input", keywords("keywords_input.bin"),
                            "--labels", keywords("labels.txt")});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  for (const char* text : {"\"right\" 0.99", "ram ", "flash ", "stack ", "instructions ", "bit-exact on cortex-m4"})
    EXPECT_NE(ran.out.find(text), ran.out.npos) << text << "\n" << ran.out;
}

}  // namespace
}  // namespace mote
