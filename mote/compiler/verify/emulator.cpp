#include "mote/compiler/verify/emulator.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>

#include "mote/compiler/base/process.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMarks = 65536;
// With -icount each instruction takes 2^kIcountShift ns. At 7 that is 2.56 ticks of the slowest counter (20
// MHz), so that rounding to whole instructions is exact; a single visit may then take 2^32 ticks, about 10^9
// instructions.
constexpr int kIcountShift = 7;

// Option values of QEMU are separated by commas; a comma within one is doubled.
std::string option_value(const std::string& text) {
  std::string value;
  for (const char c : text) value += c == ',' ? ",," : std::string(1, c);
  return value;
}

struct Files {
  fs::path console, counts;
};

std::vector<std::string> base_arguments(const Target& target, const Elf& elf, const Files& files,
                                        const std::string& qemu, const std::string& semihosting) {
  const Emulator& emulator = target.emulator;
  std::vector<std::string> arguments = {qemu, "-machine", emulator.machine, "-nodefaults"};
  arguments.insert(arguments.end(), {"-display", "none", "-serial", "none", "-monitor", "none"});
  arguments.insert(arguments.end(), emulator.options.begin(), emulator.options.end());
  arguments.insert(arguments.end(), {"-chardev", "file,id=console,path=" + option_value(files.console.string())});
  arguments.insert(arguments.end(), {"-semihosting-config", "enable=on,target=native,chardev=console" + semihosting});
  arguments.insert(arguments.end(), {"-kernel", elf.path.string()});
  return arguments;
}

// Where the plugin may lie: where the environment says, else beside this program or where installing puts it.
std::vector<fs::path> plugin_folders() {
  if (const char* told = std::getenv("MOTE_PLUGIN_DIR")) return {told};
  std::vector<fs::path> folders;
  std::error_code ec;
  const fs::path program = fs::read_symlink("/proc/self/exe", ec);
  if (!ec) {
    folders.push_back(program.parent_path());
    folders.push_back(program.parent_path().parent_path() / "lib" / "mote");
  }
  return folders;
}

// All variants, the oldest plugin API first: libmote_count1.so, libmote_count2.so, ...
std::vector<fs::path> find_plugins() {
  for (const fs::path& folder : plugin_folders()) {
    std::vector<fs::path> found;
    std::error_code ec;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ec)) {
      const std::string name = entry.path().filename().string();
      if (name.rfind("libmote_count", 0) == 0 && entry.path().extension() == ".so") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    if (!found.empty()) return found;
  }
  return {};
}

// Which variant a QEMU takes is found by trying; later runs begin with the one that worked.
class PluginMemory {
 public:
  std::vector<fs::path> in_order(const std::string& qemu, std::vector<fs::path> plugins) {
    const std::lock_guard lock(mutex_);
    const auto known = works_.find(qemu);
    if (known != works_.end())
      std::stable_partition(plugins.begin(), plugins.end(),
                            [&](const fs::path& path) { return path == known->second; });
    return plugins;
  }
  void works(const std::string& qemu, const fs::path& plugin) {
    const std::lock_guard lock(mutex_);
    works_[qemu] = plugin;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, fs::path> works_;
};

PluginMemory& plugin_memory() {
  static PluginMemory memory;
  return memory;
}

// The plugin's "cache=ports:line:sets:ways".
std::string cache_option(const CacheShape& cache) {
  const uint32_t lines = cache.bytes / cache.line_bytes, ways = std::min(cache.ways, lines);
  const uint32_t sets = ways ? lines / ways : 1;
  const int ports = (cache.code ? 1 : 0) + (cache.data ? 2 : 0);
  std::ostringstream text;
  text << ",cache=" << ports << ':' << cache.line_bytes << ':' << sets << ':' << ways;
  return text.str();
}

std::string flow_option(const Emulator& emulator, const EmulatorOptions& options) {
  if (!options.flow) return {};
  const auto is_code = [](const Region& region) { return region.name == "code"; };
  const Region& code = *std::find_if(emulator.regions.begin(), emulator.regions.end(), is_code);
  std::string text = ",flow=1,flash=" + std::to_string(code.origin) + ':' + std::to_string(code.origin + code.bytes);
  for (const CacheShape& cache : options.caches) text += cache_option(cache);
  return text;
}

Expected<std::string> plugin_option(const Elf& elf, const fs::path& plugin, const Files& files) {
  const auto mark = elf.symbols.find("board_mark"), marks = elf.symbols.find("__mote_marks");
  if (mark == elf.symbols.end() || marks == elf.symbols.end() || mark->second.bytes == 0)
    return malformed("has no board_mark and __mote_marks; only firmware made by build_elf can be counted")
        .at(elf.path.string());
  const uint64_t begin = mark->second.address;
  return option_value(plugin.string()) + ",out=" + option_value(files.counts.string()) +
         ",begin=" + std::to_string(begin) + ",end=" + std::to_string(begin + mark->second.bytes) +
         ",marks=" + std::to_string(marks->second.address);
}

void size_counts(EmulatorRun& run, uint32_t id) {
  if (id < run.visits.size()) return;
  for (std::vector<uint64_t>* counts : {&run.visits, &run.instructions, &run.longest}) counts->resize(id + 1);
  run.flow.resize(id + 1);
  run.misses.resize(id + 1);
}

void read_mark(std::istream& text, size_t caches, EmulatorRun& run) {
  uint32_t id = 0;
  text >> id;
  id %= kMarks;
  size_counts(run, id);
  text >> run.visits[id] >> run.instructions[id] >> run.longest[id];
  run.misses[id].resize(caches);
  for (uint64_t& misses : run.misses[id]) text >> misses;
}

// The plugin numbers blocks from 1; 0 is none.
void read_edge(std::istream& text, EmulatorRun& run) {
  uint32_t id = 0;
  FlowEdge edge;
  text >> id >> edge.from >> edge.to >> edge.count;
  edge.from -= 1;
  edge.to -= 1;
  size_counts(run, id % kMarks);
  run.flow[id % kMarks].push_back(edge);
}

bool is_sound(const EmulatorRun& run) {
  const auto is_block = [&](uint32_t index) { return index < run.blocks.size(); };
  for (const std::vector<FlowEdge>& edges : run.flow)
    for (const FlowEdge& edge : edges)
      if (!is_block(edge.to) || !(edge.from == kNoBlock || is_block(edge.from))) return false;
  return true;
}

Status read_plugin_counts(const fs::path& path, size_t caches, EmulatorRun& run) {
  MOTE_TRY(const Bytes bytes, read_file(path));
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::string word;
  text >> word;
  while (text >> word && word != "end") {
    if (word == "mark") read_mark(text, caches, run);
    else if (word == "edge") read_edge(text, run);
    else if (word == "block") text >> run.blocks.emplace_back().address >> run.blocks.back().instructions;
    else break;
  }
  if (word != "end" || !is_sound(run))
    return internal_error("the plugin did not write its counts to the end").at(path.string());
  return {};
}

struct MarkRecord {  // as board.cpp writes it
  uint32_t id, enter, leave;
};

// The first two records are marks with two instructions between them: what is above that is what a mark
// costs.
Status read_timed_counts(const Emulator& emulator, const fs::path& path, EmulatorRun& run) {
  MOTE_TRY(const Bytes bytes, read_file(path));
  const std::span<const MarkRecord> records = view_as<MarkRecord>(bytes);
  if (records.size() < 2) return internal_error("the firmware wrote no instruction counts").at(path.string());
  const double ticks_per_instruction =
      emulator.counter_hz == 0 ? 1.0 : static_cast<double>(emulator.counter_hz) * 1e-9 * (1 << kIcountShift);
  const auto between = [&](size_t i) {
    return static_cast<uint64_t>(std::llround((records[i + 1].enter - records[i].leave) / ticks_per_instruction));
  };
  const uint64_t cost = between(0) - 2;
  for (size_t i = 2; i < records.size(); ++i) {
    const uint32_t id = records[i].id % kMarks;
    size_counts(run, id);
    run.visits[id] += 1;
    if (i + 1 == records.size()) break;  // never left
    const uint64_t instructions = between(i) - cost;
    run.instructions[id] += instructions;
    run.longest[id] = std::max(run.longest[id], instructions);
  }
  return {};
}

std::string shortened(std::string text) {
  constexpr size_t kMost = 2000;
  if (text.size() > kMost) text = "..." + text.substr(text.size() - kMost);
  return text;
}

Status read_console(const fs::path& path, EmulatorRun& run) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return {};
  MOTE_TRY(const Bytes bytes, read_file(path));
  run.output.assign(bytes.begin(), bytes.end());
  return {};
}

// Exit code 1 is what QEMU itself gives when it cannot go on; it says why on its standard error.
Status check_result(const Target& target, const ProcessResult& result, const EmulatorRun& run, double timeout_s) {
  const std::string said = result.output.empty() ? "" : "; it said: " + first_lines(result.output, 8);
  const std::string printed = run.output.empty() ? "" : "; the firmware printed: " + shortened(run.output);
  const std::string machine = target.emulator.program + " -machine " + target.emulator.machine;
  if (result.timed_out) {
    std::ostringstream seconds;
    seconds << timeout_s;
    return Error{Code::io, "the firmware did not end within " + seconds.str() + " s" + printed + said, machine};
  }
  if (result.signal != 0)
    return Error{Code::io, "QEMU was ended by signal " + std::to_string(result.signal) + printed + said, machine};
  if (result.exit_code == 1 && !result.output.empty()) return Error{Code::io, "QEMU failed" + said, machine};
  return {};
}

struct Runner {
  const Target& target;
  const Elf& elf;
  const fs::path& folder;
  const EmulatorOptions& options;
  std::string qemu;
  Files files;

  Expected<EmulatorRun> finish(const ProcessResult& result, const std::string& counter) const {
    EmulatorRun run;
    run.counter = counter;
    run.exit_code = result.exit_code;
    MOTE_TRY_STATUS(read_console(files.console, run));
    MOTE_TRY_STATUS(check_result(target, result, run, options.timeout_s));
    if (counter == "plugin") MOTE_TRY_STATUS(read_plugin_counts(files.counts, options.caches.size(), run));
    if (counter == "icount") MOTE_TRY_STATUS(read_timed_counts(target.emulator, files.counts, run));
    return run;
  }

  Expected<EmulatorRun> run_plain() const {
    MOTE_TRY(const ProcessResult result,
             run_process(base_arguments(target, elf, files, qemu, ""), folder, options.timeout_s));
    return finish(result, "none");
  }

  Expected<EmulatorRun> run_timed() const {
    const std::string log = ",arg=mote-count:" + option_value(files.counts.string());
    std::vector<std::string> arguments = base_arguments(target, elf, files, qemu, log);
    const int shift = target.emulator.counter_hz == 0 ? 0 : kIcountShift;
    arguments.insert(arguments.end(), {"-icount", "shift=" + std::to_string(shift)});
    MOTE_TRY(const ProcessResult result, run_process(arguments, folder, options.timeout_s));
    return finish(result, "icount");
  }

  // The plugin makes its file first thing, so a file that is not there means that QEMU did not take the
  // plugin.
  Expected<EmulatorRun> run_with_plugin() const {
    for (const fs::path& plugin : plugin_memory().in_order(qemu, find_plugins())) {
      MOTE_TRY(std::string option, plugin_option(elf, plugin, files));
      option += flow_option(target.emulator, options);
      std::vector<std::string> arguments = base_arguments(target, elf, files, qemu, "");
      arguments.insert(arguments.end(), {"-plugin", option});
      MOTE_TRY(const ProcessResult result, run_process(arguments, folder, options.timeout_s));
      std::error_code ec;
      if (!fs::exists(files.counts, ec)) continue;
      plugin_memory().works(qemu, plugin);
      return finish(result, "plugin");
    }
    return run_timed();
  }
};

}  // namespace

Expected<std::string> emulator_version(const Target& target) {
  MOTE_TRY(const fs::path qemu, find_program(target.emulator.program, target.emulator.package));
  MOTE_TRY(const ProcessResult result, run_process({qemu.string(), "--version"}, {}, 20));
  const std::string before = "version ";
  const size_t begin = result.output.find(before);
  if (result.exit_code != 0 || begin == std::string::npos)
    return Error{Code::io, "does not tell its version:\n" + first_lines(result.output, 5), qemu.string()};
  const size_t number = begin + before.size();
  return "QEMU " + result.output.substr(number, result.output.find_first_of(" \n", number) - number);
}

Expected<EmulatorRun> run_elf(const Target& target, const Elf& elf, const fs::path& folder,
                              const EmulatorOptions& options) {
  MOTE_TRY(const fs::path qemu, find_program(target.emulator.program, target.emulator.package));
  MOTE_TRY(const TemporaryFolder temporary, TemporaryFolder::make());
  const Files files{temporary.path() / "console", temporary.path() / "counts"};
  const Runner runner{target, elf, folder, options, qemu.string(), files};
  if (!options.count) return runner.run_plain();
  return options.icount ? runner.run_timed() : runner.run_with_plugin();
}

}  // namespace mote
