// Builds a firmware for every core, runs it in QEMU and holds counts, files, stack and sizes to what they
// must be.
#include "mote/compiler/verify/emulator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "mote/compiler/base/process.h"

namespace mote {
namespace {

constexpr char kFirmware[] = R"(
#include <stddef.h>
#include <stdint.h>
#include "mote/compiler/verify/board/board.h"

extern "C" {
void* memcpy(void*, const void*, size_t);
void* memmove(void*, const void*, size_t);
void* memset(void*, int, size_t);
int memcmp(const void*, const void*, size_t);
// Marks 1, loops 200 times, marks 2.
void count_loop();
}

#if defined(__riscv)
asm(R"a(
  .text
  .globl count_loop
count_loop:
  addi sp, sp, -16
  sw ra, 12(sp)
  li a0, 1
  jal ra, board_mark
  li a0, 200
  jal ra, loop
  nop
  li a0, 2
  jal ra, board_mark
  lw ra, 12(sp)
  addi sp, sp, 16
  ret
loop:
  addi a0, a0, -1
  bnez a0, loop
  ret
)a");
#else
asm(R"a(
  .syntax unified
  .text
  .thumb
  .globl count_loop
  .type count_loop, %function
  .thumb_func
count_loop:
  push {r4, lr}
  movs r0, #1
  bl board_mark
  movs r0, #200
  bl loop
  nop
  movs r0, #2
  bl board_mark
  pop {r4, pc}
  .thumb_func
loop:
  subs r0, r0, #1
  bne loop
  bx lr
)a");
#endif

static uint8_t buffer[20000];
static volatile uint32_t initialized[4] = {1, 2, 3, 4};

static __attribute__((noinline)) void spin(uint32_t n) {
  for (volatile uint32_t i = 0; i < n; i = i + 1) {}
}

static __attribute__((noinline)) void use_stack() {
  volatile uint8_t local[1000];
  for (int i = 0; i < 1000; ++i) local[i] = static_cast<uint8_t>(i);
}

static int test_memory() {
  static uint8_t expected[64], actual[64];
  for (uint32_t to = 0; to < 9; ++to)
    for (uint32_t from = 0; from < 9; ++from)
      for (uint32_t n = 0; n < 24; ++n) {
        for (uint32_t i = 0; i < 64; ++i) expected[i] = actual[i] = static_cast<uint8_t>(i * 7);
        for (uint32_t i = 0; i < n; ++i) expected[to + i] = static_cast<uint8_t>((from + i) * 7);
        memmove(actual + to, actual + from, n);
        if (memcmp(actual, expected, 64) != 0) return 1;
        memset(actual + to, 0x5A, n);
        for (uint32_t i = 0; i < n; ++i) expected[to + i] = 0x5A;
        memcpy(actual + 40, actual + to, n);
        for (uint32_t i = 0; i < n; ++i) expected[40 + i] = 0x5A;
        for (uint32_t i = 0; i < 64; ++i) if (actual[i] != expected[i]) return 2;
        if (n != 0 && (actual[to] = 0x5B, memcmp(expected, actual, 64) != -1 || memcmp(actual, expected, 64) != 1)) return 3;
      }
  return 0;
}

static int copy_file() {
  const int in = board_open("in.bin", false);
  const int out = board_open("out.bin", true);
  if (in < 0 || out < 0) return 1;
  const int32_t bytes = board_read(in, buffer, sizeof buffer);
  for (int32_t i = 0; i < bytes; ++i) buffer[i] = static_cast<uint8_t>(buffer[i] + 1);
  const int32_t written = board_write(out, buffer, bytes);
  board_close(in);
  board_close(out);
  board_print("copied "); board_print_u32(static_cast<uint32_t>(written)); board_print("\n");
  return board_open("missing.bin", false) == -1 ? 0 : 2;
}

int main() {
#if defined(FAULT)
#if defined(__riscv)
  asm volatile("unimp");
#else
  asm volatile("udf #0");
#endif
#elif defined(FOREVER)
  board_print("for ever\n");
  for (;;) spin(1);
#elif defined(OVERFLOW)
  volatile uint8_t local[100000];
  local[0] = 1;
  for (int i = 0; i < 100000; i += 64) local[i] = 1;
#else
  board_print("hello\n");
  if (initialized[0] + initialized[3] != 5) return 9;
  board_mark(10);
  if (const int which = test_memory()) return 10 + which;
  board_mark(11);
  if (const int which = copy_file()) return 20 + which;
  board_mark(12);
  board_paint_stack();
  use_stack();
  board_print("stack "); board_print_u32(board_stack_used()); board_print("\n");
  count_loop();
  for (uint32_t i = 0; i < 2000; ++i) { board_mark(300); spin(i & 7); }
  board_mark(65535);
  spin(1000000);
  board_mark(0);
  return 42;
#endif
}
)";

// Two instructions an iteration, the return; then, in the caller, two calls with their argument and a nop.
constexpr uint64_t kLoopInstructions = 2 * 200 + 1 + 5;

struct Firmware {
  TemporaryFolder folder;
  Elf elf;
};

Expected<Firmware> build(const Target& target, const std::vector<std::string>& defines,
                         const std::string& optimize = "-O2") {
  MOTE_TRY(TemporaryFolder folder, TemporaryFolder::make());
  BuildOptions options;
  options.defines = defines;
  options.optimize = optimize;
  MOTE_TRY(Elf elf, build_elf(target, {{"firmware.cpp", kFirmware}}, options, folder.path()));
  return Firmware{std::move(folder), std::move(elf)};
}

// The tests of one core share one build.
const Expected<Firmware>& shared_firmware(const Target& target) {
  static std::map<std::string, Expected<Firmware>> built;
  auto found = built.find(target.name);
  if (found == built.end()) found = built.emplace(target.name, build(target, {})).first;
  return found->second;
}

std::string input_bytes() {
  std::string bytes;
  for (int i = 0; i < 15000; ++i) bytes += static_cast<char>(i * 31 >> 3);
  return bytes;
}

class Core : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    target_ = *find_target(GetParam());
    const Expected<std::string> compiler = compiler_version(*target_), emulator = emulator_version(*target_);
    if (compiler && emulator) return;
    const std::string missing = compiler ? emulator.error().text() : compiler.error().text();
    if (std::getenv("CI")) FAIL() << missing;
    GTEST_SKIP() << "NOT TESTED: " << missing;
  }

  void build_shared() {
    const Expected<Firmware>& firmware = shared_firmware(*target_);
    ASSERT_TRUE(firmware) << firmware.error().text();
    elf_ = &firmware->elf;
    folder_ = firmware->folder.path();
    const std::string input = input_bytes();
    ASSERT_TRUE(write_file(folder_ / "in.bin", input.data(), input.size()));
  }

  const Target* target_ = nullptr;
  const Elf* elf_ = nullptr;
  std::filesystem::path folder_;
};

TEST_P(Core, RunsAndCountsExactly) {
  build_shared();
  if (HasFatalFailure()) return;
  const auto run = run_elf(*target_, *elf_, folder_);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 42) << run->output;
  EXPECT_EQ(run->output.rfind("hello\ncopied 15000\nstack ", 0), 0u) << run->output;
  const int stack = std::atoi(run->output.c_str() + sizeof "hello\ncopied 15000\nstack " - 1);
  EXPECT_GE(stack, 1000);
  EXPECT_LE(stack, 1064);

  std::string expected = input_bytes();
  for (char& c : expected) c = static_cast<char>(c + 1);
  const auto copied = read_file(folder_ / "out.bin");
  ASSERT_TRUE(copied);
  EXPECT_EQ(std::string(copied->begin(), copied->end()), expected);

  EXPECT_EQ(run->counter, "plugin") << "no variant of the plugin was found, or none loads";
  ASSERT_EQ(run->visits.size(), 65536u);
  EXPECT_EQ(run->visits[1], 1u);
  EXPECT_EQ(run->instructions[1], kLoopInstructions);
  EXPECT_EQ(run->longest[1], kLoopInstructions);
  EXPECT_EQ(run->visits[300], 2000u);
  EXPECT_GT(run->longest[300] * 2000, run->instructions[300]);
  EXPECT_GE(run->instructions[65535], 4000000u);
  EXPECT_EQ(run->visits[0], 1u);
  EXPECT_EQ(run->instructions[0], 0u) << "the last mark is never left";
}

TEST_P(Core, CountsBySimulatedTimeAreTheSame) {
  build_shared();
  if (HasFatalFailure()) return;
  const auto plugin = run_elf(*target_, *elf_, folder_);
  EmulatorOptions options;
  options.icount = true;
  const auto timed = run_elf(*target_, *elf_, folder_, options);
  ASSERT_TRUE(plugin) << plugin.error().text();
  ASSERT_TRUE(timed) << timed.error().text();
  EXPECT_EQ(timed->counter, "icount");
  EXPECT_EQ(timed->exit_code, 42);
  EXPECT_EQ(timed->output, plugin->output);
  EXPECT_EQ(timed->visits, plugin->visits);
  EXPECT_EQ(timed->instructions, plugin->instructions);
  EXPECT_EQ(timed->longest, plugin->longest);
}

TEST_P(Core, RunsWithoutCounting) {
  build_shared();
  if (HasFatalFailure()) return;
  EmulatorOptions options;
  options.count = false;
  const auto run = run_elf(*target_, *elf_, folder_, options);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 42);
  EXPECT_EQ(run->counter, "none");
  EXPECT_TRUE(run->instructions.empty());
}

TEST_P(Core, SizesAndSymbolsAreRead) {
  build_shared();
  if (HasFatalFailure()) return;
  EXPECT_EQ(elf_->data_bytes, 16u);
  EXPECT_GE(elf_->bss_bytes, 20128u);
  EXPECT_LE(elf_->bss_bytes, 20136u) << "the runtime must not add to .bss";
  EXPECT_GT(elf_->text_bytes, 500u);
  EXPECT_LT(elf_->text_bytes, 4000u);
  EXPECT_EQ(elf_->symbols.at("board_mark").kind, 'T');
  EXPECT_EQ(elf_->symbols.at("_ZL6buffer").kind, 'B');
  EXPECT_EQ(elf_->symbols.at("_ZL6buffer").bytes, 20000u);
  EXPECT_EQ(elf_->symbols.at("_ZL11initialized").kind, 'D');
}

TEST_P(Core, AFaultIsReported) {
  const auto firmware = build(*target_, {"FAULT"});
  ASSERT_TRUE(firmware) << firmware.error().text();
  const auto run = run_elf(*target_, firmware->elf, firmware->folder.path());
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 70);
  EXPECT_EQ(run->output.rfind("fault at 0x", 0), 0u) << run->output;
}

TEST_P(Core, AnOverflowingStackIsReported) {
  const auto firmware = build(*target_, {"OVERFLOW"});
  ASSERT_TRUE(firmware) << firmware.error().text();
  const auto run = run_elf(*target_, firmware->elf, firmware->folder.path());
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_TRUE(run->exit_code == 70 || run->exit_code == 71) << run->exit_code << run->output;
}

std::vector<std::string> core_names() {
  std::vector<std::string> names;
  for (const Target& target : targets())
    if (target.name == target.core) names.push_back(target.name);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Core, testing::ValuesIn(core_names()), test_name);

// What does not depend on the core is tested on one.
class OneCore : public Core {};
INSTANTIATE_TEST_SUITE_P(One, OneCore, testing::Values("cortex-m4"), test_name);

TEST_P(OneCore, CountsDoNotDependOnTheOptimization) {
  for (const char* optimize : {"-Os", "-O3"}) {
    const auto firmware = build(*target_, {}, optimize);
    ASSERT_TRUE(firmware) << firmware.error().text();
    const std::string input = input_bytes();
    ASSERT_TRUE(write_file(firmware->folder.path() / "in.bin", input.data(), input.size()));
    const auto run = run_elf(*target_, firmware->elf, firmware->folder.path());
    ASSERT_TRUE(run) << run.error().text();
    EXPECT_EQ(run->exit_code, 42) << run->output;
    EXPECT_EQ(run->instructions.at(1), kLoopInstructions) << optimize;
  }
}

TEST_P(OneCore, WithoutAPluginTimeIsCounted) {
  build_shared();
  if (HasFatalFailure()) return;
  const auto empty = TemporaryFolder::make();
  ASSERT_TRUE(empty);
  const auto run_with_plugins_in = [&](const std::filesystem::path& folder) {
    const char* told = std::getenv("MOTE_PLUGIN_DIR");
    const std::string before = told ? told : "";
    setenv("MOTE_PLUGIN_DIR", folder.c_str(), 1);
    auto run = run_elf(*target_, *elf_, folder_);
    if (told) setenv("MOTE_PLUGIN_DIR", before.c_str(), 1);
    else unsetenv("MOTE_PLUGIN_DIR");
    return run;
  };
  for (const bool broken : {false, true}) {
    if (broken) {
      ASSERT_TRUE(write_file(empty->path() / "libmote_count1.so", "no library", 10));
    }
    const auto run = run_with_plugins_in(empty->path());
    ASSERT_TRUE(run) << run.error().text();
    EXPECT_EQ(run->counter, "icount");
    EXPECT_EQ(run->instructions.at(1), kLoopInstructions);
  }
}

TEST_P(OneCore, AFirmwareThatDoesNotEndIsEnded) {
  const auto firmware = build(*target_, {"FOREVER"});
  ASSERT_TRUE(firmware) << firmware.error().text();
  EmulatorOptions options;
  options.timeout_s = 0.5;
  const auto run = run_elf(*target_, firmware->elf, firmware->folder.path(), options);
  ASSERT_FALSE(run);
  EXPECT_NE(run.error().text().find("did not end within 0.5 s; the firmware printed: for ever"), std::string::npos)
      << run.error().text();
}

TEST_P(OneCore, CompilerErrorsAreShown) {
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto elf = build_elf(*target_, {{"kws/model.cpp", "int main() { return nonsense; }"}}, {}, folder->path());
  ASSERT_FALSE(elf);
  EXPECT_NE(elf.error().text().find("kws/model.cpp"), std::string::npos);
  EXPECT_NE(elf.error().text().find("nonsense"), std::string::npos);
}

TEST_P(OneCore, WhatDoesNotFitIsToldApart) {
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const char source[] = "static char big[1 << 23]; int main() { for (volatile char& c : big) c = 1; }";
  const auto elf = build_elf(*target_, {{"main.cpp", source}}, {}, folder->path());
  ASSERT_FALSE(elf);
  EXPECT_EQ(elf.error().code, Code::does_not_fit) << elf.error().text();
}

TEST_P(OneCore, StaticConstructorsAreRefused) {
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const char source[] = "int f(); int f() { return 3; } volatile int made = f(); int main() { return made; }";
  const auto elf = build_elf(*target_, {{"main.cpp", source}}, {"-O0", {}, {}}, folder->path());
  ASSERT_FALSE(elf);
  EXPECT_NE(elf.error().text().find("static constructors"), std::string::npos) << elf.error().text();
}

TEST(Toolchain, AMissingProgramNamesItsPackage) {
  Target target = **find_target("cortex-m4");
  target.toolchain.compiler = "no-such-g++";
  target.emulator.program = "no-such-qemu";
  for (const std::string& text :
       {compiler_version(target).error().text(), build_elf(target, {}, {}, "/nonexistent").error().text()}) {
    EXPECT_NE(text.find("no-such-g++ was not found"), std::string::npos) << text;
    EXPECT_NE(text.find("apt-get install gcc-arm-none-eabi"), std::string::npos) << text;
  }
  EXPECT_NE(run_elf(target, {}, {}).error().text().find("apt-get install qemu-system-arm"), std::string::npos);
}

TEST(Toolchain, BrokenElfFilesAreRefused) {
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "a.elf";
  std::string bytes("\177ELF\1\1\1", 7);
  for (const size_t size : {0, 7, 51, 52, 100}) {
    bytes.resize(std::max(size, bytes.size()), '\xFF');
    ASSERT_TRUE(write_file(path, bytes.data(), size));
    EXPECT_FALSE(read_elf(path)) << size;
  }
  EXPECT_FALSE(read_elf(folder->path() / "missing.elf"));
}

TEST(Process, CapturesOutputAndTimesOut) {
  const auto shell = find_program("sh", "dash");
  ASSERT_TRUE(shell);
  const auto said = run_process({shell->string(), "-c", "echo one; echo two >&2; exit 3"}, {}, 10);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->output, "one\ntwo\n");
  EXPECT_EQ(said->exit_code, 3);
  const auto slow = run_process({shell->string(), "-c", "sleep 60 & echo started; wait"}, "/", 0.3);
  ASSERT_TRUE(slow);
  EXPECT_TRUE(slow->timed_out);
  EXPECT_EQ(slow->output, "started\n");
  EXPECT_FALSE(run_process({"/nonexistent/program"}, {}, 1));
  EXPECT_EQ(first_lines("a\nb\nc", 2), "a\nb");
  EXPECT_EQ(first_lines("a", 5), "a");
  EXPECT_EQ(first_lines("", 5), "");
}

}  // namespace
}  // namespace mote
