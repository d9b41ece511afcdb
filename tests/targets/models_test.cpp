// Whole models, on the host and on every emulated core: the model of this repository, and public ones from ../shared
// (MOTE_SHARED names another place), without which those tests say so and skip.
#include <gtest/gtest.h>

#include <set>

#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string plain(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

TEST(Keywords, BitExactOnEveryCore) {
  const Ran ran = run_mote({"verify", keywords(), "--all-targets", "--random", "4", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  std::set<std::string> cores;
  const Json report = json_of(ran);
  for (const Json& t : report["targets"]) {
    EXPECT_EQ(t["bit_exact"], true);
    EXPECT_EQ(t["inputs"], 4);
    EXPECT_EQ(t["counter"], "plugin");
    EXPECT_GT(t["instructions"].get<int64_t>(), 300000);
    EXPECT_LT(t["ram"]["stack_bytes"].get<int64_t>(), 1024);
    cores.insert(t["target"]);
  }
  EXPECT_EQ(cores, (std::set<std::string>{"cortex-m0", "cortex-m3", "cortex-m33", "cortex-m4", "cortex-m55",
                                          "cortex-m7", "cortex-m85", "rv32imc"}));
}

TEST(Keywords, BitExactInEveryForm) {
  for (const char* optimize : {"ram", "balanced", "speed"})
    for (const char* feed : {"whole", "rows"}) {
      const Ran ran = run_mote({"verify", keywords(), "--target", "cortex-m4", "--optimize", optimize, "--feed", feed,
                                "--input", keywords("keywords_input.bin"), "--random", "3", "--json"});
      EXPECT_EQ(ran.exit_code, 0) << optimize << " " << feed << transcript(ran);
    }
}

TEST(Keywords, FeedingRowsTakesLessMemory) {
  int64_t bytes[2];
  const char* feeds[] = {"whole", "rows"};
  for (int i = 0; i < 2; ++i) {
    const Scratch s;
    const Ran ran = run_mote({"compile", keywords(), "--target", "cortex-m4", "--optimize", "ram", "--feed", feeds[i],
                              "-o", s / "p", "--json"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    bytes[i] = json_of(ran)["arena_bytes"];
  }
  EXPECT_LT(bytes[1], bytes[0]);
}

// Every board has room for it; its firmware is built and measured for that.
TEST(Keywords, FitsEveryBoard) {
  int boards = 0;
  const Json targets = json_of(run_mote({"targets", "--json"}));
  for (const Json& t : targets) {
    if (!t.contains("board")) continue;
    ++boards;
    const Scratch s;
    const Ran ran = run_mote({"compile", keywords(), "--target", t["name"], "-o", s / "p", "--json"});
    EXPECT_EQ(ran.exit_code, 0) << t["name"] << transcript(ran);
  }
  EXPECT_GE(boards, 5);
}

#define NEED_SHARED(folder, below) \
  fs::path folder;                 \
  if (!find_shared(folder, below)) GTEST_SKIP() << "NOT TESTED: there is no " << folder << "; MOTE_SHARED says where"

std::map<std::string, std::set<std::string>> by_verdict(const Json& report) {
  std::map<std::string, std::set<std::string>> names;
  for (const Json& c : report["cases"]) names[c["verdict"]].insert(c["case"]);
  return names;
}

// As far as a verdict goes: nothing wrong, no error, nothing that passed before refused.
TEST(Conform, SingleOps) {
  NEED_SHARED(suite, "conformance/single_ops");
  const Ran ran = run_mote({"conform", suite.string(), "--json"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  const Json j = json_of(ran);
  auto names = by_verdict(j);
  EXPECT_EQ(names["wrong"], std::set<std::string>{});
  EXPECT_EQ(names["error"], std::set<std::string>{});
  EXPECT_GE(names["pass"].size(), 158u);
  for (const Json& c : j["cases"]) EXPECT_TRUE(c["verdict"] != "refused" || c["why"] != "") << c["case"];
}

TEST(Conform, WholeModels) {
  NEED_SHARED(suite, "conformance/whole_models");
  const std::set<std::string> must{"microflow-rs__sine",
                                   "tflite-micro__hello_world_int8",
                                   "tflite-micro__micro_speech_quantized",
                                   "tflite-micro__mobilenet_v2_quantized_1x3x224x224",
                                   "tflite-micro__person_detect",
                                   "tflite-micro__simple_add_model",
                                   "tiny__ad01_int8",
                                   "tiny__model_ToyCar_quant_fullint",
                                   "tiny__kws_ref_model",
                                   "tiny__pretrainedResnet_quant",
                                   "tiny__pretrainedResnet_large_int8",
                                   "tiny__str_ww_ref_model",
                                   "tiny__vww_96_int8",
                                   "tinyengine__detection",
                                   "tinyengine__mcunetv2_large",
                                   "tinyengine__vww"};
  for (const char* optimize : {"ram", "balanced", "speed"}) {
    const Ran ran = run_mote({"conform", suite.string(), "--optimize", optimize, "--json"});
    EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
    auto names = by_verdict(json_of(ran));
    EXPECT_EQ(names["wrong"], std::set<std::string>{}) << optimize;
    EXPECT_EQ(names["error"], std::set<std::string>{}) << optimize;
    for (const std::string& name : must) EXPECT_TRUE(names["pass"].count(name)) << name << " --optimize " << optimize;
  }
}

// Its fastest weights take 541 KB, the board has 512: another choice of kernels fits.
TEST(Tiny, TheAutoencoderFitsASmallBoardAtSpeed) {
  NEED_SHARED(suite, "conformance/whole_models");
  const Ran ran = run_mote({"verify", (suite / "tiny__ad01_int8/model.tflite").string(), "--target", "nucleo-g0b1re",
                            "--optimize", "speed", "--random", "2", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const Json board = json_of(ran)["targets"][0];
  EXPECT_LE(board["flash"]["total_bytes"], 512 * 1024);
  EXPECT_LE(board["instructions"], 800000);  // 606 thousand with the fastest weights, 1.8 million with plain ones
}

struct OnCore {
  const char *target, *optimize;
};
void PrintTo(const OnCore& c, std::ostream* out) { *out << c.target << " " << c.optimize; }
class ConformOnCores : public testing::TestWithParam<OnCore> {};

TEST_P(ConformOnCores, Tiny) {
  NEED_SHARED(suite, "conformance/whole_models");
  const Ran ran = run_mote({"conform", suite.string(), "--filter", "tiny__", "--target", GetParam().target,
                            "--optimize", GetParam().optimize, "--json"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  auto names = by_verdict(json_of(ran));
  EXPECT_EQ(names["wrong"], std::set<std::string>{});
  EXPECT_EQ(names["error"], std::set<std::string>{});
  EXPECT_EQ(names["pass"],
            (std::set<std::string>{"tiny__ad01_int8", "tiny__kws_ref_model", "tiny__model_ToyCar_quant_fullint",
                                   "tiny__pretrainedResnet_large_int8", "tiny__pretrainedResnet_quant",
                                   "tiny__str_ww_ref_model", "tiny__vww_96_int8"}));
}

std::vector<OnCore> cores_and_settings() {
  std::vector<OnCore> all;
  for (const char* target : {"cortex-m0", "cortex-m4", "cortex-m55", "rv32imc"})
    for (const char* optimize : {"ram", "balanced", "speed"}) all.push_back({target, optimize});
  return all;
}
INSTANTIATE_TEST_SUITE_P(Cores, ConformOnCores, testing::ValuesIn(cores_and_settings()), [](const auto& info) {
  return plain(std::string(info.param.target) + "_" + info.param.optimize);
});

// Odd graphs: each compiles, or is refused in words; none is a bug, none a crash.
TEST(OddGraphs, CompileOrAreRefused) {
  NEED_SHARED(folder, "models/litert-ops");
  int seen = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".tflite") continue;
    ++seen;
    const Scratch s;
    const Ran ran = run_mote({"compile", entry.path().string(), "--target", "cortex-m4", "-o", s / "p"});
    EXPECT_TRUE(ran.signal == 0 && (ran.exit_code == 0 || ran.exit_code == 1)) << entry.path() << transcript(ran);
    EXPECT_TRUE(ran.exit_code == 0 || ran.err.find(entry.path().filename().string()) != ran.err.npos)
        << transcript(ran);
    EXPECT_EQ(fs::exists(s / "p"), ran.exit_code == 0) << entry.path();
    EXPECT_EQ(run_mote({"inspect", entry.path().string()}).signal, 0) << entry.path();
  }
  EXPECT_GE(seen, 60);
}

}  // namespace
}  // namespace mote
