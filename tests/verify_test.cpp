// The proof has to fail where something is wrong: faults planted in the emitted package are found, and the op that they
// sit in is named.
#include <gtest/gtest.h>

#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/compare.h"
#include "tests/long_graph.h"

namespace mote {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    auto found = find_target("cortex-m4");
    ASSERT_TRUE(found);
    target_ = *found;
    auto compiler = compiler_version(*target_);
    auto emulator = emulator_version(*target_);
    if (!compiler || !emulator) {
      const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
      if (std::getenv("CI")) FAIL() << why;
      GTEST_SKIP() << why;
    }
    auto bytes = read_file(std::string(MOTE_SOURCE_DIR) + "/models/keywords/keywords.tflite");
    ASSERT_TRUE(bytes);
    auto graph = import_model(*bytes, "keywords");
    ASSERT_TRUE(graph) << graph.error().text();
    compile(std::move(*graph), Feed::whole);
  }

  void compile(Graph graph, Feed feed, int32_t hop = 0) {
    original_ = graph;
    ASSERT_TRUE(run_passes(graph, {}));
    auto plan = make_plan(graph, {Optimize::ram, feed, {}, {}, hop});
    ASSERT_TRUE(plan) << plan.error().text();
    plan_ = std::move(*plan);
    FirmwareOptions options{"keywords", "cortex-m4", {}, self_test_inputs(original_), {}};
    if (hop > 0) options.test_inputs = {window_of(plan_, self_test_stream(plan_, 2), 1)};
    const Values values = evaluate(original_, options.test_inputs);
    options.test_outputs = {values[static_cast<size_t>(original_.outputs[0])]};
    firmware_ = make_firmware(plan_, options);
    Rng rng(1);
    inputs_.clear();
    for (int i = 0; i < 5; ++i) inputs_.push_back(make_inputs_in_turn(original_, rng, i));
  }

  Expected<FirmwareRun> compare() {
    MOTE_TRY(const BuiltFirmware built, build_firmware(plan_, firmware_, *target_));
    return compare_firmware(original_, plan_, built, *target_, inputs_, true);
  }

  // Changes the first number of an emitted array by one.
  void plant(const std::string& array) {
    std::string& text = firmware_.files["src/keywords_data.cpp"];
    size_t at = text.find(" " + array + "[]");
    ASSERT_NE(at, std::string::npos) << array;
    at = text.find_first_of("-0123456789", text.find('{', at));
    const size_t end = text.find(',', at);
    text.replace(at, end - at, std::to_string(std::stoi(text.substr(at, end - at)) ^ 1));
  }

  const Target* target_ = nullptr;
  Graph original_;
  Plan plan_;
  Firmware firmware_;
  std::vector<std::vector<Bytes>> inputs_;
};

TEST_F(Verify, SoundFirmwarePasses) {
  auto run = compare();
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_TRUE(run->self_test);
  EXPECT_GT(run->instructions, 1000000u);
  EXPECT_GT(run->stack_bytes, 50u);
  EXPECT_LT(run->stack_bytes, 1024u);
}

// More calls than an entry of 32 bits can name.
TEST_F(Verify, FirmwareOfManyOpsPasses) {
  for (Feed feed : {Feed::whole, Feed::rows}) {
    compile(long_graph_with_skips(520), feed);
    EXPECT_NE(firmware_.files["src/keywords.cpp"].find("constexpr WideProgram kProgram"), std::string::npos);
    auto run = compare();
    ASSERT_TRUE(run) << run.error().text();
    EXPECT_TRUE(run->self_test);
  }
}

TEST_F(Verify, SlidingFirmwareOfManyOpsPasses) {
  compile(long_graph_with_skips(520), Feed::rows, 1);
  EXPECT_NE(firmware_.files["src/keywords.cpp"].find("constexpr WideProgram kProgramHop"), std::string::npos);
  auto built = build_firmware(plan_, firmware_, *target_);
  ASSERT_TRUE(built) << built.error().text();
  auto run = compare_firmware_stream(original_, plan_, *built, *target_, self_test_stream(plan_, 5), true);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_TRUE(run->self_test);
}

TEST_F(Verify, AWrongWeightIsFoundAndItsOpNamed) {
  plant("kWeights3");
  auto run = compare();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::mismatch);
  const std::string op = describe(plan_.graph.ops[static_cast<size_t>(plan_.calls[3].op)], plan_.graph);
  EXPECT_NE(run.error().text().find(op), std::string::npos) << run.error().text();
  EXPECT_NE(run.error().text().find("element"), std::string::npos) << run.error().text();
}

TEST_F(Verify, AWrongPlaceIsFound) {
  std::string& text = firmware_.files["src/keywords.cpp"];
  const size_t at = text.find("constexpr Output kOut1[] = {{&kTensors[");
  ASSERT_NE(at, std::string::npos);
  text.replace(text.find(", 0}", at), 4, ", 1}");
  auto run = compare();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::mismatch);
}

// On the host: a kernel table that is wrong shows up at its op.
TEST_F(Verify, TheHostNamesTheOpToo) {
  Table& bias = plan_.calls[2].tables[1];
  std::vector<int32_t> values(bias.data.as<int32_t>().begin(), bias.data.as<int32_t>().end());
  for (int32_t& v : values) v += 100000;
  bias.data = make_blob(values);
  const Status status = compare_host(original_, plan_, inputs_[3]);
  ASSERT_FALSE(status);
  const std::string op = describe(plan_.graph.ops[static_cast<size_t>(plan_.calls[2].op)], plan_.graph);
  EXPECT_NE(status.error().text().find(op), std::string::npos) << status.error().text();
}

}  // namespace
}  // namespace mote
