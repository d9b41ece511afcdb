#include "mote/compiler/verify/firmware_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "mote/compiler/base/embedded.h"
#include "mote/compiler/plan/run.h"

namespace mote {
namespace {

// The harness's marks.
constexpr size_t kInferenceMark = 1, kFirstCallMark = 2, kFirstHopMark = kFirstCallMark + kMaxWideCalls;

std::string edges(const char* array, const char* function, const std::string& name, const Graph& g,
                  const std::vector<TensorId>& ids, bool real) {
  std::string text = fmt::format("constexpr Edge {}[] = {{\n", array);
  for (size_t i = 0; i < ids.size(); ++i)
    text += fmt::format("    {{[]() -> void* {{ return {}; }}, {}}},\n",
                        real ? fmt::format("const_cast<void*>(static_cast<const void*>({}::{}{}()))", name, function,
                                           i ? std::to_string(i) : "")
                             : "nullptr",
                        real ? byte_count(g.at(ids[i])) : 0);
  return text + "};\n";
}

// What the harness includes: the model's interface under fixed names.
std::string glue(const Plan& plan, const Firmware& firmware) {
  const std::string& name = firmware.name;
  const Graph& g = plan.graph;
  const bool rows = plan.options.feed == Feed::rows;
  const std::string type = c_type(g.at(g.inputs[0]).type);
  std::string text = fmt::format(
      "#pragma once\n#include \"{0}.h\"\n#include \"mote/device/record.h\"\n\nnamespace model = {0};\n\n"
      "struct Edge {{\n  void* (*data)();\n  int32_t bytes;\n}};\n",
      name);
  const bool slides = plan.stream.hop > 0;
  text += fmt::format(
      "constexpr bool kFedByRows = {}, kSlides = {};\nconstexpr int32_t kLargestInputRow = {};\n"
      "inline void restart() {{ {}::{}(); }}\n",
      rows, slides, rows ? row_bytes(g.at(g.inputs[0])) : 0, name, slides ? "reset" : "start");
  text += edges("kInputs", "input", name, g, g.inputs, !rows) + edges("kOutputs", "output", name, g, g.outputs, true);
  if (rows)
    text += fmt::format(
        "inline mote::Rc run_model(const void* row) {{ return {0}::push_row(static_cast<const {1}*>(row)); }}\n"
        "inline void take_input(const void* row) {{ (void){0}::put_row(static_cast<const {1}*>(row)); }}\n",
        name, type);
  else
    text += fmt::format(
        "inline mote::Rc run_model(const void*) {{ return {0}::infer(); }}\ninline void take_input(const void*) {{}}\n",
        name);
  text += "void take_decision(const mote::Decision& decision);\n";
  text += firmware.files.count(fmt::format("src/{}_decision.cpp", name))
              ? fmt::format(
                    "void {0}::on_decision(const mote::Decision& decision) {{ take_decision(decision); }}\n"
                    "using Sample = {1};\n"
                    "inline void push(const Sample* samples, int32_t n) {{ {0}::push_samples(samples, n); }}\n",
                    name, type)
              : "using Sample = int16_t;\ninline void push(const Sample*, int32_t) {}\n";
  return text +
         (firmware.build.empty()
              ? "inline void write_kept(mote::TakeBytes) {}\n"
              : fmt::format("inline void write_kept(mote::TakeBytes take) {{ {}::write_dump(take, nullptr); }}\n",
                            name));
}

constexpr const char* kEmptyGlue = R"(#pragma once
#include "mote/device/record.h"

namespace model {
constexpr mote::Program kProgram = {nullptr, nullptr, 0, 0, 1, 1};
inline const mote::Program& program() { return kProgram; }
inline mote::Rc step() { return mote::Rc::ok; }
inline bool self_test() { return true; }
}  // namespace model

struct Edge {
  void* (*data)();
  int32_t bytes;
};
constexpr bool kFedByRows = false, kSlides = false;
inline void restart() {}
constexpr int32_t kLargestInputRow = 0;
constexpr Edge kInputs[] = {{[]() -> void* { return nullptr; }, 0}};
constexpr Edge kOutputs[] = {{[]() -> void* { return nullptr; }, 0}};
inline mote::Rc run_model(const void*) { return mote::Rc::ok; }
inline void take_input(const void*) {}
void take_decision(const mote::Decision&);
using Sample = int16_t;
inline void push(const Sample*, int32_t) {}
inline void write_kept(mote::TakeBytes) {}
)";

FileSet sources_of(const FileSet& package) {
  FileSet files;
  for (const auto& [path, text] : package)
    if (path.rfind("src/", 0) == 0) files[path.substr(4)] = text;
  return files;
}

std::string text_of(const char* path) {
  const EmbeddedFile* file = find_embedded(path);
  MOTE_ASSERT(file != nullptr);
  return std::string(file->text);
}

template <class T>
void append(Bytes& to, T value) {
  const auto* p = reinterpret_cast<const uint8_t*>(&value);
  to.insert(to.end(), p, p + sizeof value);
}

constexpr int64_t kMaxWindows = 60000;  // each has its own mark

template <class T>
T mark(const std::vector<T>& marks, size_t id) {
  return id < marks.size() ? marks[id] : T{};
}

Cycles share_of(const Cycles& c, size_t parts) { return {c.low / parts, c.nominal / parts, c.high / parts}; }

Status add_prediction(const Plan& plan, const BuiltFirmware& built, const Target& target, const EmulatorRun& run,
                      size_t inputs, FirmwareRun& out) {
  MOTE_TRY(const std::vector<Cycles> by_mark, predict_cycles(target, built.elf, run));
  out.prediction = predict(target.board, share_of(mark(by_mark, kInferenceMark), std::max<size_t>(inputs, 1)));
  if (const size_t hops = out.hop_instructions.size(); hops > 0) {
    Cycles sum;
    for (size_t k = 1; k <= hops; ++k) {
      const Cycles hop = mark(by_mark, kFirstHopMark + k);
      sum.low += hop.low, sum.nominal += hop.nominal, sum.high += hop.high;
    }
    out.hop_prediction = predict(target.board, share_of(sum, hops));
  }
  for (size_t c = 0; c < plan.calls.size(); ++c) out.call_cycles.push_back(mark(by_mark, kFirstCallMark + c));
  return {};
}

constexpr const char* kHarness = "mote/compiler/verify/harness/harness.cpp";

Expected<uint64_t> build_empty(const Target& target, const BuildOptions& options, const std::filesystem::path& folder) {
  FileSet sources;
  for (const EmbeddedFile& f : embedded_under("mote/device/")) sources[std::string(f.path)] = f.text;
  sources[kHarness] = text_of(kHarness);
  sources["model_under_test.h"] = kEmptyGlue;
  MOTE_TRY(const Elf elf, build_elf(target, sources, options, folder));
  return elf.text_bytes + elf.data_bytes;
}

// What start-up and harness take does not depend on the model: it is measured once for each compiler and its options.
Expected<uint64_t> measure_empty(const Target& target, const BuildOptions& options, const std::string& compiler,
                                 const std::filesystem::path& folder) {
  static std::mutex mutex;
  static std::map<std::vector<std::string>, uint64_t> known;
  std::vector<std::string> key{target.name, compiler, options.optimize};
  key.insert(key.end(), target.toolchain.flags.begin(), target.toolchain.flags.end());
  const std::lock_guard lock(mutex);
  if (const auto at = known.find(key); at != known.end()) return at->second;
  MOTE_TRY(const uint64_t bytes, build_empty(target, options, folder));
  return known[key] = bytes;
}

// The length-prefixed form in which a C++ name stands in a mangled one.
std::string mangled(const std::string& name) { return std::to_string(name.size()) + name; }

}  // namespace

Expected<BuiltFirmware> build_firmware(const Plan& plan, const Firmware& firmware, const Target& target) {
  MOTE_TRY(std::string compiler, compiler_version(target));
  MOTE_TRY(TemporaryFolder folder, TemporaryFolder::make());
  BuildOptions options;
  options.optimize = firmware.compile_flag;
  FileSet sources = sources_of(firmware.files);
  sources[kHarness] = text_of(kHarness);
  sources["model_under_test.h"] = glue(plan, firmware);
  MOTE_TRY(Elf elf, build_elf(target, sources, options, folder.path() / "model"));
  MOTE_TRY(const uint64_t empty_bytes, measure_empty(target, options, compiler, folder.path() / "empty"));
  return BuiltFirmware{std::move(folder), std::move(elf), empty_bytes, std::move(compiler)};
}

Expected<FirmwareRun> run_firmware(const Plan& plan, const BuiltFirmware& built, const Target& target,
                                   const std::vector<std::vector<Bytes>>& inputs, const RunOptions& options) {
  if (plan.stream.hop > 0 && count_windows(plan, inputs[0][0].size()) > kMaxWindows)
    return unsupported(fmt::format("{} windows; at most {} can be run in one go",
                                   count_windows(plan, inputs[0][0].size()), kMaxWindows));
  const auto folder = built.folder.path() / "run";
  const auto results =
      plan.stream.hop > 0 ? static_cast<size_t>(count_windows(plan, inputs[0][0].size())) : inputs.size();
  Bytes job, all;
  append(job, static_cast<uint32_t>(results));
  append(job, static_cast<uint32_t>(options.steps || options.trace));
  append(job, static_cast<uint32_t>(options.trace));
  append(job, uint32_t{0});
  for (const auto& input : inputs)
    for (const Bytes& b : input) all.insert(all.end(), b.begin(), b.end());
  MOTE_TRY_STATUS(write_file(folder / "job.bin", job.data(), job.size()));
  MOTE_TRY_STATUS(write_file(folder / "input.bin", all.data(), all.size()));
  EmulatorOptions emulator;
  emulator.count = options.count;
  emulator.flow = options.cycles;
  if (options.cycles) emulator.caches = caches_to_watch(target.board.flash);
  emulator.timeout_s = 300;
  MOTE_TRY(const EmulatorRun run, run_elf(target, built.elf, folder, emulator));
  if (run.exit_code != 0)
    return Error{Code::mismatch, fmt::format("the firmware ended with code {}: {}", run.exit_code, run.output),
                 target.name};
  MOTE_TRY(const Bytes result, read_file(folder / "result.bin"));
  MOTE_TRY(const Bytes output, read_file(folder / "output.bin"));
  if (result.size() != 12) return internal_error("the firmware's result is damaged");
  FirmwareRun out;
  out.stack_bytes = view_as<uint32_t>(result)[1];
  out.self_test = view_as<uint32_t>(result)[2] != 0;
  out.counter = run.counter;
  size_t at = 0;
  for (size_t i = 0; i < results; ++i) {
    out.outputs.emplace_back();
    for (TensorId id : plan.graph.outputs) {
      const auto bytes = static_cast<size_t>(byte_count(plan.graph.at(id)));
      if (at + bytes > output.size()) return internal_error("the firmware wrote too few outputs");
      out.outputs.back().emplace_back(output.begin() + static_cast<std::ptrdiff_t>(at),
                                      output.begin() + static_cast<std::ptrdiff_t>(at + bytes));
      at += bytes;
    }
  }
  if (options.count) {
    out.instructions =
        mark(run.instructions, kInferenceMark) / (plan.stream.hop > 0 ? 1 : std::max<size_t>(results, 1));
    for (size_t c = 0; c < plan.calls.size(); ++c) {
      out.call_instructions.push_back(mark(run.instructions, kFirstCallMark + c));
      out.call_longest_step.push_back(mark(run.longest, kFirstCallMark + c));
    }
    for (size_t k = 1; plan.stream.hop > 0 && k < results; ++k) {
      out.hop_instructions.push_back(mark(run.instructions, kFirstHopMark + k));
      out.longest_push = std::max(out.longest_push, mark(run.longest, kFirstHopMark + k));
    }
  }
  if (options.cycles && run.counter == "plugin")
    MOTE_TRY_STATUS(add_prediction(plan, built, target, run, inputs.size(), out));
  if (options.trace) {
    MOTE_TRY(out.trace, read_file(folder / "trace.bin"));
  }
  return out;
}

Expected<DecisionsRun> run_decisions(const BuiltFirmware& built, const Target& target, std::span<const uint8_t> samples,
                                     DType type, bool count) {
  const auto folder = built.folder.path() / "run";
  Bytes job;
  for (uint32_t word : {uint32_t{0}, uint32_t{0}, uint32_t{0},
                        static_cast<uint32_t>(samples.size()) / static_cast<uint32_t>(bytes_of(type))})
    append(job, word);
  MOTE_TRY_STATUS(write_file(folder / "job.bin", job.data(), job.size()));
  MOTE_TRY_STATUS(write_file(folder / "input.bin", samples.data(), samples.size()));
  EmulatorOptions emulator;
  emulator.count = count;
  emulator.timeout_s = 300;
  MOTE_TRY(const EmulatorRun run, run_elf(target, built.elf, folder, emulator));
  if (run.exit_code != 0)
    return Error{Code::mismatch, fmt::format("the firmware ended with code {}: {}", run.exit_code, run.output),
                 target.name};
  MOTE_TRY(const Bytes result, read_file(folder / "result.bin"));
  MOTE_TRY(const Bytes bytes, read_file(folder / "decisions.bin"));
  if (result.size() != 12 || bytes.size() % sizeof(Decision) != 0)
    return internal_error("the firmware's result is damaged");
  DecisionsRun out;
  out.decisions.resize(bytes.size() / sizeof(Decision));
  std::memcpy(out.decisions.data(), bytes.data(), bytes.size());
  out.stack_bytes = view_as<uint32_t>(result)[1];
  MOTE_TRY(out.dump, read_file(folder / "dump.bin"));
  for (size_t t = 0; count && t < out.decisions.size(); ++t)
    out.hop_instructions.push_back(mark(run.instructions, kFirstHopMark + t));
  return out;
}

uint64_t mean_hop(const FirmwareRun& run) {
  uint64_t sum = 0;
  for (uint64_t n : run.hop_instructions) sum += n;
  return run.hop_instructions.empty() ? 0 : sum / run.hop_instructions.size();
}

FlashBytes measure_flash(const Plan& plan, const BuiltFirmware& built, const std::string& name) {
  FlashBytes flash;
  flash.total =
      static_cast<int64_t>(built.elf.text_bytes + built.elf.data_bytes) - static_cast<int64_t>(built.empty_bytes);
  const TableSet set = collect_tables(plan);
  const std::string scope = mangled(name);
  for (const auto& entry : built.elf.symbols) {
    const std::string& symbol = entry.first;
    const Elf::Symbol& info = entry.second;
    if (symbol.find(scope) == symbol.npos) continue;
    const auto bytes = static_cast<int64_t>(info.bytes);
    // The self-test is linked by the harness; an application that does not call it does not carry it.
    if (symbol.find("kExpected") != symbol.npos || symbol.find("9self_testEv") != symbol.npos) flash.total -= bytes;
    if (info.kind != 'R') continue;
    const size_t local = symbol.find("12_GLOBAL__N_1");
    auto is = [&](const char* prefix) {  // a table of the program, with or without a number
      if (local == symbol.npos) return false;
      size_t at = local + 14;
      if (at < symbol.size() && symbol[at] == 'L') ++at;  // internal linkage, as gcc writes it
      while (at < symbol.size() && std::isdigit(static_cast<unsigned char>(symbol[at]))) ++at;
      return symbol.compare(at, std::string_view(prefix).size(), prefix) == 0;
    };
    if (is("kRows") || is("kFirst") || is("kSchedule")) flash.tables += bytes;
    if (local == symbol.npos && symbol.find("kConstant") != symbol.npos) flash.weights += bytes;
    for (size_t i = 0; i < set.tables.size(); ++i) {
      if (symbol.find(scope + mangled(set.names[i]) + "E") == symbol.npos) continue;
      const int64_t other = set.tables[i]->other_bytes;
      (set.tables[i]->role == Table::weights ? flash.weights : flash.tables) += bytes - other;
      flash.tables += other;
    }
  }
  return flash;
}

}  // namespace mote
