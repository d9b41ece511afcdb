#include <fmt/core.h>

#include <algorithm>

#include "mote/cli/model.h"
#include "mote/compiler/verify/compare.h"

namespace mote {
namespace {

struct OpCost {
  const Op* op;
  int64_t macs = 0;
  uint64_t instructions = 0;
  int64_t ring_rows = 0, offset_bytes = 0, bytes = 0;
};

std::vector<OpCost> costs(const Plan& plan, const FirmwareRun& run) {
  std::vector<OpCost> ops;
  for (const Op& op : plan.graph.ops) {
    OpCost cost{&op};
    cost.macs = op.def->macs ? op.def->macs(op, plan.graph) : 0;
    const Place& place = plan.places[static_cast<size_t>(op.out[0])];
    cost.ring_rows = place.slots;
    cost.bytes = place.slots * row_bytes(plan.graph.out(op));
    if (!place.rows.empty()) cost.offset_bytes = *std::min_element(place.rows.begin(), place.rows.end());
    ops.push_back(cost);
  }
  for (size_t c = 0; c < plan.calls.size(); ++c)
    ops[static_cast<size_t>(plan.calls[c].op)].instructions += run.call_instructions[c];
  return ops;
}

Json profile_json(const ModelOptions& o, const CompiledModel& model, const BuiltFirmware& built, const FirmwareRun& run,
                  const Sizes& sizes, const std::vector<OpCost>& ops, uint64_t max_step) {
  int64_t macs = 0;
  for (const OpCost& c : ops) macs += c.macs;
  Json j{{"model", o.path}, {"target", model.target->name},    {"optimize", o.optimize}, {"feed", o.feed},
         {"macs", macs},    {"instructions", run.instructions}};
  j.update(to_json(sizes));
  j["max_step_instructions"] = max_step;
  j["counter"] = run.counter;
  j["compiler"] = built.compiler;
  j["compile_flag"] = optimize_flag(model.plan.options.optimize);
  j["ops"] = Json::array();
  for (const OpCost& c : ops)
    j["ops"].push_back({{"index", c.op->source},
                        {"name", model.plan.graph.out(*c.op).name},
                        {"type", c.op->type},
                        {"macs", c.macs},
                        {"instructions", c.instructions},
                        {"output_shape", model.plan.graph.out(*c.op).shape},
                        {"ring_rows", c.ring_rows},
                        {"offset_bytes", c.offset_bytes},
                        {"bytes", c.bytes}});
  return j;
}

Expected<int> profile(const ModelOptions& o, const std::string& plan_svg, bool json) {
  MOTE_TRY(const CompiledModel model, compile_model(o));
  if (!model.target) return unsupported("profile needs a --target; `mote targets` lists them");
  show_progress("building the firmware");
  MOTE_TRY(const BuiltFirmware built, build_firmware(model.plan, model.firmware, *model.target));
  show_progress("counting instructions in the emulator");
  MOTE_TRY(const FirmwareRun run, run_firmware(model.plan, built, *model.target, {self_test_inputs(model.original)},
                                               {.count = true, .steps = true}));
  show_progress("");
  const Sizes sizes = measure_sizes(model, built, run.stack_bytes);
  MOTE_TRY_STATUS(check_budgets(model, o, sizes));
  const std::vector<OpCost> ops = costs(model.plan, run);
  uint64_t max_step = 0;
  for (uint64_t n : run.call_longest_step) max_step = std::max(max_step, n);
  if (!plan_svg.empty()) {
    const std::string svg = draw_plan(model.plan);
    MOTE_TRY_STATUS(write_file(plan_svg, svg.data(), svg.size()));
  }
  if (json) {
    fmt::print("{}", dump(profile_json(o, model, built, run, sizes, ops, max_step)));
    return 0;
  }
  fmt::print("{} on {}, --optimize {} --feed {} ({} {}; instructions counted by {})\n\n", o.path, model.target->name,
             o.optimize, o.feed, built.compiler, optimize_flag(model.plan.options.optimize), run.counter);
  fmt::print("{:>4}  {:<22} {:<16} {:>11} {:>12} {:>6} {:>10} {:>8} {:>8}\n", "op", "type", "output", "MACs",
             "instructions", "/MAC", "rows kept", "bytes", "offset");
  int64_t macs = 0;
  for (const OpCost& c : ops) {
    const Tensor& out = model.plan.graph.out(*c.op);
    fmt::print("{:>4}  {:<22} {:<16} {:>11} {:>12} {:>6} {:>10} {:>8} {:>8}\n", c.op->source, c.op->type,
               print(out.shape), c.macs, c.instructions,
               c.macs ? fmt::format("{:.2f}", static_cast<double>(c.instructions) / static_cast<double>(c.macs)) : "-",
               fmt::format("{}/{}", c.ring_rows, row_count(out)), c.bytes, c.offset_bytes);
    macs += c.macs;
  }
  fmt::print("\ninstructions {} ({:.3f} per MAC, {} MACs); longest step {}\n", run.instructions,
             macs ? static_cast<double>(run.instructions) / static_cast<double>(macs) : 0.0, macs, max_step);
  fmt::print("ram          {} bytes: arena {} (input {}), static {}, stack {}\n", sizes.ram(), sizes.arena, sizes.input,
             sizes.statics, sizes.stack);
  fmt::print("flash        {} bytes: code {}, weights {}, tables {}\n", sizes.flash.total, sizes.flash.code(),
             sizes.flash.weights, sizes.flash.tables);
  return 0;
}

}  // namespace

void add_profile(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "profile", "Measure a model on an emulated target, per op: MACs, exact instructions, RAM, flash, stack");
  auto options = std::make_shared<ModelOptions>();
  auto svg = std::make_shared<std::string>();
  add_model_options(*verb, *options, true);
  verb->add_option("--plan-svg", *svg, "Draw the memory plan into this file");
  add_json(*verb, chosen);
  verb->footer(
      "Flash is that of the firmware less an empty one with the same start-up. Stack is what one inference needs,\n"
      "found by painting. Instructions are exact; they are not cycles.");
  verb->callback([&chosen, options, svg] {
    chosen.run = [&chosen, options, svg] { return profile(*options, *svg, chosen.json); };
  });
}

}  // namespace mote
