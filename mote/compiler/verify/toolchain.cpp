#include "mote/compiler/verify/toolchain.h"

#include <elf.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "mote/compiler/base/embedded.h"
#include "mote/compiler/base/process.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr char kBoardFolder[] = "mote/compiler/verify/board/";
constexpr uint64_t kStackBytes = 64 * 1024;
constexpr double kCompileSeconds = 300;
constexpr int kParallelCompiles = 2;

std::string hex(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string memory_lines(const Emulator& emulator) {
  std::string lines;
  for (const Region& region : emulator.regions)
    lines += "  " + region.name + " : ORIGIN = " + hex(region.origin) + ", LENGTH = " + hex(region.bytes) + "\n";
  return lines;
}

// The stack lies lowest, so that one that overflows leaves the firmware's data alone and its lowest word
// tells. Marks and the board's own state are in .board, apart from .bss, because a firmware's static RAM is
// measured.
constexpr char kSections[] = R"(
SECTIONS {
  .start : { KEEP(*(.start)) } > @VECTORS@
  .text : ALIGN(8) { *(.text .text.*) } > code
  .rodata : ALIGN(8) { *(.rodata .rodata.* .srodata .srodata.*) . = ALIGN(8); } > code
  .init_array : { KEEP(*(.preinit_array* .init_array* .ctors*)) } > code
  ASSERT(SIZEOF(.init_array) == 0, "mote: static constructors are not run on a device")
  .stack (NOLOAD) : ALIGN(8) { __stack_limit = .; . += @STACK@; __stack_top = .; } > data
  .board (NOLOAD) : ALIGN(8) { __mote_marks = .; . += 0x40000; *(.bss.mote_board) . = ALIGN(8); } > data
  .data : ALIGN(8) {
    __data_start = .; *(.data .data.*) PROVIDE(__global_pointer$ = . + 0x800); *(.sdata .sdata.*) . = ALIGN(4); __data_end = .;
  } > data AT > code
  __data_load = LOADADDR(.data);
  .bss (NOLOAD) : ALIGN(8) { __bss_start = .; *(.sbss .sbss.* .bss .bss.* COMMON) . = ALIGN(4); __bss_end = .; } > data
  /DISCARD/ : { *(.ARM.exidx* .ARM.extab* .eh_frame* .comment .note*) }
}
)";

std::string make_linker_script(const Emulator& emulator) {
  const bool vectors = std::any_of(emulator.regions.begin(), emulator.regions.end(),
                                   [](const Region& region) { return region.name == "vectors"; });
  std::string script = "ENTRY(board_reset)\nMEMORY {\n" + memory_lines(emulator) + "}" + kSections;
  auto replace = [&](const std::string& what, const std::string& by) {
    script.replace(script.find(what), what.size(), by);
  };
  replace("@VECTORS@", vectors ? "vectors" : "code");
  replace("@STACK@", hex(kStackBytes));
  return script;
}

struct Build {
  const Target& target;
  const BuildOptions& options;
  std::string compiler;
  fs::path folder;
};

std::vector<std::string> compile_arguments(const Build& build, const std::string& source) {
  std::vector<std::string> arguments = {build.compiler};
  auto add = [&](const std::vector<std::string>& more) { arguments.insert(arguments.end(), more.begin(), more.end()); };
  const bool board = source.rfind(kBoardFolder, 0) == 0;
  add(build.target.toolchain.flags);
  // Board code is always compiled alike, so that what a mark or a start costs does not depend on the options.
  add({board ? "-O2" : build.options.optimize, "-std=c++17", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
       "-fno-threadsafe-statics", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-ffunction-sections",
       "-fdata-sections", "-fno-common", "-Wall", "-Wextra", "-Wconversion", "-I."});
  if (board) {
    add({"-fno-tree-loop-distribute-patterns"});
    if (build.target.emulator.counter_address != 0)
      add({"-DMOTE_COUNTER_ADDRESS=" + hex(build.target.emulator.counter_address) + "u"});
  } else {
    for (const std::string& define : build.options.defines) add({"-D" + define});
    for (const std::string& path : build.options.include_paths) add({"-I" + path});
  }
  add({"-c", source, "-o", source + ".o"});
  return arguments;
}

Status run_compiler(const Build& build, const std::vector<std::string>& arguments, const std::string& what) {
  MOTE_TRY(const ProcessResult result, run_process(arguments, build.folder, kCompileSeconds));
  if (result.exit_code == 0 && result.signal == 0 && !result.timed_out) return {};
  if (result.timed_out) return Error{Code::io, "the compiler took more than 300 s and was ended", what};
  const bool full = result.output.find("overflowed by") != std::string::npos ||
                    result.output.find("will not fit in region") != std::string::npos;
  return Error{full ? Code::does_not_fit : Code::internal,
               build.target.toolchain.compiler + " failed:\n" + first_lines(result.output, 20), what};
}

// Compiles all sources, a few at a time; the first error in the order of the sources is returned.
Status compile_all(const Build& build, const std::vector<std::string>& sources) {
  std::vector<Status> results(sources.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < sources.size(); i = next++)
      results[i] = run_compiler(build, compile_arguments(build, sources[i]), sources[i]);
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < kParallelCompiles; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (Status& result : results)
    if (!result) return std::move(result.error());
  return {};
}

Status link(const Build& build, const std::vector<std::string>& sources) {
  std::vector<std::string> arguments = {build.compiler};
  const std::vector<std::string>& flags = build.target.toolchain.flags;
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  for (const std::string& source : sources) arguments.push_back(source + ".o");
  for (const char* flag :
       {"-nostdlib", "-lgcc", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-T,firmware.ld", "-o", "firmware.elf"})
    arguments.push_back(flag);
  return run_compiler(build, arguments, "linking");
}

FileSet add_board_files(const Emulator& emulator, FileSet sources) {
  for (const EmbeddedFile& file : embedded_under(kBoardFolder)) {
    const std::string name(file.path.substr(sizeof kBoardFolder - 1));
    if (name.rfind("start_", 0) == 0 && name != "start_" + emulator.start + ".cpp") continue;
    sources[std::string(file.path)] = std::string(file.text);
  }
  sources["firmware.ld"] = make_linker_script(emulator);
  return sources;
}

std::vector<std::string> sources_to_compile(const FileSet& files) {
  std::vector<std::string> names;
  for (const auto& [name, text] : files)
    if (name.size() > 4 && name.compare(name.size() - 4, 4, ".cpp") == 0) names.push_back(name);
  return names;
}

class ElfReader {
 public:
  explicit ElfReader(const Bytes& bytes) : bytes_(bytes) {}

  Status open() {
    const Elf32_Ehdr* header = at<Elf32_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return malformed("is not an ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS32 || header->e_ident[EI_DATA] != ELFDATA2LSB)
      return malformed("is not a 32-bit little-endian ELF file");
    arm_ = header->e_machine == EM_ARM;
    if (header->e_shentsize != sizeof(Elf32_Shdr)) return malformed("has section headers of an unknown size");
    for (uint32_t i = 0; i < header->e_shnum; ++i) {
      const Elf32_Shdr* section = at<Elf32_Shdr>(uint64_t{header->e_shoff} + i * sizeof(Elf32_Shdr));
      if (!section) return malformed("has section headers outside the file");
      sections_.push_back(*section);
    }
    if (header->e_shstrndx >= sections_.size()) return malformed("has no section names");
    names_ = sections_[header->e_shstrndx];
    return {};
  }

  void add_sizes(Elf& elf) const {
    for (const Elf32_Shdr& section : sections_) {
      if (!(section.sh_flags & SHF_ALLOC)) continue;
      const std::string name = string_at(names_, section.sh_name);
      if (!(section.sh_flags & SHF_WRITE)) elf.text_bytes += section.sh_size;
      else if (name == ".data") elf.data_bytes += section.sh_size;
      else if (name == ".bss") elf.bss_bytes += section.sh_size;
    }
  }

  Expected<std::vector<CodeSection>> code() const {
    std::vector<CodeSection> code;
    for (const Elf32_Shdr& section : sections_) {
      if (section.sh_type != SHT_PROGBITS || !(section.sh_flags & SHF_EXECINSTR)) continue;
      if (uint64_t{section.sh_offset} + section.sh_size > bytes_.size())
        return malformed("has a section outside the file");
      const auto begin = bytes_.begin() + section.sh_offset;
      code.push_back({section.sh_addr, Bytes(begin, begin + section.sh_size)});
    }
    return code;
  }

  Status add_symbols(Elf& elf) const {
    for (const Elf32_Shdr& table : sections_) {
      if (table.sh_type != SHT_SYMTAB) continue;
      if (table.sh_link >= sections_.size()) return malformed("has a symbol table without names");
      for (uint64_t offset = 0; offset + sizeof(Elf32_Sym) <= table.sh_size; offset += sizeof(Elf32_Sym)) {
        const Elf32_Sym* symbol = at<Elf32_Sym>(table.sh_offset + offset);
        if (!symbol) return malformed("has a symbol table outside the file");
        add_symbol(elf, *symbol, sections_[table.sh_link]);
      }
    }
    return {};
  }

 private:
  template <class T>
  const T* at(uint64_t offset) const {
    if (offset + sizeof(T) > bytes_.size() || offset % alignof(T) != 0) return nullptr;
    return reinterpret_cast<const T*>(bytes_.data() + offset);
  }

  std::string string_at(const Elf32_Shdr& table, uint32_t offset) const {
    const uint64_t begin = uint64_t{table.sh_offset} + offset;
    const uint64_t end = std::min<uint64_t>(uint64_t{table.sh_offset} + table.sh_size, bytes_.size());
    if (begin >= end) return {};
    const char* text = reinterpret_cast<const char*>(bytes_.data() + begin);
    return std::string(text, strnlen(text, end - begin));
  }

  char kind_of(const Elf32_Shdr& section) const {
    if (section.sh_flags & SHF_EXECINSTR) return 'T';
    if (!(section.sh_flags & SHF_ALLOC)) return '?';
    if (!(section.sh_flags & SHF_WRITE)) return 'R';
    const std::string name = string_at(names_, section.sh_name);
    return name == ".data" ? 'D' : name == ".bss" ? 'B' : '?';
  }

  // A local name that several files have is kept once; a global one wins.
  void add_symbol(Elf& elf, const Elf32_Sym& symbol, const Elf32_Shdr& names) const {
    const int type = ELF32_ST_TYPE(symbol.st_info);
    if (type == STT_SECTION || type == STT_FILE || symbol.st_shndx == SHN_UNDEF) return;
    const std::string name = string_at(names, symbol.st_name);
    if (name.empty() || name[0] == '$') return;  // $t and $d mark code and data, they name nothing
    Elf::Symbol entry;
    entry.address = arm_ && type == STT_FUNC ? symbol.st_value & ~1u : symbol.st_value;  // bit 0 means Thumb
    entry.bytes = symbol.st_size;
    if (symbol.st_shndx < sections_.size()) entry.kind = kind_of(sections_[symbol.st_shndx]);
    if (ELF32_ST_BIND(symbol.st_info) == STB_LOCAL) elf.symbols.emplace(name, entry);
    else elf.symbols[name] = entry;
  }

  const Bytes& bytes_;
  bool arm_ = false;
  std::vector<Elf32_Shdr> sections_;
  Elf32_Shdr names_ = {};
};

}  // namespace

Expected<Elf> read_elf(const fs::path& path) {
  MOTE_TRY(const Bytes bytes, read_file(path));
  auto read = [&]() -> Expected<Elf> {
    Elf elf;
    elf.path = path;
    ElfReader reader(bytes);
    MOTE_TRY_STATUS(reader.open());
    reader.add_sizes(elf);
    MOTE_TRY_STATUS(reader.add_symbols(elf));
    return elf;
  };
  Expected<Elf> elf = read();
  if (!elf) return std::move(elf.error()).at(path.string());
  return elf;
}

Expected<std::vector<CodeSection>> read_code(const fs::path& path) {
  MOTE_TRY(const Bytes bytes, read_file(path));
  auto read = [&]() -> Expected<std::vector<CodeSection>> {
    ElfReader reader(bytes);
    MOTE_TRY_STATUS(reader.open());
    return reader.code();
  };
  Expected<std::vector<CodeSection>> code = read();
  if (!code) return std::move(code.error()).at(path.string());
  return code;
}

Expected<std::string> compiler_version(const Target& target) {
  MOTE_TRY(const fs::path compiler, find_program(target.toolchain.compiler, target.toolchain.package));
  MOTE_TRY(const ProcessResult result, run_process({compiler.string(), "-dumpfullversion"}, {}, 20));
  if (result.exit_code != 0 || result.output.empty())
    return Error{Code::io, "does not tell its version:\n" + first_lines(result.output, 5), compiler.string()};
  return target.toolchain.compiler + " " + first_lines(result.output, 1);
}

Expected<Elf> build_elf(const Target& target, const FileSet& sources, const BuildOptions& options,
                        const fs::path& folder) {
  MOTE_TRY(const fs::path compiler, find_program(target.toolchain.compiler, target.toolchain.package));
  std::error_code ec;
  const Build build{target, options, compiler.string(), fs::absolute(folder, ec)};
  const FileSet files = add_board_files(target.emulator, sources);
  for (const auto& [name, text] : files) MOTE_TRY_STATUS(write_file(build.folder / name, text.data(), text.size()));
  const std::vector<std::string> names = sources_to_compile(files);
  MOTE_TRY_STATUS(compile_all(build, names));
  MOTE_TRY_STATUS(link(build, names));
  return read_elf(build.folder / "firmware.elf");
}

}  // namespace mote
