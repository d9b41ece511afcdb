#include <fmt/core.h>

#include "mote/cli/hop_cost.h"
#include "mote/compiler/emit/proofs.h"

namespace mote {
namespace {

// With a flash budget (or a board) the firmware is built and measured, where the compiler is there.
Expected<std::string> check_flash(CompiledModel& model, const ModelOptions& options) {
  const bool wanted = options.flash_bytes || (model.target && !model.target->board.name.empty());
  if (!wanted) return std::string();
  if (options.flash_bytes && table_bytes(model.plan) > *options.flash_bytes) {
    Sizes sizes;
    sizes.flash.total = sizes.flash.weights = table_bytes(model.plan);
    MOTE_TRY_STATUS(check_budgets(model, options, sizes));
  }
  if (auto compiler = compiler_version(*model.target); !compiler) {
    if (options.flash_bytes)
      return std::move(compiler.error()).at("--flash needs the firmware to be built and measured");
    return fmt::format("note: the code was not counted against the board's flash: {}\n", compiler.error().text());
  }
  MOTE_TRY(const BuiltFirmware built, build_model(model, options));
  const Sizes sizes = measure_sizes(model, built, 0);
  return fmt::format("flash     {} bytes: {} code, {} weights, {} tables ({})\n", sizes.flash.total, sizes.flash.code(),
                     sizes.flash.weights, sizes.flash.tables, built.compiler);
}

// What a decision of a project costs, where it can be measured; refuses one that takes longer than there is time.
Expected<std::optional<HopCost>> find_hop_cost(const CompiledModel& model, const ModelOptions& options) {
  if (options.hop_ms <= 0 || !compiler_version(*model.target) || !emulator_version(*model.target))
    return std::optional<HopCost>();
  show_progress("measuring a decision in the emulator");
  MOTE_TRY(const BuiltFirmware built, build_firmware(model.plan, model.firmware, *model.target));
  MOTE_TRY(const FirmwareRun run,
           run_firmware(model.plan, built, *model.target, profile_inputs(model), {.cycles = true}));
  MOTE_TRY(HopCost cost, measure_hop_cost(model, run));
  MOTE_TRY_STATUS(check_real_time(options, cost));
  show_progress("");
  return std::optional(std::move(cost));
}

// What a project's decisions take besides the model, and their time.
std::string describe_decisions(const CompiledModel& model, const ModelOptions& options,
                               const std::optional<HopCost>& cost) {
  std::string text;
  if (model.decision) text += describe_decision(model.plan, *model.decision);
  if (model.decision && model.decision->recorder) text += describe_recorder(model.plan, *model.decision);
  if (cost) text += describe(options, *cost, 10);
  else if (options.hop_ms > 0) text += "note: the cost of a hop is measured where compiler and QEMU are there\n";
  return text.empty() ? text : text + "\n";
}

void add_decision(Json& j, const CompiledModel& model) {
  if (!model.decision) return;
  const DecisionBytes bytes = measure_decision(model.plan, *model.decision);
  j["decision"] = {{"state_bytes", bytes.state}, {"sample_bytes", bytes.samples}, {"rule_bytes", bytes.rule}};
  if (model.decision->recorder) {
    const RecorderBytes kept = measure_recorder(model.plan, *model.decision);
    j["recorder"] = {{"ram_bytes", kept.ram()},
                     {"sample_bytes", kept.samples},
                     {"record_bytes", kept.records},
                     {"dump_bytes", kept.dump},
                     {"build", model.firmware.build}};
  }
}

Expected<int> compile(const ModelOptions& given, const std::string& folder, bool json) {
  MOTE_TRY(const ModelOptions options, complete(given));
  if (lacks_target(options, "compile")) return 2;
  MOTE_TRY(CompiledModel model, compile_model(options));
  MOTE_TRY(const std::string flash, check_flash(model, options));
  MOTE_TRY(const auto cost, find_hop_cost(model, options));
  MOTE_TRY_STATUS(write_folder(folder, model.firmware.files));
  const Plan& plan = model.plan;
  if (json) {
    Json j{{"model", options.path},
           {"name", model.name},
           {"target", model.target->name},
           {"optimize", options.optimize},
           {"folder", folder},
           {"arena_bytes", plan.arena_bytes},
           {"least_bytes", plan.least_bytes},
           {"whole_bytes", plan.whole_bytes},
           {"tables_and_weights_bytes", table_bytes(plan)},
           {"steps", plan.schedule.size()},
           {"stages", Json::array()},
           {"proofs", proofs_json(plan.graph.proofs)}};
    add_feed(j, options, &plan);
    add_decision(j, model);
    if (cost) j["hop_cost"] = to_json(options, *cost);
    for (const auto& [first, last] : plan.stages) j["stages"].push_back({first, last});
    if (!flash.empty()) j["flash"] = flash.substr(0, flash.size() - 1);
    for (const auto& [path, text] : model.firmware.files) j["files"].push_back(path);
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("{}\n{}weights   {} bytes with tables, in flash\n{}written   {} files to {}\n", describe_plan(plan),
             describe_decisions(model, options, cost), table_bytes(plan), flash, model.firmware.files.size(), folder);
  return 0;
}

}  // namespace

void add_compile(CLI::App& app, Chosen& chosen) {
  CLI::App* verb =
      app.add_subcommand("compile", "Write a model as a C++17 library: plan, kernels, example, self-test, manifest");
  auto options = std::make_shared<ModelOptions>();
  auto folder = std::make_shared<std::string>();
  add_model_options(*verb, *options);
  verb->add_option("--output,-o", *folder, "The folder to write; an earlier one by mote is replaced as a whole")
      ->required();
  add_json(*verb, chosen);
  verb->footer(
      "The folder is a CMake project and an Arduino library. Example:\n"
      "  mote compile kws.tflite --target cortex-m4 --optimize ram -o kws");
  verb->callback([&chosen, options, folder] {
    chosen.run = [&chosen, options, folder] { return compile(*options, *folder, chosen.json); };
  });
}

}  // namespace mote
