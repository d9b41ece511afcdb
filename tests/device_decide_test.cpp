// Decisions on emulated cores, by the definition over the whole history.
#include <gtest/gtest.h>

#include "mote/compiler/base/embedded.h"
#include "mote/compiler/verify/emulator.h"
#include "tests/define_decision.h"

namespace mote {
namespace {

constexpr uint64_t kCases = 60;
constexpr size_t kHops = 200;

template <class T>
void append(Bytes& to, const T* values, size_t n) {
  const auto* p = reinterpret_cast<const uint8_t*>(values);
  to.insert(to.end(), p, p + n * sizeof(T));
}

Bytes make_cases() {
  Bytes all;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    Rng rng(1000 + seed);
    const DecisionRule rule = random_rule(rng);
    const ScoreStream scores = random_scores(rng, rule.params.classes, kHops);
    const auto decisions = define_decisions(rule, scores);
    const auto hops = static_cast<int32_t>(kHops);
    append(all, &rule.params, 1);
    append(all, &hops, 1);
    append(all, rule.classes.data(), rule.classes.size());
    for (size_t t = 0; t < kHops; ++t) append(all, scores[t].data(), scores[t].size()), append(all, &decisions[t], 1);
  }
  return all;
}

class DeviceDecide : public testing::TestWithParam<std::string> {};

TEST_P(DeviceDecide, IsTheDefinition) {
  auto target = find_target(GetParam());
  ASSERT_TRUE(target) << target.error().text();
  const auto compiler = compiler_version(**target), emulator = emulator_version(**target);
  if (!compiler || !emulator) {
    const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
    if (std::getenv("CI") != nullptr) FAIL() << why;
    GTEST_SKIP() << why;
  }
  FileSet sources;
  for (const EmbeddedFile& f : embedded_under("mote/device/")) sources[std::string(f.path)] = f.text;
  auto program = read_file(std::string(MOTE_SOURCE_DIR) + "/tests/device/decide.cpp");
  ASSERT_TRUE(program);
  sources["decide.cpp"] = std::string(program->begin(), program->end());
  auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  auto elf = build_elf(**target, sources, {"-O2", {}, {}}, folder->path() / "build");
  ASSERT_TRUE(elf) << elf.error().text();
  const Bytes cases = make_cases();
  ASSERT_TRUE(write_file(folder->path() / "run/cases.bin", cases.data(), cases.size()));
  EmulatorOptions options;
  options.count = false;
  auto run = run_elf(**target, *elf, folder->path() / "run", options);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 0) << run->output;
}

INSTANTIATE_TEST_SUITE_P(Cores, DeviceDecide, testing::Values("cortex-m0", "cortex-m4", "rv32imc"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace mote
