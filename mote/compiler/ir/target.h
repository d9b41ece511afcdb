// What a model is compiled for: a core (instruction set, compiler flags, the machine that emulates it) or a board (a
// core with real memory regions, clock, flash wait states and currents). One JSON file each, in targets/.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mote/compiler/base/expected.h"
#include "mote/compiler/ir/costs.h"

namespace mote {

struct Region {
  std::string name;
  std::string kind;  // "flash" or "ram"
  uint64_t origin = 0;
  uint64_t bytes = 0;
};

struct Toolchain {
  std::string compiler;            // "arm-none-eabi-g++"
  std::string package;             // "gcc-arm-none-eabi": the Debian package that has it
  std::vector<std::string> flags;  // "-mcpu=cortex-m4", ...
  std::string clang_triple;        // "thumbv7em-none-eabihf"
  std::vector<std::string> clang_flags;
  std::string
      small_flag;  // "-Os", or "-O2" where inner loops written in C++ are too slow with that: for --optimize ram
};

struct Emulator {
  std::string program;  // "qemu-system-arm"
  std::string package;  // "qemu-system-arm"
  std::string machine;  // "mps2-an386"
  std::vector<std::string> options;
  std::string start;             // "arm" or "riscv": which start-up code
  std::vector<Region> regions;   // of the emulated machine: "vectors" (optional), "code", "data"
  uint64_t counter_address = 0;  // a free-running 32-bit timer, read where QEMU takes no plugin; 0: minstret
  uint32_t counter_hz = 0;       // at this rate
};

// A cache, or prefetch memory, between a core and its flash.
struct FlashCache {
  bool code = false, data = false;  // which reads go through it
  uint32_t bytes = 0;
  uint32_t ways = 1;
};

// How a board's core reads its flash. Reads that no cache serves go through a buffer of one read.
struct FlashTiming {
  uint32_t wait_states = 0;  // cycles that one read takes beyond the core's own
  uint32_t read_bytes = 0;   // what it brings; 0: the timing is unknown
  std::vector<FlashCache> caches;
};

struct Board {       // empty name: the target is a bare core
  std::string name;  // "NUCLEO-L4R5ZI"
  std::vector<Region> regions;
  uint32_t clock_hz = 0;
  FlashTiming flash;
  double active_ma = 0;  // at that clock, at supply_v, from the data sheet named in `source`; 0: unknown
  double sleep_ma = 0;
  double supply_v = 0;
  std::string source;
};

struct Target {
  std::string name;  // file name without .json; what --target takes
  std::string description;
  std::string core;      // "cortex-m4": the core file this is (for a board: whose flags and emulator it uses)
  std::string arch;      // "armv7e-m": what kernels may use
  std::string pipeline;  // "cortex-m0plus": whose cycles predict it; a board may differ from its core
  std::string costs_of;  // "cortex-m55": whose cost table it has; another core's where both run the same instructions
  Toolchain toolchain;
  Emulator emulator;
  Board board;
  Costs costs;  // what kernels cost on the core
};

// All targets that are built into this program, by name.
const std::vector<Target>& targets();

// What kernels cost on the machine that mote itself runs on.
const Costs& host_costs();

// The target of that name (case does not matter), or an error that lists the nearest and all names.
Expected<const Target*> find_target(const std::string& name);

// Reads a target from JSON text; a board names its core in "core", found in `cores`.
Expected<Target> parse_target(const std::string& name, const std::string& json, const std::vector<Target>& cores);

}  // namespace mote
