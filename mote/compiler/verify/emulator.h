// Runs an ELF in QEMU and counts instructions exactly.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mote/compiler/base/expected.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/verify/toolchain.h"

namespace mote {

// How often control went from one block of instructions to another.
struct FlowEdge {
  uint32_t from = 0, to = 0;  // indices of blocks; from == kNoBlock for the first block after a mark
  uint64_t count = 0;
};
constexpr uint32_t kNoBlock = 0xFFFFFFFF;

// Instructions that run one after another.
struct CodeBlock {
  uint64_t address = 0;
  uint32_t instructions = 0;
};

// A least-recently-used cache that watches reads from flash, the emulated machine's code region.
struct CacheShape {
  bool code = false, data = false;  // which reads go through it
  uint32_t bytes = 0;               // below one line: every read misses
  uint32_t line_bytes = 0;
  uint32_t ways = 1;
};

struct EmulatorRun {
  int exit_code = 0;
  std::string output;   // what the firmware printed (board_print)
  std::string counter;  // "plugin", "icount" or "none": how instructions were counted
  std::vector<uint64_t>
      instructions;  // by mark: instructions between board_mark(m) and the next mark, summed over all visits
  std::vector<uint64_t> longest;  // by mark: the longest single visit
  std::vector<uint64_t> visits;   // by mark: how often it was entered
  // With EmulatorOptions::flow, where the plugin works:
  std::vector<CodeBlock> blocks;
  std::vector<std::vector<FlowEdge>> flow;    // by mark
  std::vector<std::vector<uint64_t>> misses;  // by mark, by cache
};

struct EmulatorOptions {
  bool count = true;               // false: no plugin, fastest
  bool icount = false;             // force -icount even where the plugin works (a test compares the two)
  bool flow = false;               // record the flow of control, for a cycle model
  std::vector<CacheShape> caches;  // with flow: up to four
  double timeout_s = 120;
};

// "QEMU 7.2.19": or an error that names the package to install.
Expected<std::string> emulator_version(const Target& target);

// Runs elf.path on the target's emulated machine with `folder` as working directory: the firmware's file names are
// relative to it. Marks come from board_mark() (see mote/compiler/verify/board/board.h).
Expected<EmulatorRun> run_elf(const Target& target, const Elf& elf, const std::filesystem::path& folder,
                              const EmulatorOptions& options = {});

}  // namespace mote
