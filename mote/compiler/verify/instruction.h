// What a cycle model has to know of an instruction: its kind, its registers, where control goes. Decodes Thumb
// (Armv6-M to Armv8.1-M, with DSP, FPU and, by kind only, MVE) and RV32IMC.
#pragma once
#include <cstdint>
#include <span>

namespace mote {

enum class Kind : uint8_t {
  unknown,  // no row of the tables
  alu,      // arithmetic, logic, moves, comparisons
  shift,    // the same through the shifter: shifts, extensions, bit fields, saturation
  multiply,
  multiply_add,
  multiply_long,  // 64-bit product (RISC-V: its high half)
  multiply_add_long,
  divide,
  load,
  store,
  load_many,  // `words` of them, FPU registers included
  store_many,
  branch,
  loop_end,  // LE, LETP
  if_then,
  system,
  fp,  // addition, comparison, conversion, moves
  fp_multiply,
  fp_multiply_add,
  fp_divide,  // and square root
  fp_load,
  fp_store,
  vector,  // MVE
  vector_multiply,
  vector_load,
  vector_store,
  count
};

// How an instruction changes the flow of control, if it does.
enum class Flow : uint8_t { next, conditional, jump, call, indirect, load_pc };

struct Instruction {
  uint8_t bytes = 0;
  Kind kind = Kind::unknown;
  Flow flow = Flow::next;
  uint8_t words = 0;             // of load_many and store_many
  bool register_offset = false;  // of a load or store
  // Sets of registers: bit n is r<n> or x<n>, bit 32 + n is s<n>. The program counter and x0 are never in them.
  uint64_t reads = 0, writes = 0;
  uint64_t address = 0;      // read to make an address; not in `reads`
  uint64_t updated = 0;      // of `writes`: a base register that only moves on
  uint64_t accumulator = 0;  // what a multiply-add adds to; not in `reads`
};

enum class InstructionSet : uint8_t { thumb, riscv };

// Decodes the first instruction in `code`, which holds at least two bytes, and all of it if it is longer.
Instruction decode(InstructionSet set, std::span<const uint8_t> code);

}  // namespace mote
