// What board.cpp needs of an instruction set; start_arm.cpp and start_riscv.cpp have the rest.
#pragma once
#include <stdint.h>

// Made by the linker script.
extern "C" uint32_t __stack_limit[], __stack_top[], __mote_marks[];
extern "C" uint32_t __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[];

namespace board {

// One semihosting call: `operation` as in Arm's specification, which RISC-V shares.
int32_t semihost(int32_t operation, const void* argument);

// Where reset ends, with a stack and the FPU enabled: prepares memory and calls main.
extern "C" [[noreturn]] void board_start();

// Where a fault at `address` ends, with the stack pointer at the top again.
extern "C" [[noreturn]] void board_fault(uint32_t address);

#if defined(__riscv)

// Fills the words from `word` up to the stack pointer, which it returns. In one piece of assembly: a compiler
// may save registers after it has read the stack pointer.
inline uint32_t fill_stack(uint32_t* word, uint32_t pattern) {
  asm volatile("1: sw %1, 0(%0)\n addi %0, %0, 4\n bltu %0, sp, 1b" : "+r"(word) : "r"(pattern) : "memory");
  return reinterpret_cast<uint32_t>(word);
}

// Instructions retired; exact under -icount.
inline uint32_t read_counter() {
  uint32_t count;
  asm volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(count));
  return count;
}

// Two marks with two instructions between them: the argument and the call.
inline void mark_twice() {
  asm volatile("li a0, 0\n jal ra, board_mark\n li a0, 0\n jal ra, board_mark" ::
                   : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
                     "memory");
}

#else

inline uint32_t fill_stack(uint32_t* word, uint32_t pattern) {
  uint32_t end;
  asm volatile(".syntax unified\n mov %1, sp\n 1: str %2, [%0]\n adds %0, #4\n cmp %0, %1\n blo 1b"
               : "+l"(word), "=&l"(end)
               : "l"(pattern)
               : "cc", "memory");
  return reinterpret_cast<uint32_t>(word);
}

// A free-running timer of the machine: under -icount its time is the number of instructions.
inline uint32_t read_counter() { return *reinterpret_cast<const volatile uint32_t*>(MOTE_COUNTER_ADDRESS); }

inline void mark_twice() {
  asm volatile(".syntax unified\n movs r0, #0\n bl board_mark\n movs r0, #0\n bl board_mark" ::
                   : "r0", "r1", "r2", "r3", "r12", "lr", "cc", "memory");
}

#endif

}  // namespace board
