// Start-up for any Cortex-M, Armv6-M to Armv8.1-M: the vector table, the FPU, faults.
#include "mote/compiler/verify/board/machine.h"

namespace board {

// BKPT 0xAB is what a debugger, or QEMU, takes for a semihosting call.
int32_t semihost(int32_t operation, const void* argument) {
  register int32_t result asm("r0") = operation;
  register const void* block asm("r1") = argument;
  asm volatile("bkpt 0xAB" : "+r"(result) : "r"(block) : "memory");
  return result;
}

// The frame that the core pushed may lie outside the stack if that overflowed; then the address is unknown.
extern "C" __attribute__((used, noreturn)) void board_fault_frame(const uint32_t* frame) {
  constexpr int kReturnAddress = 6;
  const bool inside = frame >= __stack_limit && frame + 8 <= __stack_top;
  board_fault(inside ? frame[kReturnAddress] : 0);
}

extern "C" __attribute__((naked, noreturn)) void board_fault_entry() {
  asm volatile(
      "mrs r0, msp\n"
      "ldr r1, =__stack_top\n"
      "mov sp, r1\n"
      "bl board_fault_frame\n"
      ".ltorg");
}

extern "C" __attribute__((naked, noreturn)) void board_reset() {
  asm volatile(
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
      "ldr r0, =0xE000ED88\n"  // CPACR: full access to the FPU and to MVE
      "ldr r1, [r0]\n"
      "orr r1, r1, #0x00F00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
#endif
      "bl board_start\n"
      ".ltorg");
}

// Everything but reset ends the run: no interrupt is ever enabled.
struct VectorTable {
  uint32_t* stack;
  void (*handlers[15])();
};
__attribute__((section(".start"), used)) const VectorTable vectors = {
    __stack_top,
    {board_reset, board_fault_entry, board_fault_entry, board_fault_entry, board_fault_entry, board_fault_entry,
     board_fault_entry, board_fault_entry, board_fault_entry, board_fault_entry, board_fault_entry, board_fault_entry,
     board_fault_entry, board_fault_entry, board_fault_entry}};

}  // namespace board
