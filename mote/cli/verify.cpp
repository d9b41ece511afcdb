#include <fmt/core.h>

#include "mote/cli/model.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/verify/compare.h"

namespace mote {
namespace {

struct VerifyVerb {
  ModelOptions model;
  std::vector<std::string> inputs;
  int random = 0;
  bool all_targets = false;
};

Expected<std::vector<std::vector<Bytes>>> choose_inputs(const VerifyVerb& v, const Graph& graph) {
  std::vector<std::vector<Bytes>> inputs;
  if (!v.inputs.empty()) {
    MOTE_TRY(inputs, read_inputs(graph, v.inputs, 1));
  }
  Rng rng(2026);
  const int n = v.random > 0 ? v.random : v.inputs.empty() ? 6 : 0;
  for (int i = 0; i < n; ++i) inputs.push_back(make_inputs_in_turn(graph, rng, i));
  return inputs;
}

// One target: builds, runs and compares; what was measured, as JSON.
Expected<Json> verify_target(const VerifyVerb& v, const std::string& target, bool json) {
  ModelOptions options = v.model;
  options.target = target;
  MOTE_TRY(const CompiledModel model, compile_model(options));
  MOTE_TRY(const auto inputs, choose_inputs(v, model.original));
  for (const auto& input : inputs) MOTE_TRY_STATUS(compare_host(model.original, model.plan, input));
  show_progress(fmt::format("{}: building the firmware", target));
  MOTE_TRY(const BuiltFirmware built, build_firmware(model.plan, model.firmware, *model.target));
  show_progress(fmt::format("{}: running it in the emulator", target));
  MOTE_TRY(const std::string emulator, emulator_version(*model.target));
  MOTE_TRY(const FirmwareRun run, compare_firmware(model.original, model.plan, built, *model.target, inputs, true));
  const Sizes sizes = measure_sizes(model, built, run.stack_bytes);
  MOTE_TRY_STATUS(check_budgets(model, options, sizes));
  Json j{{"target", model.target->name},
         {"bit_exact", true},
         {"inputs", inputs.size()},
         {"instructions", run.instructions},
         {"counter", run.counter},
         {"compiler", built.compiler},
         {"compile_flag", optimize_flag(model.plan.options.optimize)},
         {"emulator", emulator}};
  j.update(to_json(sizes));
  const std::string classes =
      describe_classes(model.original.at(model.original.outputs[0]), model.original.labels, run.outputs[0][0]);
  if (!classes.empty()) j["classes"] = classes;
  if (json) return j;
  show_progress("");
  if (!classes.empty() && !v.inputs.empty()) fmt::print("recognised   {}\n", classes);
  fmt::print("ram          {} bytes: arena {}, static {}, stack {}\n", sizes.ram(), sizes.arena, sizes.statics,
             sizes.stack);
  fmt::print("flash        {} bytes: code {}, weights {}, tables {}\n", sizes.flash.total, sizes.flash.code(),
             sizes.flash.weights, sizes.flash.tables);
  fmt::print("instructions {} per inference ({}, {} {}, {})\n", run.instructions, run.counter, built.compiler,
             optimize_flag(model.plan.options.optimize), emulator);
  fmt::print("bit-exact on {} ({} input{}: definition = host = firmware)\n", model.target->name, inputs.size(),
             inputs.size() == 1 ? "" : "s");
  return j;
}

Expected<int> verify(const VerifyVerb& v, bool json) {
  std::vector<std::string> names{v.model.target};
  if (v.all_targets) {
    names.clear();
    for (const Target& t : targets())
      if (t.board.name.empty()) names.push_back(t.name);
  } else if (v.model.target.empty() || v.model.target == "host") {
    fmt::print(stderr, "mote: verify needs a --target (a core or board, see `mote targets`) or --all-targets\n");
    return 2;
  }
  Json all{{"model", v.model.path}, {"optimize", v.model.optimize}, {"feed", v.model.feed}, {"targets", Json::array()}};
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
  add_model_options(*verb, v->model, false);
  verb->add_option("--input,-i", v->inputs, "One file per model input: raw little-endian values, or .npy");
  verb->add_option("--random", v->random,
                   "This many made-up inputs: all minimum, all maximum, saturating, then random (6 if no --input)")
      ->check(CLI::Range(1, 100000));
  verb->add_flag("--all-targets", v->all_targets, "Every core in turn");
  add_json(*verb, chosen);
  verb->footer(
      "The firmware is the one that `mote compile` writes with the same options. On a difference the first op and\n"
      "element that differ are named, and the exit code is 3.");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return verify(*v, chosen.json); }; });
}

}  // namespace mote
