#include <fmt/core.h>

#include <algorithm>

#include "mote/cli/hop_cost.h"
#include "mote/cli/pareto.h"
#include "mote/compiler/verify/compare.h"

namespace mote {
namespace {

struct OpCost {
  const Op* op;
  int64_t macs = 0;
  uint64_t instructions = 0;
  Cycles cycles = {};
  int64_t ring_rows = 0, offset_bytes = 0, bytes = 0;
};

// Of an inference, or of a hop where the window slides.
std::vector<OpCost> costs(const Plan& plan, const FirmwareRun& run) {
  const uint64_t runs = std::max<size_t>(run.hop_instructions.size(), 1);
  const HopWork work = plan.stream.hop > 0 ? count_hop_work(plan) : HopWork();
  std::vector<OpCost> ops;
  for (const Op& op : plan.graph.ops) {
    OpCost cost{&op};
    cost.macs = op.def->macs ? op.def->macs(op, plan.graph) : 0;
    if (plan.stream.hop > 0) cost.macs = work.op_macs[ops.size()];
    const Place& place = plan.places[static_cast<size_t>(op.out[0])];
    cost.ring_rows = place.slots;
    cost.bytes = place.slots * row_bytes(plan.graph.out(op));
    if (!place.rows.empty()) cost.offset_bytes = *std::min_element(place.rows.begin(), place.rows.end());
    ops.push_back(cost);
  }
  for (size_t c = 0; c < plan.calls.size(); ++c) {
    if (plan.stream.is_move(static_cast<int32_t>(c))) continue;
    OpCost& cost = ops[static_cast<size_t>(plan.calls[c].op)];
    cost.instructions += run.call_instructions[c] / runs;
    if (!run.prediction) continue;
    cost.cycles.low += run.call_cycles[c].low / runs;
    cost.cycles.nominal += run.call_cycles[c].nominal / runs;
    cost.cycles.high += run.call_cycles[c].high / runs;
  }
  return ops;
}

// What `profile` does besides measuring.
struct ProfileOptions {
  std::string plan_svg;
  bool no_cycles = false;
};

// Why there is no prediction, or no whole one; empty if nothing is missing.
std::string unknown_because(const Board& board, const FirmwareRun& run, const ProfileOptions& options) {
  if (options.no_cycles) return "not asked for (--no-cycles)";
  if (!run.prediction) return "this QEMU takes no plugin, without which only instructions can be counted";
  if (board.name.empty()) return "a core has no clock; take a board as the target";
  if (!run.prediction->latency_ms) return "the board's file does not say its clock or how its flash is read";
  if (!run.prediction->energy_uj) return "the board's file does not say its current or voltage";
  return "";
}

template <class T>
Json interval_json(const T& interval) {
  return {{"low", interval.low}, {"nominal", interval.nominal}, {"high", interval.high}};
}

// What is unknown is null.
Json prediction_json(const Target& target, const FirmwareRun& run, const InferenceCost& of,
                     const ProfileOptions& options) {
  Json j{{"cycles", nullptr}, {"cycles_per_instruction", nullptr}, {"latency_ms", nullptr}, {"energy_uj", nullptr}};
  const std::string unknown = unknown_because(target.board, run, options);
  if (!unknown.empty()) j["unknown_because"] = unknown;
  if (!of.prediction) return j;
  const Prediction& p = *of.prediction;
  j["cycles"] = interval_json(p.cycles);
  if (of.instructions)
    j["cycles_per_instruction"] = static_cast<double>(p.cycles.nominal) / static_cast<double>(of.instructions);
  if (p.latency_ms) j["latency_ms"] = interval_json(*p.latency_ms);
  if (p.energy_uj) j["energy_uj"] = interval_json(*p.energy_uj);
  return j;
}

// At least three digits, and no exponent for what is large.
std::string rounded(double value) {
  return value < 999.5 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

void print_prediction(const Target& target, const FirmwareRun& run, const ProfileOptions& options) {
  const std::string unknown = unknown_because(target.board, run, options);
  const auto print_interval = [&](const char* what, const std::optional<Interval>& interval, const char* unit) {
    if (interval)
      fmt::print("{:<12} {} {} ({} to {})\n", what, rounded(interval->nominal), unit, rounded(interval->low),
                 rounded(interval->high));
    else fmt::print("{:<12} unknown: {}\n", what, unknown);
  };
  const auto& [prediction, instructions] = cost_per_decision(run);
  if (!prediction) {
    fmt::print("cycles       unknown: {}\n", unknown);
    return;
  }
  const Cycles& cycles = prediction->cycles;
  fmt::print("cycles       {} ({} to {}), {:.2f} per instruction; a model, see docs/PREDICTIONS.md\n", cycles.nominal,
             cycles.low, cycles.high,
             instructions ? static_cast<double>(cycles.nominal) / static_cast<double>(instructions) : 0.0);
  print_interval("latency", prediction->latency_ms, "ms");
  print_interval("energy", prediction->energy_uj, "uJ");
}

// What bringing kept rows to their places takes in a hop.
uint64_t move_instructions(const Plan& plan, const FirmwareRun& run) {
  uint64_t sum = 0;
  for (size_t c = 0; c < plan.calls.size(); ++c)
    if (plan.stream.is_move(static_cast<int32_t>(c))) sum += run.call_instructions[c];
  return sum / std::max<size_t>(run.hop_instructions.size(), 1);
}

Json profile_json(const ModelOptions& o, const ProfileOptions& options, const CompiledModel& model,
                  const BuiltFirmware& built, const FirmwareRun& run, const Sizes& sizes,
                  const std::vector<OpCost>& ops, uint64_t max_step, const HopCost& cost) {
  int64_t macs = 0;
  for (const OpCost& c : ops) macs += c.macs;
  Json j{{"model", o.path},
         {"target", model.target->name},
         {"optimize", o.optimize},
         {"macs", macs},
         {"instructions", run.instructions}};
  add_feed(j, o, &model.plan);
  if (o.hop > 0) {
    j["instructions_per_hop"] = mean_hop(run);
    j["worst_instructions_per_hop"] = *std::max_element(run.hop_instructions.begin(), run.hop_instructions.end());
    j["move_instructions_per_hop"] = move_instructions(model.plan, run);
    j["worst_instructions_per_push"] = run.longest_push;
    j["hops_measured"] = run.hop_instructions.size();
  }
  j.update(to_json(sizes));
  j["max_step_instructions"] = max_step;
  j["prediction"] = prediction_json(*model.target, run, {run.prediction, run.instructions}, options);
  if (o.hop > 0) j["hop_prediction"] = prediction_json(*model.target, run, cost_per_decision(run), options);
  if (o.hop_ms > 0) j["hop_ms"] = o.hop_ms;
  j["hop_cost"] = to_json(o, cost);
  j["counter"] = run.counter;
  j["compiler"] = built.compiler;
  j["compile_flag"] = model.firmware.compile_flag;
  j["ops"] = Json::array();
  for (const OpCost& c : ops) {
    j["ops"].push_back({{"index", c.op->source},
                        {"name", model.plan.graph.out(*c.op).name},
                        {"type", c.op->type},
                        {"macs", c.macs},
                        {"instructions", c.instructions},
                        {"output_shape", model.plan.graph.out(*c.op).shape},
                        {"ring_rows", c.ring_rows},
                        {"offset_bytes", c.offset_bytes},
                        {"bytes", c.bytes}});
    j["ops"].back()["cycles"] = run.prediction ? interval_json(c.cycles) : Json(nullptr);
  }
  return j;
}

Expected<int> profile(const ModelOptions& given, const ProfileOptions& options, bool json) {
  MOTE_TRY(const ModelOptions o, complete(given));
  if (lacks_target(o, "profile")) return 2;
  MOTE_TRY(CompiledModel model, compile_model(o));
  show_progress("building the firmware");
  MOTE_TRY(const BuiltFirmware built, build_model(model, o));
  show_progress("counting instructions in the emulator");
  MOTE_TRY(const FirmwareRun run, run_firmware(model.plan, built, *model.target, profile_inputs(model),
                                               {.count = true, .steps = true, .cycles = !options.no_cycles}));
  show_progress("");
  const Sizes sizes = measure_sizes(model, built, run.stack_bytes);
  MOTE_TRY_STATUS(check_budgets(model, o, sizes));
  MOTE_TRY(const HopCost cost, measure_hop_cost(model, run));
  MOTE_TRY_STATUS(check_real_time(o, cost));
  const std::vector<OpCost> ops = costs(model.plan, run);
  uint64_t max_step = 0;
  for (uint64_t n : run.call_longest_step) max_step = std::max(max_step, n);
  if (!options.plan_svg.empty()) {
    const std::string svg = draw_plan(model.plan);
    MOTE_TRY_STATUS(write_file(options.plan_svg, svg.data(), svg.size()));
  }
  if (json) {
    fmt::print("{}", dump(profile_json(o, options, model, built, run, sizes, ops, max_step, cost)));
    return 0;
  }
  fmt::print("{} on {}, --optimize {} {} ({} {}; instructions counted by {})\n\n", o.path, model.target->name,
             o.optimize, describe_feed(o), built.compiler, model.firmware.compile_flag, run.counter);
  fmt::print("{:>4}  {:<22} {:<16} {:>11} {:>12} {:>12} {:>6} {:>10} {:>8} {:>8}\n", "op", "type", "output", "MACs",
             "instructions", "cycles", "/MAC", "rows kept", "bytes", "offset");
  int64_t macs = 0;
  for (const OpCost& c : ops) {
    const Tensor& out = model.plan.graph.out(*c.op);
    fmt::print("{:>4}  {:<22} {:<16} {:>11} {:>12} {:>12} {:>6} {:>10} {:>8} {:>8}\n", c.op->source, c.op->type,
               print(out.shape), c.macs, c.instructions, run.prediction ? std::to_string(c.cycles.nominal) : "unknown",
               c.macs ? fmt::format("{:.2f}", static_cast<double>(c.instructions) / static_cast<double>(c.macs)) : "-",
               fmt::format("{}/{}", c.ring_rows, row_count(out)), c.bytes, c.offset_bytes);
    macs += c.macs;
  }
  const uint64_t instructions = o.hop > 0 ? mean_hop(run) : run.instructions;
  fmt::print("\ninstructions {}{} ({:.3f} per MAC, {} MACs); longest step {}\n", instructions,
             o.hop > 0 ? " per hop" : "", macs ? static_cast<double>(instructions) / static_cast<double>(macs) : 0.0,
             macs, max_step);
  if (o.hop > 0)
    fmt::print(
        "             {} of them move kept rows; {} for the first window\n"
        "             worst of {} hops {}, worst push_row() of them {}\n",
        move_instructions(model.plan, run), run.instructions, run.hop_instructions.size(),
        *std::max_element(run.hop_instructions.begin(), run.hop_instructions.end()), run.longest_push);
  print_prediction(*model.target, run, options);
  fmt::print("{}", describe(o, cost, 13));
  fmt::print("{}", describe(model, o, sizes));
  return 0;
}

Json pareto_json(const ModelOptions& o, const ParetoFront& front) {
  Json j{{"model", o.path}, {"target", o.target}, {"measured", front.measured}, {"whole", front.is_whole}};
  add_feed(j, o, nullptr);
  j["points"] = Json::array();
  for (const ParetoPoint& p : front.points)
    j["points"].push_back({{"options", describe_budgets(p.options)},
                           {"arena_bytes", p.arena_bytes},
                           {"flash_bytes", p.flash_bytes},
                           {"tables_and_weights_bytes", p.table_bytes},
                           {"instructions", p.instructions},
                           {"instructions_by_cost_table", p.predicted},
                           {"cycles", p.cycles ? Json(*p.cycles) : Json(nullptr)},
                           {"latency_ms", p.latency_ms ? Json(*p.latency_ms) : Json(nullptr)}});
  return j;
}

void print_pareto(const ModelOptions& o, const ParetoFront& front) {
  fmt::print(
      "{} on {}, {}: {}\n\n{:>3} {:>9} {:>9} {:>13} {:>12} {:>10}  options\n", o.path, o.target, describe_feed(o),
      front.measured ? "flash and instructions are measured, cycles and ms predicted"
                     : "flash and instructions are predicted by the cost table (compiler or emulator is missing); "
                       "instructions are those of ops with several kernels",
      "", "arena", "flash", "instructions", "cycles", "ms");
  for (size_t i = 0; i < front.points.size(); ++i) {
    const ParetoPoint& p = front.points[i];
    fmt::print("{:>3} {:>9} {:>9} {:>13.0f} {:>12} {:>10}  {}\n", i + 1, p.arena_bytes, p.flash_bytes, p.instructions,
               p.cycles ? fmt::format("{:.0f}", *p.cycles) : "unknown",
               p.latency_ms ? rounded(*p.latency_ms) : "unknown", describe_budgets(p.options));
  }
  fmt::print("\nany of them: mote compile {} --target {} {} OPTIONS -o FOLDER\n", o.path, o.target, describe_feed(o));
  if (!front.is_whole) fmt::print("the search ended early: there may be more; --ram and --flash narrow it\n");
}

Expected<int> pareto(const ModelOptions& given, const std::string& svg, bool json) {
  MOTE_TRY(const ModelOptions o, complete(given));
  if (lacks_target(o, "profile")) return 2;
  MOTE_TRY(const ParetoFront front, find_pareto(o));
  if (!svg.empty()) {
    const std::string picture = draw_pareto(front, make_name(o.path) + " on " + o.target);
    MOTE_TRY_STATUS(write_file(svg, picture.data(), picture.size()));
  }
  if (json) fmt::print("{}", dump(pareto_json(o, front)));
  else print_pareto(o, front);
  return 0;
}

}  // namespace

void add_profile(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "profile",
      "Measure a model on an emulated target, per op: MACs, exact instructions, RAM, flash, stack; predict cycles, and "
      "latency and energy of a board");
  auto options = std::make_shared<ModelOptions>();
  auto more = std::make_shared<ProfileOptions>();
  auto points = std::make_shared<bool>(false);
  auto points_svg = std::make_shared<std::string>();
  add_model_options(*verb, *options);
  verb->add_option("--plan-svg", more->plan_svg, "Draw the memory plan into this file");
  verb->add_flag("--no-cycles", more->no_cycles, "Only count instructions and predict nothing: faster");
  auto* flag = verb->add_flag("--pareto", *points,
                              "Show what less RAM or flash costs in time: every choice of kernels and layouts that no\n"
                              "other beats, with the options that compile it (builds and runs up to 40 of them)");
  flag->excludes("--optimize")->excludes("--plan-svg")->excludes("--no-cycles");
  verb->add_option("--svg", *points_svg, "Draw what --pareto shows into this file")->needs(flag);
  add_json(*verb, chosen);
  verb->footer(
      "Flash is that of the firmware less an empty one with the same start-up. Stack is what one inference needs,\n"
      "found by painting. Instructions are exact. Cycles, latency and energy are predictions: nominal (low to high).");
  verb->callback([&chosen, options, more, points, points_svg] {
    chosen.run = [&chosen, options, more, points, points_svg] {
      return *points ? pareto(*options, *points_svg, chosen.json) : profile(*options, *more, chosen.json);
    };
  });
}

}  // namespace mote
