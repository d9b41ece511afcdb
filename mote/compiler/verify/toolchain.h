// Cross-compiles a set of sources to a bare-metal ELF for a target's emulated machine, and reads sizes and symbols
// back from it.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mote/compiler/base/bytes.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/ir/target.h"

namespace mote {

struct Elf {
  std::filesystem::path path;
  uint64_t text_bytes = 0;  // .text and .rodata: what lies in flash, without the initial values of .data
  uint64_t data_bytes = 0;  // .data
  uint64_t bss_bytes = 0;   // .bss
  struct Symbol {
    uint64_t address = 0, bytes = 0;
    char kind = '?';
  };                                      // kind: 'T' code, 'R' read-only data, 'D' .data, 'B' .bss
  std::map<std::string, Symbol> symbols;  // mangled names; local symbols included
};

struct BuildOptions {
  std::string optimize = "-O2";            // "-Os", "-O2", "-O3"
  std::vector<std::string> defines;        // "MOTE_MODEL=kws"
  std::vector<std::string> include_paths;  // relative to the folder of the sources
};

// "arm-none-eabi-g++ 12.2.1": what will be used for this target, or an error that names the package to install.
Expected<std::string> compiler_version(const Target& target);

// Writes `sources` (path -> text) to `folder`, compiles every .cpp, adds mote's start-up code and linker script for the
// emulated machine, and links `folder/firmware.elf` (-nostdlib -lgcc, sections collected). Compiles the files in
// parallel (two at a time). An error holds the compiler's first lines.
Expected<Elf> build_elf(const Target& target, const FileSet& sources, const BuildOptions& options,
                        const std::filesystem::path& folder);

// What an ELF file puts at an address.
struct CodeSection {
  uint64_t address = 0;
  Bytes bytes;
};
Expected<std::vector<CodeSection>> read_code(const std::filesystem::path& path);

// Sizes and symbols of an ELF file.
Expected<Elf> read_elf(const std::filesystem::path& path);

}  // namespace mote
