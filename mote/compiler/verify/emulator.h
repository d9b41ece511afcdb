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

struct EmulatorRun {
  int exit_code = 0;
  std::string output;   // what the firmware printed (board_print)
  std::string counter;  // "plugin", "icount" or "none": how instructions were counted
  std::vector<uint64_t>
      instructions;  // by mark: instructions between board_mark(m) and the next mark, summed over all visits
  std::vector<uint64_t> longest;  // by mark: the longest single visit
  std::vector<uint64_t> visits;   // by mark: how often it was entered
};

struct EmulatorOptions {
  bool count = true;    // false: no plugin, fastest
  bool icount = false;  // force -icount even where the plugin works (a test compares the two)
  double timeout_s = 120;
};

// "QEMU 7.2.19": or an error that names the package to install.
Expected<std::string> emulator_version(const Target& target);

// Runs elf.path on the target's emulated machine with `folder` as working directory: the firmware's file names are
// relative to it. Marks come from board_mark() (see mote/compiler/verify/board/board.h).
Expected<EmulatorRun> run_elf(const Target& target, const Elf& elf, const std::filesystem::path& folder,
                              const EmulatorOptions& options = {});

}  // namespace mote
