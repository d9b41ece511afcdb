// The MPS2 board with FPGA image AN386 (Cortex-M4), as QEMU emulates it: start-up, CMSDK UART 0, CMSDK dual timer. From
// Arm DAI 0386 (memory map) and the Cortex-M System Design Kit's reference manual, DDI 0479 (registers).
#include "board.h"

extern "C" uint32_t __stack_top[], __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[];

namespace {

constexpr uint32_t kClockHz = 25000000;

struct Uart {
  volatile uint32_t data, state, control, interrupts, divider;
};
enum : uint32_t { kTransmitFull = 1, kReceiveFull = 2 };                 // state
enum : uint32_t { kTransmit = 1, kReceive = 2, kReceiveInterrupt = 8 };  // control
enum : uint32_t { kReceived = 2 };                                       // interrupts
Uart& uart() { return *reinterpret_cast<Uart*>(0x40004000); }

// The UART's receive interrupt is number 0. It only wakes the core: it stays masked, and there is no handler.
volatile uint32_t& interrupt_enable() { return *reinterpret_cast<volatile uint32_t*>(0xE000E100); }
volatile uint32_t& interrupt_unpend() { return *reinterpret_cast<volatile uint32_t*>(0xE000E280); }

struct Timer {
  volatile uint32_t load, value, control, clear, raw, masked, background, reserved;
};
enum : uint32_t { k32Bits = 1u << 1, kBy256 = 2u << 2, kEnable = 1u << 7 };
Timer& timer(uint32_t i) { return reinterpret_cast<Timer*>(0x40002000)[i]; }

// Both halves of the dual timer run from 2^32 - 1 down: one counts each tick and wraps after 172 s, the other each
// 256th and wraps after 12 hours. The coarse one tells how often the fine one has wrapped.
uint64_t ticks() {
  const uint32_t fine = ~timer(0).value;
  const uint64_t about = uint64_t{~timer(1).value} * 256;
  constexpr uint64_t kHalf = uint64_t{1} << 31;
  const uint64_t wraps = about + kHalf < fine ? 0 : (about + kHalf - fine) >> 32;
  return (wraps << 32) + fine;
}

[[noreturn]] void halt() {
  for (;;) {}
}

extern "C" __attribute__((used, noreturn)) void prepare_memory() {
  for (uint32_t *to = __data_start, *from = __data_load; to < __data_end;) *to++ = *from++;
  for (uint32_t* word = __bss_start; word < __bss_end;) *word++ = 0;
  firmware();
}

// The FPU has to be enabled before any code that might save its registers.
extern "C" __attribute__((naked, used, noreturn)) void reset() {
  asm volatile(
      "ldr r0, =0xE000ED88\n"  // CPACR
      "ldr r1, [r0]\n"
      "orr r1, r1, #0x00F00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
      "b prepare_memory\n"
      ".ltorg");
}

struct VectorTable {
  uint32_t* stack;
  void (*handlers[15])();
};
// Interrupts stay masked; what remains are faults.
__attribute__((section(".vectors"), used)) const VectorTable vectors = {
    __stack_top, {reset, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt}};

}  // namespace

namespace board {

void start() {
  uart().divider = kClockHz / 115200;
  asm volatile("cpsid i" ::: "memory");
  interrupt_enable() = 1;
  uart().control = kTransmit | kReceive | kReceiveInterrupt;
  uart().data;  // drops what came before; until the first read QEMU may leave what the host sends where it is
  timer(0).control = kEnable | k32Bits;
  timer(1).control = kEnable | k32Bits | kBy256;
}

// The core sleeps meanwhile: in QEMU, one that looks again and again takes the time in which the character is fetched.
char get() {
  while (!(uart().state & kReceiveFull)) asm volatile("wfi" ::: "memory");
  const char c = static_cast<char>(uart().data);
  uart().interrupts = kReceived;
  interrupt_unpend() = 1;
  return c;
}

void put(char c) {
  while (uart().state & kTransmitFull) {}
  uart().data = static_cast<uint8_t>(c);
}

uint64_t microseconds() { return ticks() / (kClockHz / 1000000); }

}  // namespace board
