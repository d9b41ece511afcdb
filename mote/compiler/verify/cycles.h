// Predicts cycles from the flow of control that the emulator recorded: a table per core of what its pipeline does with
// each kind of instruction. docs/PREDICTIONS.md has the rules, where the tables come from, and the errors found.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/compiler/verify/emulator.h"
#include "mote/compiler/verify/instruction.h"

namespace mote {

// Low: all that may hide behind something else does. Nominal: documented or likely behaviour. High: nothing hides.
struct Cycles {
  uint64_t low = 0, nominal = 0, high = 0;
};

struct CoreModel;

// The table that predicts targets with this Target::pipeline, or nullptr.
const CoreModel* find_core_model(const std::string& pipeline);

// Of instructions that run once, in this order, starting with an idle pipeline; branches among them are not taken.
Cycles count_cycles(const CoreModel& core, std::span<const Instruction> instructions);

// Of a recorded run, by mark, with memory that never waits. An error if blocks lie outside the ELF's code.
Expected<std::vector<Cycles>> count_cycles(const CoreModel& core, const Elf& elf, const EmulatorRun& run);

}  // namespace mote
