#include <fmt/core.h>

#include "mote/cli/model.h"
#include "mote/cli/recordings.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/verify/compare.h"
#include "mote/compiler/verify/replay.h"

namespace mote {
namespace {

struct VerifyVerb {
  ModelOptions model;
  std::vector<std::string> inputs;
  std::string dump;  // where to write what a recorder keeps
  int random = 0, recorded = 4;
  bool all_targets = false;
};

// What a project's sensor has recorded, where it has, and no inputs are given.
Expected<std::vector<Bytes>> choose_windows(const VerifyVerb& v) {
  if (!v.inputs.empty() || !is_project(v.model.path)) return std::vector<Bytes>();
  MOTE_TRY(const Project project, read_project(v.model.path));
  return pick_windows(project, static_cast<size_t>(v.recorded));
}

Expected<std::vector<std::vector<Bytes>>> choose_inputs(const VerifyVerb& v, const Graph& graph) {
  std::vector<std::vector<Bytes>> inputs;
  if (!v.inputs.empty()) {
    MOTE_TRY(inputs, read_inputs(v.model.path, graph, v.inputs, 1));
  }
  MOTE_TRY(std::vector<Bytes> windows, choose_windows(v));
  for (Bytes& window : windows) inputs.push_back({std::move(window)});
  Rng rng(2026);
  const int n = v.random > 0 ? v.random : v.inputs.empty() ? 6 : 0;
  for (int i = 0; i < n; ++i) inputs.push_back(make_inputs_in_turn(graph, rng, i));
  return inputs;
}

// The project's recordings, and several windows' worth of made-up rows, each window anew; or those of the file.
Expected<Bytes> choose_stream(const VerifyVerb& v, const CompiledModel& model) {
  if (v.inputs.size() > 1)
    return malformed(fmt::format("{} --input files are given; a stream is one", v.inputs.size()));
  if (!v.inputs.empty()) return read_stream(v.model.path, model, v.inputs[0]);
  const Tensor& t = model.plan.graph.at(model.plan.graph.inputs[0]);
  const int64_t hop = model.plan.stream.hop, window = row_count(t);
  const int64_t windows = v.random > 0 ? v.random : 2 * ((window + hop - 1) / hop) + 2;
  auto bytes = static_cast<size_t>((window + (windows - 1) * hop) * row_bytes(t));
  Rng rng(2026);
  Bytes stream;
  MOTE_TRY(const std::vector<Bytes> recorded, choose_windows(v));
  for (const Bytes& one : recorded) stream.insert(stream.end(), one.begin(), one.end());
  bytes += stream.size();
  for (int i = 3; stream.size() < bytes; ++i) {  // random rows first, then all kinds
    const Bytes more = make_inputs_in_turn(model.original, rng, i % 6)[0];
    stream.insert(stream.end(), more.begin(), more.end());
  }
  stream.resize(bytes);
  return stream;
}

struct Compared {
  FirmwareRun run;
  size_t results;                    // inputs, or windows
  size_t decisions = 0, events = 0;  // of a project that decides: hops, and those at which an event begins
};

// The samples that decisions are compared on: the stream, or the inputs one after another, twice, so that windows
// overlap and events come again.
Bytes samples_of(const std::vector<std::vector<Bytes>>& inputs) {
  Bytes samples;
  for (int round = 0; round < 2; ++round)
    for (const auto& input : inputs) samples.insert(samples.end(), input[0].begin(), input[0].end());
  return samples;
}

// What the recorder has kept says what the definition says.
Status compare_recorder(const VerifyVerb& v, const CompiledModel& model, const Bytes& bytes) {
  if (!v.dump.empty()) MOTE_TRY_STATUS(write_file(v.dump, bytes.data(), bytes.size()));
  MOTE_TRY(const Dump dump, read_dump(bytes, *model.decision, model.plan.calls.size()));
  for (const ReplayedHop& hop : replay(model.original, model.plan, *model.decision, dump).hops)
    if (!hop.wrong.empty())
      return Error{Code::mismatch, fmt::format("the recorder's hop {}: not as defined: {}", hop.hop, hop.wrong),
                   model.target->name};
  return {};
}

Status compare_decisions_too(const VerifyVerb& v, const CompiledModel& model, const BuiltFirmware& built,
                             const Bytes& samples, Compared& compared) {
  if (!model.decision) return {};
  MOTE_TRY(const DecisionsRun run, compare_decisions(model.original, *model.decision, built, *model.target, samples));
  compared.decisions = run.decisions.size();
  for (const Decision& d : run.decisions) compared.events += d.event != kNoClass;
  compared.run.stack_bytes = std::max(compared.run.stack_bytes, run.stack_bytes);
  return model.decision->recorder ? compare_recorder(v, model, run.dump) : Status();
}

Expected<Compared> compare(const VerifyVerb& v, const CompiledModel& model, const BuiltFirmware& built) {
  if (model.plan.stream.hop > 0) {
    MOTE_TRY(const Bytes stream, choose_stream(v, model));
    MOTE_TRY_STATUS(compare_host_stream(model.original, model.plan, stream));
    MOTE_TRY(FirmwareRun run, compare_firmware_stream(model.original, model.plan, built, *model.target, stream, true));
    Compared compared{std::move(run), 0};
    compared.results = compared.run.outputs.size();
    MOTE_TRY_STATUS(compare_decisions_too(v, model, built, stream, compared));
    return compared;
  }
  MOTE_TRY(const auto inputs, choose_inputs(v, model.original));
  for (const auto& input : inputs) MOTE_TRY_STATUS(compare_host(model.original, model.plan, input));
  MOTE_TRY(FirmwareRun run, compare_firmware(model.original, model.plan, built, *model.target, inputs, true));
  Compared compared{std::move(run), inputs.size()};
  MOTE_TRY_STATUS(compare_decisions_too(v, model, built, samples_of(inputs), compared));
  return compared;
}

// One target: builds, runs and compares; what was measured, as JSON.
Expected<Json> verify_target(const VerifyVerb& v, const std::string& target, bool json) {
  ModelOptions options = v.model;
  options.target = target;
  MOTE_TRY(CompiledModel model, compile_model(options));
  show_progress(fmt::format("{}: building the firmware", target));
  MOTE_TRY(const BuiltFirmware built, build_model(model, options));
  show_progress(fmt::format("{}: running it in the emulator", target));
  MOTE_TRY(const std::string emulator, emulator_version(*model.target));
  MOTE_TRY(const Compared compared, compare(v, model, built));
  const FirmwareRun& run = compared.run;
  const bool slides = model.plan.stream.hop > 0;
  const Sizes sizes = measure_sizes(model, built, run.stack_bytes);
  MOTE_TRY_STATUS(check_budgets(model, options, sizes));
  Json j{{"target", model.target->name},
         {"bit_exact", true},
         {slides ? "windows" : "inputs", compared.results},
         {"instructions", run.instructions},
         {"counter", run.counter},
         {"compiler", built.compiler},
         {"compile_flag", model.firmware.compile_flag},
         {"emulator", emulator}};
  j.update(to_json(sizes));
  if (model.decision) j["decisions"] = compared.decisions, j["events"] = compared.events;
  if (slides) j["instructions_per_hop"] = mean_hop(run);
  const std::string classes = describe_classes(model.original.at(model.original.outputs[0]), model.original.labels,
                                               slides ? run.outputs.back()[0] : run.outputs[0][0]);
  if (!classes.empty()) j["classes"] = classes;
  if (json) return j;
  show_progress("");
  if (!classes.empty() && !v.inputs.empty()) fmt::print("recognised   {}\n", classes);
  fmt::print("{}", describe(model, options, sizes));
  fmt::print("instructions {} ({}, {} {}, {})\n",
             slides && compared.results > 1
                 ? fmt::format("{} per hop, {} for the first window", mean_hop(run), run.instructions)
                 : fmt::format("{} per inference", run.instructions),
             run.counter, built.compiler, model.firmware.compile_flag, emulator);
  fmt::print("bit-exact on {} ({} {}{}: definition = host = firmware)\n", model.target->name, compared.results,
             slides ? "window" : "input", compared.results == 1 ? "" : "s");
  if (model.decision)
    fmt::print("             and {} decisions with {} events, hop by hop{}\n", compared.decisions, compared.events,
               model.decision->recorder ? ", and what the recorder kept of them" : "");
  return j;
}

Expected<int> verify(VerifyVerb v, bool json) {
  MOTE_TRY(v.model, complete(v.model));
  std::vector<std::string> names{v.model.target};
  if (v.all_targets) {
    names.clear();
    for (const Target& t : targets())
      if (t.board.name.empty()) names.push_back(t.name);
  } else if (lacks_target(v.model, "verify")) {
    return 2;
  }
  Json all{{"model", v.model.path}, {"optimize", v.model.optimize}, {"targets", Json::array()}};
  add_feed(all, v.model, nullptr);
  for (const std::string& name : names) {
    MOTE_TRY(Json one, verify_target(v, name, json));
    all["targets"].push_back(std::move(one));
  }
  if (json) fmt::print("{}", dump(all));
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "verify",
      "Prove that the firmware computes what the model means: definition = host = emulated chip, byte for byte");
  auto v = std::make_shared<VerifyVerb>();
  add_model_options(*verb, v->model);
  verb->add_option(
      "--input,-i", v->inputs,
      "One file per model input: raw little-endian values, or .npy; of a project a recording\n(.wav, .csv, .json, .cbor), whose windows are run");
  verb->add_option("--recorded", v->recorded,
                   "Of a project: this many windows of its recordings, where no --input is given")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  verb->add_option("--random", v->random,
                   "This many made-up inputs: all minimum, all maximum, saturating, then random (6 if no --input)")
      ->check(CLI::Range(1, 100000));
  verb->add_flag("--all-targets", v->all_targets, "Every core in turn");
  verb->add_option("--dump", v->dump, "Write what the recorder of a project keeps at the end, for mote replay");
  add_json(*verb, chosen);
  verb->footer(
      "The firmware is the one that `mote compile` writes with the same options. On a difference the first op and\n"
      "element that differ are named, and the exit code is 3.");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return verify(*v, chosen.json); }; });
}

}  // namespace mote
