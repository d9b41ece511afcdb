// Start-up for RISC-V in machine mode: stack and global pointer, traps.
#include "mote/compiler/verify/board/machine.h"

namespace board {

// The three instructions are the signal. They must be uncompressed and within one page, hence the alignment.
__attribute__((naked, noinline)) int32_t semihost(int32_t, const void*) {
  asm volatile(
      ".balign 16\n"
      ".option push\n"
      ".option norvc\n"
      "slli x0, x0, 0x1f\n"
      "ebreak\n"
      "srai x0, x0, 7\n"
      ".option pop\n"
      "ret");
}

extern "C" __attribute__((naked, used, aligned(4))) void board_trap() {
  asm volatile(
      ".option push\n"
      ".option arch, +zicsr\n"
      "la sp, __stack_top\n"
      "csrr a0, mepc\n"
      ".option pop\n"
      "tail board_fault");
}

// The first instruction of the machine's RAM, where QEMU begins.
extern "C" __attribute__((naked, used, section(".start"))) void board_reset() {
  asm volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, __stack_top\n"
      "la t0, board_trap\n"
      ".option push\n"
      ".option arch, +zicsr\n"
      "csrw mtvec, t0\n"
      ".option pop\n"
      "tail board_start");
}

}  // namespace board
