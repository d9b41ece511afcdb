// Assembles instructions and holds what the decoder says of them to what they do.
#include "mote/compiler/verify/instruction.h"

#include <gtest/gtest.h>

#include "tests/assembler.h"

namespace mote {
namespace {

struct Case {
  const char *assembly, *meaning;
};

constexpr const char* kKindNames[] = {"unknown",
                                      "alu",
                                      "shift",
                                      "multiply",
                                      "multiply_add",
                                      "multiply_long",
                                      "multiply_add_long",
                                      "divide",
                                      "load",
                                      "store",
                                      "load_many",
                                      "store_many",
                                      "branch",
                                      "loop_end",
                                      "if_then",
                                      "system",
                                      "fp",
                                      "fp_multiply",
                                      "fp_multiply_add",
                                      "fp_divide",
                                      "fp_load",
                                      "fp_store",
                                      "vector",
                                      "vector_multiply",
                                      "vector_load",
                                      "vector_store"};
static_assert(std::size(kKindNames) == static_cast<size_t>(Kind::count));
constexpr const char* kFlowNames[] = {"", " conditional", " jump", " call", " indirect", " load_pc"};

std::string registers(const char* before, uint64_t set) {
  std::string text;
  for (int i = 0; i < 64; ++i)
    if (set >> i & 1) text += before + std::string(i < 32 ? "r" : "s") + std::to_string(i % 32);
  return text;
}

// "kind flow reads [address] +accumulator words > writes"
std::string describe(const Instruction& i) {
  std::string text = kKindNames[static_cast<size_t>(i.kind)];
  text += kFlowNames[static_cast<size_t>(i.flow)];
  text += registers(" ", i.reads) + registers(" @", i.address) + registers(" +", i.accumulator);
  if (i.register_offset) text += " offset";
  if (i.words) text += " x" + std::to_string(i.words);
  if (i.writes) text += " >" + registers(" ", i.writes);
  if (i.updated & ~(i.writes & i.address)) text += " (updates what it does not write)";
  return text;
}

void expect_meanings(const std::string& core, const std::vector<Case>& cases) {
  const Target& target = **find_target(core);
  std::string lines;
  for (const Case& c : cases) lines += std::string("1: ") + c.assembly + '\n';
  const Bytes code = assemble(target, lines);
  std::span<const uint8_t> bytes(code);
  for (const Case& c : cases) {
    ASSERT_GE(bytes.size(), 2u) << c.assembly;
    const Instruction i = decode(instruction_set_of(target), bytes);
    EXPECT_EQ(describe(i), c.meaning) << c.assembly;
    ASSERT_GE(bytes.size(), i.bytes) << c.assembly;
    bytes = bytes.subspan(i.bytes);
  }
}

TEST(Decode, Armv6M) {
  expect_meanings("cortex-m0", {{"adds r0, r1, r2", "alu r1 r2 > r0"},
                                {"subs r3, r4, #5", "alu r4 > r3"},
                                {"movs r1, r6", "alu r6 > r1"},
                                {"lsls r1, r6, #3", "shift r6 > r1"},
                                {"asrs r2, r7", "shift r2 r7 > r2"},
                                {"movs r5, #200", "alu > r5"},
                                {"cmp r5, #200", "alu r5"},
                                {"adds r5, #200", "alu r5 > r5"},
                                {"ands r1, r2", "alu r1 r2 > r1"},
                                {"tst r1, r2", "alu r1 r2"},
                                {"rsbs r1, r2, #0", "alu r2 > r1"},
                                {"cmn r3, r2", "alu r2 r3"},
                                {"muls r3, r2", "multiply r2 r3 > r3"},
                                {"mvns r3, r2", "alu r2 > r3"},
                                {"add r1, r9", "alu r1 r9 > r1"},
                                {"add r9, r1", "alu r1 r9 > r9"},
                                {"cmp r10, r1", "alu r1 r10"},
                                {"mov r8, r2", "alu r2 > r8"},
                                {"mov r2, r11", "alu r11 > r2"},
                                {"mov pc, lr", "branch indirect r14"},
                                {"bx lr", "branch indirect r14"},
                                {"blx r3", "branch call r3 > r14"},
                                {"ldr r4, [pc, #8]", "load > r4"},
                                {"ldrsb r4, [r1, r2]", "load @r1 @r2 offset > r4"},
                                {"ldrsh r4, [r1, r2]", "load @r1 @r2 offset > r4"},
                                {"ldr r4, [r1, r2]", "load @r1 @r2 offset > r4"},
                                {"strb r4, [r1, r2]", "store r4 @r1 @r2 offset"},
                                {"str r4, [r1, #4]", "store r4 @r1"},
                                {"ldrb r4, [r1, #4]", "load @r1 > r4"},
                                {"strh r4, [r1, #4]", "store r4 @r1"},
                                {"ldr r4, [sp, #4]", "load @r13 > r4"},
                                {"str r4, [sp, #4]", "store r4 @r13"},
                                {"add r4, sp, #4", "alu r13 > r4"},
                                {"sub sp, #16", "alu r13 > r13"},
                                {"uxtb r4, r1", "shift r1 > r4"},
                                {"rev r4, r1", "alu r1 > r4"},
                                {"push {r1, r4}", "store_many r1 r4 @r13 x2 > r13"},
                                {"push {r4, r5, lr}", "store_many r4 r5 r14 @r13 x3 > r13"},
                                {"pop {r4, r5}", "load_many @r13 x2 > r4 r5 r13"},
                                {"pop {r4, pc}", "load_many load_pc @r13 x2 > r4 r13"},
                                {"stmia r2!, {r0, r1}", "store_many r0 r1 @r2 x2 > r2"},
                                {"ldmia r2!, {r0, r1}", "load_many @r2 x2 > r0 r1 r2"},
                                {"sev", "alu"},
                                {"bkpt 1", "system"},
                                {"svc 1", "system"},
                                {"beq 1b", "branch conditional"},
                                {"b 1b", "branch jump"},
                                {"bl 1b", "branch call > r14"},
                                {"dmb", "system"}});
}

TEST(Decode, Armv7EM) {
  expect_meanings("cortex-m4", {{"cbz r3, 2f", "branch conditional r3"},
                                {"it eq", "if_then"},
                                {"moveq r1, r2", "alu r2 > r1"},
                                {"2: add.w r8, r9, r10", "alu r9 r10 > r8"},
                                {"add.w r8, r9, r10, lsl #2", "shift r9 r10 > r8"},
                                {"mov.w r8, r10", "alu r10 > r8"},
                                {"lsl.w r8, r10, #3", "shift r10 > r8"},
                                {"cmp.w r8, r10", "alu r8 r10"},
                                {"pkhbt r1, r2, r3, lsl #16", "shift r2 r3 > r1"},
                                {"add.w r8, r9, #1024", "alu r9 > r8"},
                                {"addw r8, r9, #1023", "alu r9 > r8"},
                                {"movw r8, #4660", "alu > r8"},
                                {"movt r8, #4660", "alu r8 > r8"},
                                {"mov.w r8, #0x10001", "alu > r8"},
                                {"ssat r1, #8, r2", "shift r2 > r1"},
                                {"ssat r1, #8, r2, asr #4", "shift r2 > r1"},
                                {"sbfx r1, r2, #3, #4", "shift r2 > r1"},
                                {"bfi r1, r2, #3, #4", "shift r1 r2 > r1"},
                                {"lsl.w r1, r2, r3", "shift r2 r3 > r1"},
                                {"sxtb16 r1, r2", "shift r2 > r1"},
                                {"sxtb16 r1, r2, ror #8", "shift r2 > r1"},
                                {"sxtab16 r1, r2, r3", "shift r2 r3 > r1"},
                                {"sadd16 r1, r2, r3", "alu r2 r3 > r1"},
                                {"qadd r1, r2, r3", "alu r2 r3 > r1"},
                                {"clz r1, r2", "alu r2 > r1"},
                                {"mul.w r1, r2, r3", "multiply r2 r3 > r1"},
                                {"mla r1, r2, r3, r4", "multiply_add r2 r3 +r4 > r1"},
                                {"mls r1, r2, r3, r4", "multiply_add r2 r3 +r4 > r1"},
                                {"smulbb r1, r2, r3", "multiply r2 r3 > r1"},
                                {"smlabt r1, r2, r3, r4", "multiply_add r2 r3 +r4 > r1"},
                                {"smuad r1, r2, r3", "multiply r2 r3 > r1"},
                                {"smlad r1, r2, r3, r4", "multiply_add r2 r3 +r4 > r1"},
                                {"smmulr r1, r2, r3", "multiply r2 r3 > r1"},
                                {"smull r1, r2, r3, r4", "multiply_long r3 r4 > r1 r2"},
                                {"umull r1, r2, r3, r4", "multiply_long r3 r4 > r1 r2"},
                                {"smlal r1, r2, r3, r4", "multiply_add_long r3 r4 +r1 +r2 > r1 r2"},
                                {"smlald r1, r2, r3, r4", "multiply_add_long r3 r4 +r1 +r2 > r1 r2"},
                                {"sdiv r1, r2, r3", "divide r2 r3 > r1"},
                                {"udiv r1, r2, r3", "divide r2 r3 > r1"},
                                {"ldrd r1, r2, [r3, #8]", "load_many @r3 x2 > r1 r2"},
                                {"ldrd r1, r2, [r3], #8", "load_many @r3 x2 > r1 r2 r3"},
                                {"strd r1, r2, [r3, #8]", "store_many r1 r2 @r3 x2"},
                                {"strd r1, r2, [r3, #8]!", "store_many r1 r2 @r3 x2 > r3"},
                                {"ldmia.w r10, {r1, r2, r9}", "load_many @r10 x3 > r1 r2 r9"},
                                {"ldmdb r10!, {r1, r2, r9}", "load_many @r10 x3 > r1 r2 r9 r10"},
                                {"stmia.w r10!, {r1, r2, r9}", "store_many r1 r2 r9 @r10 x3 > r10"},
                                {"pop.w {r8, r9, pc}", "load_many load_pc @r13 x3 > r8 r9 r13"},
                                {"push.w {r8, r9, lr}", "store_many r8 r9 r14 @r13 x3 > r13"},
                                {"ldr.w r1, [r2, #100]", "load @r2 > r1"},
                                {"ldr.w r1, [r2], #4", "load @r2 > r1 r2"},
                                {"ldrsb.w r1, [r2, #-4]", "load @r2 > r1"},
                                {"ldrsb.w r1, [r2, r3, lsl #1]", "load @r2 @r3 offset > r1"},
                                {"ldrsh.w r1, [r2, #2]!", "load @r2 > r1 r2"},
                                {"ldr.w r1, [pc, #100]", "load > r1"},
                                {"ldr.w pc, [r2, #4]", "load load_pc @r2"},
                                {"str.w r1, [r2, r3]", "store r1 @r2 @r3 offset"},
                                {"str.w r1, [r2, #4]!", "store r1 @r2 > r2"},
                                {"strb.w r1, [r2, #100]", "store r1 @r2"},
                                {"pld [r2, #4]", "alu"},
                                {"tbb [pc, r2]", "load load_pc @r2 offset"},
                                {"mrs r1, primask", "system > r1"},
                                {"isb", "system"},
                                {"b.w 1b", "branch jump"},
                                {"bne.w 1b", "branch conditional"},
                                {"vldr s5, [r2, #4]", "fp_load @r2 > s5"},
                                {"vstr d3, [r2, #4]", "fp_store s6 s7 @r2"},
                                {"vldmia r2!, {s1-s3}", "load_many @r2 x3 > r2 s1 s2 s3"},
                                {"vpush {d8}", "store_many s16 s17 @r13 x2 > r13"},
                                {"vmul.f32 s1, s2, s3", "fp_multiply s2 s3 > s1"},
                                {"vadd.f32 s31, s2, s3", "fp s2 s3 > s31"},
                                {"vfma.f32 s1, s2, s3", "fp_multiply_add s2 s3 +s1 > s1"},
                                {"vmla.f32 s1, s2, s3", "fp_multiply_add s2 s3 +s1 > s1"},
                                {"vfnms.f32 s1, s2, s3", "fp_multiply_add s2 s3 +s1 > s1"},
                                {"vdiv.f32 s1, s2, s3", "fp_divide s2 s3 > s1"},
                                {"vsqrt.f32 s1, s2", "fp_divide s2 > s1"},
                                {"vcmp.f32 s1, s2", "fp s1 s2"},
                                {"vmov.f32 s1, #1.0", "fp > s1"},
                                {"vcvt.s32.f32 s1, s2", "fp s2 > s1"},
                                {"vmov s1, r2", "fp r2 > s1"},
                                {"vmov r2, s1", "fp s1 > r2"},
                                {"vmov r2, r3, s4, s5", "fp s4 > r2 r3"}});
}

TEST(Decode, HeliumAndLoops) {
  expect_meanings("cortex-m55", {{"top: dls lr, r1", "alu r1 > r14"},
                                 {"wls lr, r1, 2f", "branch conditional r1 > r14"},
                                 {"dlstp.8 lr, r3", "alu r3 > r14"},
                                 {"vldrb.8 q0, [r1], #16", "vector_load @r1 > r1"},
                                 {"vldrb.s16 q0, [r1]", "vector_load @r1"},
                                 {"vldrw.32 q0, [r1, #16]", "vector_load @r1"},
                                 {"vstrb.8 q0, [r1], #16", "vector_store @r1 > r1"},
                                 {"vmladav.s8 r2, q0, q1", "vector_multiply +r2 > r2"},
                                 {"vmladava.s16 r2, q0, q1", "vector_multiply +r2 > r2"},
                                 {"vaddv.s8 r4, q1", "vector_multiply +r4 > r4"},
                                 {"vmul.i32 q0, q1, q2", "vector_multiply"},
                                 {"vqrdmulh.s32 q0, q1, q2", "vector_multiply"},
                                 {"vmla.s32 q0, q1, r2", "vector_multiply"},
                                 {"vfma.f32 q0, q1, q2", "vector_multiply"},
                                 {"vadd.i32 q0, q1, q2", "vector"},
                                 {"vadd.i32 q0, q1, r2", "vector"},
                                 {"vdup.32 q0, r2", "vector r2"},
                                 {"vmax.s32 q0, q1, q2", "vector"},
                                 {"vrshl.s32 q0, q1", "vector"},
                                 {"vmov.32 q0[1], r3", "vector r3"},
                                 {"vmov.32 r3, q0[1]", "vector > r3"},
                                 {"2: letp lr, top", "loop_end conditional r14 > r14"},
                                 {"le lr, top", "loop_end conditional r14 > r14"},
                                 {"csel r1, r2, r3, eq", "alu r2 r3 > r1"}});
}

TEST(Decode, Rv32imc) {
  expect_meanings("rv32imc", {{"c.addi4spn a0, sp, 16", "alu r2 > r10"},
                              {"c.lw a0, 4(a1)", "load @r11 > r10"},
                              {"c.sw a0, 4(a1)", "store r10 @r11"},
                              {"c.addi a0, 1", "alu r10 > r10"},
                              {"c.nop", "alu"},
                              {"c.li a0, 1", "alu > r10"},
                              {"c.lui a0, 1", "alu > r10"},
                              {"c.addi16sp sp, 32", "alu r2 > r2"},
                              {"c.srai a0, 3", "shift r10 > r10"},
                              {"c.andi a0, 3", "alu r10 > r10"},
                              {"c.sub a0, a1", "alu r10 r11 > r10"},
                              {"c.slli a0, 3", "shift r10 > r10"},
                              {"c.lwsp s1, 4(sp)", "load @r2 > r9"},
                              {"c.swsp s1, 4(sp)", "store r9 @r2"},
                              {"c.jr ra", "branch indirect r1"},
                              {"c.jalr a0", "branch call r10 > r1"},
                              {"c.mv a0, a1", "alu r11 > r10"},
                              {"c.add a0, a1", "alu r10 r11 > r10"},
                              {"c.ebreak", "system"},
                              {"lui a0, 74565", "alu > r10"},
                              {"auipc a0, 1", "alu > r10"},
                              {"lb t3, 4(a1)", "load @r11 > r28"},
                              {"sh t3, 4(a1)", "store r28 @r11"},
                              {"addi t3, a1, 100", "alu r11 > r28"},
                              {"srai t3, a1, 4", "shift r11 > r28"},
                              {"add t3, a1, a2", "alu r11 r12 > r28"},
                              {"sll t3, a1, a2", "shift r11 r12 > r28"},
                              {"mul t3, a1, a2", "multiply r11 r12 > r28"},
                              {"mulh t3, a1, a2", "multiply_long r11 r12 > r28"},
                              {"div t3, a1, a2", "divide r11 r12 > r28"},
                              {"remu t3, a1, a2", "divide r11 r12 > r28"},
                              {"jalr t1, 0(a0)", "branch call r10 > r6"},
                              {"fence", "system"}});
}

TEST(Decode, TakesNoByteThatIsNotThere) {
  for (const InstructionSet set : {InstructionSet::thumb, InstructionSet::riscv}) {
    const uint8_t half[] = {0xFF, 0xFF};
    EXPECT_EQ(decode(set, half).bytes, 4);
  }
}

}  // namespace
}  // namespace mote
