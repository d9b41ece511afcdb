// Sliding windows of whole models, on the host and emulated: what a hop costs, and that each window is the model's.
#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

void expect_bit_exact(const std::string& model, const char* hop) {
  for (const char* target : {"cortex-m4", "rv32imc"}) {
    const Ran ran = run_mote({"verify", model, "--target", target, "--stream", hop, "--random", "12", "--json"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    const Json report = json_of(ran);
    EXPECT_EQ(report["targets"][0]["bit_exact"], true);
    EXPECT_EQ(report["targets"][0]["windows"], 12);
  }
}

TEST(Streaming, KeywordsAreBitExact) { expect_bit_exact(keywords(), "8"); }

TEST(Streaming, AHopThatIsNoMultipleOfTheStrideIsRefused) {
  const Ran ran = run_mote({"verify", keywords(), "--target", "cortex-m4", "--stream", "12"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("the nearest allowed are 8 and 16"), ran.err.npos) << transcript(ran);
}

// Two windows, of which the first is the file's.
TEST(Streaming, RunGivesAResultForEachHop) {
  const Scratch s;
  auto bytes = read_file(keywords("keywords_input.bin"));
  ASSERT_TRUE(bytes);
  const size_t row = bytes->size() / 49;
  bytes->insert(bytes->end(), bytes->end() - static_cast<std::ptrdiff_t>(8 * row), bytes->end());
  ASSERT_TRUE(write_file(s / "stream.bin", bytes->data(), bytes->size()));
  const Ran whole = run_mote({"run", keywords(), "--input", keywords("keywords_input.bin"), "--output-dir", s / "."});
  ASSERT_EQ(whole.exit_code, 0) << transcript(whole);
  const auto want = read_file(s / "output_0.bin");
  const Ran ran =
      run_mote({"run", keywords(), "--stream", "8", "--input", s / "stream.bin", "--output-dir", s / ".", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(json_of(ran)["windows"].size(), 2u);
  const auto got = read_file(s / "output_0.bin");
  ASSERT_TRUE(want && got);
  ASSERT_EQ(got->size(), 2 * want->size());
  EXPECT_TRUE(std::equal(want->begin(), want->end(), got->begin()));
}

struct Limits {
  const char *model, *name, *hop;
  int64_t instructions, arena, code, macs;
};
void PrintTo(const Limits& l, std::ostream* out) { *out << l.name; }
class StreamingFigures : public testing::TestWithParam<Limits> {};

TEST_P(StreamingFigures, AreReached) {
  const Limits& limits = GetParam();
  fs::path suite;
  if (!find_shared(suite, "conformance/whole_models"))
    GTEST_SKIP() << "NOT TESTED: there is no " << suite << "; MOTE_SHARED says where";
  const std::string model = (suite / limits.model / "model.tflite").string();
  expect_bit_exact(model, limits.hop);
  const Ran ran =
      run_mote({"profile", model, "--target", "cortex-m4", "--optimize", "speed", "--stream", limits.hop, "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const Json j = json_of(ran);
  EXPECT_LE(j["instructions_per_hop"], limits.instructions);
  EXPECT_LE(j["worst_instructions_per_hop"], limits.instructions);
  EXPECT_LE(j["ram"]["arena_bytes"], limits.arena);
  EXPECT_LE(j["flash"]["code_bytes"], limits.code);
  EXPECT_EQ(j["hop"]["macs"], limits.macs);
}

INSTANTIATE_TEST_SUITE_P(Models, StreamingFigures,
                         testing::Values(Limits{"tiny__str_ww_ref_model", "sww", "1", 77000, 4800, 20480, 46040},
                                         Limits{"tiny__kws_ref_model", "kws", "2", 1800000, 28700, 20480, 1105408}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace mote
