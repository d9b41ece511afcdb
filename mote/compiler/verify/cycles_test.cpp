// Holds the cycle model to what the manuals say of short sequences, and the whole path (emulator, caches, board) to
// loops whose cycles can be counted by hand.
#include "mote/compiler/verify/cycles.h"

#include <gtest/gtest.h>

#include <numeric>

#include "mote/compiler/verify/core_model.h"
#include "mote/compiler/verify/prediction.h"
#include "tests/assembler.h"

namespace mote {
namespace {

std::vector<Instruction> decode_all(const Target& target, const std::string& lines) {
  const Bytes code = assemble(target, lines);
  std::vector<Instruction> instructions;
  for (std::span<const uint8_t> rest(code); rest.size() >= 2; rest = rest.subspan(instructions.back().bytes))
    instructions.push_back(decode(instruction_set_of(target), rest));
  return instructions;
}

struct Sequence {
  const char *pipeline, *core, *lines;
  uint64_t low, nominal, high;
};

// The last instruction is one whose time does not depend on what would follow.
const Sequence kSequences[] = {
    // TRM table 3-1 and its notes: a load takes two cycles; loads in a row are pipelined, N of them take N + 1.
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nadds r2, #1", 3, 3, 3},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nldr r2, [r1, #4]\nldr r3, [r1, #8]\nadds r4, #1", 5, 5, 5},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nldr r2, [r0]\nadds r4, #1", 5, 5, 5},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nstr r2, [r1, #4]\nadds r4, #1", 3, 3, 3},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1], #4\nldr r2, [r1], #4\nadds r4, #1", 4, 4, 4},
    // LDRD and LDM "cannot be pipelined with preceding or following instructions"; an STR can, behind an LDR.
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nldrd r2, r3, [r1, #8]\nadds r4, #1", 6, 6, 6},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nldm r5, {r2, r3}\nadds r4, #1", 6, 6, 6},
    {"cortex-m4", "cortex-m4", "ldrd r2, r3, [r1, #8]\nldr r0, [r1]\nadds r4, #1", 6, 6, 6},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nstrd r2, r3, [r1, #8]\nadds r4, #1", 6, 6, 6},
    {"cortex-m4", "cortex-m4", "ldr r0, [r1]\nstr r0, [r1, #4]\nadds r4, #1", 4, 4, 4},
    {"cortex-m4", "cortex-m4", "adds r1, #4\nldr r0, [r1]\nadds r4, #1", 4, 5, 5},
    {"cortex-m4", "cortex-m4", "str r0, [r1, r2]\nadds r4, #1", 2, 3, 3},
    {"cortex-m4", "cortex-m4", "smlad r0, r1, r2, r0\nsmlad r0, r1, r2, r0", 2, 2, 2},
    {"cortex-m4", "cortex-m4", "smlal r0, r1, r2, r3", 1, 1, 1},
    {"cortex-m4", "cortex-m4", "push {r4, r5, r6, lr}", 5, 5, 5},
    {"cortex-m4", "cortex-m4", "ldrd r0, r1, [r2]", 3, 3, 3},
    {"cortex-m4", "cortex-m4", "sdiv r0, r1, r2", 2, 6, 12},
    {"cortex-m4", "cortex-m4", "vfma.f32 s0, s1, s2\nvadd.f32 s3, s0, s0", 4, 5, 5},
    {"cortex-m3", "cortex-m3", "mul r0, r1, r2\nmla r3, r1, r2, r4", 3, 3, 3},
    {"cortex-m3", "cortex-m3", "smull r0, r1, r2, r3", 3, 4, 5},
    {"cortex-m3", "cortex-m3", "umlal r0, r1, r2, r3", 4, 6, 7},
    // M0 and M0+, table 3-1: no load is pipelined.
    {"cortex-m0", "cortex-m0", "ldr r0, [r1]\nldr r2, [r1]\nstr r0, [r1]", 6, 6, 6},
    {"cortex-m0", "cortex-m0", "ldmia r1!, {r2, r3, r4}", 4, 4, 4},
    {"cortex-m0", "cortex-m0", "muls r0, r1", 1, 1, 32},
    {"cortex-m0plus", "cortex-m0", "muls r0, r1", 1, 1, 1},
    // M33: one cycle from load to use; sums are forwarded.
    {"cortex-m33", "cortex-m33", "ldr r0, [r1]\nadds r0, #1", 2, 3, 3},
    {"cortex-m33", "cortex-m33", "ldr r0, [r1]\nadds r2, #1\nadds r0, #1", 3, 3, 4},
    {"cortex-m33", "cortex-m33", "mla r0, r1, r2, r0\nmla r0, r3, r4, r0", 2, 2, 2},
    {"cortex-m33", "cortex-m33", "mul r0, r1, r2\nadds r3, r0, r0", 2, 3, 3},
    // M55: two beats of one unit follow each other, those of two units overlap.
    {"cortex-m55", "cortex-m55", "vldrb.8 q0, [r0]\nvldrb.8 q1, [r1]", 3, 3, 4},
    {"cortex-m55", "cortex-m55", "vldrb.8 q0, [r0]\nvmladava.s8 r2, q2, q3\nvldrb.8 q1, [r1]\nvmladava.s8 r2, q2, q3",
     4, 4, 8},
    // M85: the same of one unit; a vector instruction joins another instruction, and none joins it.
    {"cortex-m85", "cortex-m85", "vldrb.8 q0, [r0]\nvldrb.8 q1, [r1]", 3, 3, 4},
    {"cortex-m85", "cortex-m85", "adds r2, #1\nvldrb.8 q0, [r0]", 1, 1, 3},
    {"cortex-m85", "cortex-m85", "vldrb.8 q0, [r0]\nadds r2, #1", 2, 2, 3},
    {"cortex-m85", "cortex-m85", "vldrb.8 q0, [r0]\nvmladava.s8 r2, q2, q3\nvldrb.8 q1, [r1]\nvmladava.s8 r2, q2, q3",
     4, 4, 8},
    {"cortex-m85", "cortex-m85", "adds r0, #4\nldr r1, [r0]", 2, 3, 4},
    {"cortex-m85", "cortex-m85", "sdiv r0, r1, r2", 2, 7, 12},
    // M7: two at a time.
    {"cortex-m7", "cortex-m7", "adds r0, #1\nadds r1, #1", 1, 1, 2},
    {"cortex-m7", "cortex-m7", "adds r0, #1\nadds r1, r0, #1", 2, 2, 2},
    {"cortex-m7", "cortex-m7", "ldr r0, [r1]\nldr r2, [r3]", 1, 1, 2},
    {"cortex-m7", "cortex-m7", "str r0, [r1]\nldr r2, [r3]", 2, 2, 2},
    {"cortex-m7", "cortex-m7", "smlad r0, r1, r2, r0\nsmlad r3, r4, r5, r3", 2, 2, 2},
    {"rv32imc", "rv32imc", "lw a0, 0(a1)\naddi a0, a0, 1", 2, 3, 3},
    {"rv32imc", "rv32imc", "div a0, a1, a2", 4, 17, 35},
};

TEST(Cycles, OfSequences) {
  for (const Sequence& s : kSequences) {
    const CoreModel* core = find_core_model(s.pipeline);
    ASSERT_TRUE(core) << s.pipeline;
    const Cycles cycles = count_cycles(*core, decode_all(**find_target(s.core), s.lines));
    EXPECT_EQ(cycles.low, s.low) << s.pipeline << '\n' << s.lines;
    EXPECT_EQ(cycles.nominal, s.nominal) << s.pipeline << '\n' << s.lines;
    EXPECT_EQ(cycles.high, s.high) << s.pipeline << '\n' << s.lines;
  }
}

TEST(Cycles, EveryTargetHasAModelOfItsInstructionSet) {
  for (const Target& target : targets()) {
    const CoreModel* core = find_core_model(target.pipeline);
    ASSERT_TRUE(core) << target.name;
    EXPECT_EQ(core->set, instruction_set_of(target)) << target.name;
  }
  EXPECT_FALSE(find_core_model("z80"));
}

// Mark 1: 200 rounds of two instructions. Mark 3: twice all 128 double words of a table in flash.
constexpr char kFirmware[] = R"(
#include <stdint.h>
#include "mote/compiler/verify/board/board.h"

extern "C" void loop();
#if defined(__riscv)
asm(R"a(
  .text
  .globl loop
  .option norvc
loop:
  addi sp, sp, -16
  sw ra, 12(sp)
  li a0, 1
  jal ra, board_mark
  li a0, 200
1:
  addi a0, a0, -1
  bnez a0, 1b
  li a0, 2
  jal ra, board_mark
  lw ra, 12(sp)
  addi sp, sp, 16
  ret
)a");
#else
asm(R"a(
  .syntax unified
  .text
  .thumb
  .balign 4
  .globl loop
  .type loop, %function
  .thumb_func
loop:
  push {r4, lr}
  movs r0, #1
  bl board_mark
  movs r0, #200
1:
  subs r0, #1
  bne 1b
  movs r0, #2
  bl board_mark
  pop {r4, pc}
)a");
#endif

alignas(64) extern const uint32_t table[256] = {1};

__attribute__((noinline)) static uint32_t read_twice(const volatile uint32_t* words) {
  uint32_t sum = 0;
  board_mark(3);
  for (int pass = 0; pass < 2; ++pass)
    for (int i = 0; i < 256; ++i) sum += words[i];
  board_mark(4);
  return sum;
}

int main() {
  loop();
  return read_twice(table) == 2 ? 0 : 1;
}
)";

class CyclesInQemu : public testing::TestWithParam<std::string> {};

TEST_P(CyclesInQemu, AreThoseOfALoop) {
  const Target& target = **find_target(GetParam());
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto elf = build_elf(target, {{"main.cpp", kFirmware}}, {"-O2", {}, {}}, folder->path());
  ASSERT_TRUE(elf) << elf.error().text();
  EmulatorOptions options;
  options.flow = true;
  options.caches = {
      {false, true, 256, 8, 32}, {false, true, 2048, 8, 256}, {false, true, 0, 8, 1}, {true, true, 8192, 8, 1}};
  const auto run = run_elf(target, *elf, folder->path(), options);
  ASSERT_TRUE(run) << run.error().text();
  ASSERT_EQ(run->counter, "plugin");
  ASSERT_EQ(run->exit_code, 0);

  // The edges hold every instruction that was counted.
  for (const size_t mark : {1, 2, 3}) {
    uint64_t instructions = 0;
    for (const FlowEdge& edge : run->flow[mark]) instructions += edge.count * run->blocks[edge.to].instructions;
    EXPECT_EQ(instructions, run->instructions[mark]) << mark;
  }

  // Before and after the loop three instructions, the call of board_mark among them; 199 times the branch is taken.
  const CoreModel& core = *find_core_model(target.pipeline);
  const auto cycles = count_cycles(core, *elf, *run);
  ASSERT_TRUE(cycles) << cycles.error().text();
  const Cycles& loop = cycles->at(1);
  EXPECT_LE(loop.low, loop.nominal);
  EXPECT_LE(loop.nominal, loop.high);
  if (core.width == 1) {
    EXPECT_EQ(loop.low, 403u + 199 * core.taken.low);
    EXPECT_EQ(loop.nominal, 403u + 199 * core.taken.nominal);
    EXPECT_EQ(loop.high, 403u + 199 * core.taken.high);
  } else {
    EXPECT_LT(loop.nominal, 403u + 199 * core.taken.nominal);
  }

  // Too small a cache forgets the table, a larger one keeps it, without one each word is a read. The last has the
  // loop's code, too.
  const std::vector<uint64_t>& misses = run->misses.at(3);
  EXPECT_NEAR(static_cast<double>(misses[0]), 256, 2);
  EXPECT_NEAR(static_cast<double>(misses[1]), 128, 2);
  EXPECT_NEAR(static_cast<double>(misses[2]), 512, 4);
  EXPECT_GT(misses[3], misses[1] + 1);
  EXPECT_LT(misses[3], 170u);
}

INSTANTIATE_TEST_SUITE_P(Cores, CyclesInQemu,
                         testing::Values("cortex-m0", "raspberry-pi-pico", "cortex-m3", "cortex-m4", "cortex-m7",
                                         "cortex-m33", "cortex-m55", "cortex-m85", "rv32imc"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Prediction, OfABoard) {
  Board board;
  board.clock_hz = 1000000;
  EXPECT_FALSE(predict(board, {900, 1000, 2000}).latency_ms) << "how its flash is read is unknown";
  board.flash.read_bytes = 4;
  EXPECT_FALSE(predict(board, {900, 1000, 2000}).energy_uj) << "its current is unknown";
  board.active_ma = 2;
  board.supply_v = 3;
  const Prediction p = predict(board, {900, 1000, 2000});
  EXPECT_DOUBLE_EQ(p.latency_ms->low, 0.9);
  EXPECT_DOUBLE_EQ(p.latency_ms->nominal, 1);
  EXPECT_DOUBLE_EQ(p.energy_uj->nominal, 6);  // 6 mW for 1 ms
  EXPECT_DOUBLE_EQ(p.energy_uj->high, 12);
  board.clock_hz = 0;
  EXPECT_FALSE(predict(board, {900, 1000, 2000}).latency_ms);
}

TEST(Prediction, WatchesEachCacheAndHalfOfIt) {
  FlashTiming flash;
  EXPECT_TRUE(caches_to_watch(flash).empty());
  flash = {5, 8, {{true, false, 1024, 4}}};
  const std::vector<CacheShape> shapes = caches_to_watch(flash);
  ASSERT_EQ(shapes.size(), 4u);
  EXPECT_TRUE(shapes[0].code && !shapes[0].data && shapes[2].data && !shapes[2].code);
  EXPECT_EQ(shapes[0].bytes, 1024u);
  EXPECT_EQ(shapes[1].bytes, 512u);
  EXPECT_EQ(shapes[2].bytes, 8u);  // the buffer of one read
  EXPECT_EQ(shapes[3].bytes, 4u);
}

}  // namespace
}  // namespace mote
