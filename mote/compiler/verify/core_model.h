// The parameters of a pipeline, and the cores' values of them.
#pragma once
#include <array>
#include <cstdint>

#include "mote/compiler/verify/instruction.h"

namespace mote {

// A number of cycles: at best, as documented or likely, at worst.
struct Span {
  uint8_t low, nominal, high;
};

template <class T>
class ByKind {
 public:
  explicit constexpr ByKind(T all) { values_.fill(all); }
  constexpr T& operator[](Kind kind) { return values_[static_cast<size_t>(kind)]; }
  constexpr const T& operator[](Kind kind) const { return values_[static_cast<size_t>(kind)]; }

 private:
  std::array<T, static_cast<size_t>(Kind::count)> values_{};
};

// All cores are modelled as one in-order pipeline: an instruction issues when the one before has issued and its
// operands are ready. Numbers are cycles.
struct CoreModel {
  const char* name;
  InstructionSet set = InstructionSet::thumb;
  // Cycles before the next instruction may issue.
  ByKind<Span> issue{Span{1, 1, 1}};
  Span per_word = {1, 1, 1};               // further ones for load_many and store_many, for each `width` words
  Span register_offset_store = {0, 0, 0};  // further ones for a store with a register offset
  // Cycles until another instruction may read the result.
  ByKind<Span> latency{Span{1, 1, 1}};
  Span address_latency = {0, 0, 0};     // further ones where the result of arithmetic is an address
  bool accumulator_forwarding = false;  // a multiply-add may take the sum of the multiply-add before it at once
  // A load has a second cycle, in which only another load or store may issue, of one register.
  bool pipelined_loads = false;
  bool late_alu = false;  // plain arithmetic may take what was loaded one cycle sooner
  // Instructions that may issue together; `high` issues one. Only one of them may multiply, shift, branch, use the FPU
  // or store; two may load. None joins a vector instruction.
  int width = 1;
  int vector_beats = 0;  // cycles for which a vector unit (memory, multiplier, the rest) is busy
  // Branches that are taken cost further:
  Span taken = {1, 1, 1};
  Span unaligned_target = {0, 0, 0};  // for a 32-bit instruction that is not at a multiple of 4
  Span indirect = {0, 0, 0};          // to an address in a register or loaded
  Span link = {0, 0, 0};              // calls, and returns that load the program counter
  Span loaded_target = {0, 0, 0};     // to an address that a load of one register brings
  Span loop_end = {0, 0, 0};          // in place of `taken`, for LE
  Span mispredicted = {0, 0, 0};      // each time a conditional branch goes the way that it takes less often
};

}  // namespace mote
