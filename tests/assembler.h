// Assembles text for tests of what reads machine code.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/process.h"
#include "mote/compiler/verify/instruction.h"
#include "mote/compiler/verify/toolchain.h"

namespace mote {

inline InstructionSet instruction_set_of(const Target& target) {
  return target.emulator.start == "riscv" ? InstructionSet::riscv : InstructionSet::thumb;
}

// The bytes of the lines; none, and a failure, if they cannot be assembled.
inline Bytes assemble(const Target& target, const std::string& lines) {
  const auto compiler = find_program(target.toolchain.compiler, target.toolchain.package);
  const auto folder = TemporaryFolder::make();
  if (!compiler || !folder) {
    ADD_FAILURE() << "there is no compiler or no temporary folder";
    return {};
  }
  const bool riscv = instruction_set_of(target) == InstructionSet::riscv;
  const std::string text = (riscv ? ".option norelax\n" : ".syntax unified\n.thumb\n") + (".text\n" + lines);
  EXPECT_TRUE(write_file(folder->path() / "a.s", text.data(), text.size()));
  std::vector<std::string> arguments = {compiler->string()};
  arguments.insert(arguments.end(), target.toolchain.flags.begin(), target.toolchain.flags.end());
  arguments.insert(arguments.end(), {"-c", "a.s", "-o", "a.o"});
  const auto result = run_process(arguments, folder->path(), 20);
  EXPECT_TRUE(result && result->exit_code == 0) << (result ? result->output : result.error().text());
  const auto code = read_code(folder->path() / "a.o");
  EXPECT_TRUE(code && !code->empty());
  return code && !code->empty() ? code->front().bytes : Bytes{};
}

}  // namespace mote
