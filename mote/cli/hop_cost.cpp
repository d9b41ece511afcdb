#include "mote/cli/hop_cost.h"

#include <fmt/core.h>

#include <numeric>

namespace mote {
namespace {

constexpr size_t kHops = 3;  // after the first window

// A window and some hops, with the pattern of the self-test.
Bytes make_samples(const CompiledModel& model) {
  const Bytes window = self_test_inputs(model.original)[0];
  const DecisionPlan& d = *model.decision;
  Bytes samples(static_cast<size_t>(bytes_of(d.samples)) *
                (static_cast<size_t>(d.window) + kHops * static_cast<size_t>(d.hop)));
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = window[i % window.size()];
  return samples;
}

Expected<BuiltFirmware> build(const CompiledModel& model, bool with_recorder) {
  FirmwareOptions options = model.made_with;
  if (!with_recorder) options.decision->recorder.reset();
  return build_firmware(model.plan, make_firmware(model.plan, options), *model.target);
}

Expected<uint64_t> measure_pushes(const CompiledModel& model, const BuiltFirmware& built, const Bytes& samples) {
  MOTE_TRY(const DecisionsRun run, run_decisions(built, *model.target, samples, model.decision->samples, true));
  if (run.hop_instructions.size() != kHops + 1)
    return internal_error(fmt::format("{} decisions were made of {}", run.hop_instructions.size(), kHops + 1));
  return std::accumulate(run.hop_instructions.begin() + 1, run.hop_instructions.end(), uint64_t{0}) / kHops;
}

Expected<uint64_t> measure_model(const CompiledModel& model, const BuiltFirmware& built, const Bytes& samples) {
  const bool slides = model.plan.stream.hop > 0;
  Bytes input = samples;
  if (!slides)
    input.resize(static_cast<size_t>(bytes_of(model.decision->samples)) * static_cast<size_t>(model.decision->window));
  MOTE_TRY(const FirmwareRun run, run_firmware(model.plan, built, *model.target, {{input}}));
  return slides ? mean_hop(run) : run.instructions;
}

// Adds what samples, decision and recorder take.
Status measure_decision_cost(const CompiledModel& model, HopCost& cost) {
  const Bytes samples = make_samples(model);
  MOTE_TRY(const BuiltFirmware plain, build(model, false));
  MOTE_TRY(const uint64_t alone, measure_model(model, plain, samples));
  MOTE_TRY(const uint64_t pushes, measure_pushes(model, plain, samples));
  cost.decision = pushes - alone;
  if (!model.decision->recorder) return {};
  MOTE_TRY(const BuiltFirmware kept, build(model, true));
  MOTE_TRY(const uint64_t with_recorder, measure_pushes(model, kept, samples));
  cost.recorder = with_recorder - pushes;
  return {};
}

}  // namespace

InferenceCost cost_per_decision(const FirmwareRun& run) {
  if (run.hop_instructions.empty()) return {run.prediction, run.instructions};
  return {run.hop_prediction, mean_hop(run)};
}

Expected<HopCost> measure_hop_cost(const CompiledModel& model, const FirmwareRun& run) {
  MOTE_ASSERT(model.target);
  MOTE_TRY(const std::string compiler, compiler_version(*model.target));
  const auto& [prediction, instructions] = cost_per_decision(run);
  HopCost cost;
  cost.model = instructions;
  cost.measured_by = fmt::format("{}, {} {}", run.counter, compiler, model.firmware.compile_flag);
  if (model.decision) MOTE_TRY_STATUS(measure_decision_cost(model, cost));
  if (!prediction || !prediction->latency_ms || instructions == 0) return cost;
  // What is not the model is taken to need as many cycles an instruction.
  const double scale = static_cast<double>(cost.total()) / static_cast<double>(instructions);
  const Interval& alone = *prediction->latency_ms;
  cost.latency_ms = Interval{scale * alone.low, scale * alone.nominal, scale * alone.high};
  return cost;
}

std::optional<double> duty_cycle(const ModelOptions& o, const HopCost& cost) {
  return cost.latency_ms && o.hop_ms > 0 ? std::optional(cost.latency_ms->nominal / o.hop_ms) : std::nullopt;
}

Status check_real_time(const ModelOptions& o, const HopCost& cost) {
  if (!cost.latency_ms || o.latency_ms <= 0 || cost.latency_ms->nominal <= o.latency_ms) return {};
  return Error{Code::does_not_fit,
               fmt::format("a decision is predicted to take {:.3g} ms ({:.3g} to {:.3g}); the project allows {:.6g} ms",
                           cost.latency_ms->nominal, cost.latency_ms->low, cost.latency_ms->high, o.latency_ms),
               o.path};
}

Json to_json(const ModelOptions& o, const HopCost& cost) {
  Json j{{"model", cost.model}, {"decision", cost.decision}, {"recorder", cost.recorder}, {"total", cost.total()}};
  if (const auto duty = duty_cycle(o, cost)) j["duty_cycle"] = *duty;
  return j;
}

std::string describe(const ModelOptions& o, const HopCost& cost, int width) {
  std::string text;
  if (cost.decision)
    text = fmt::format("{:<{}}{} instructions for the model, {} for samples and decision, {} for the recorder\n",
                       "a hop", width, cost.model, cost.decision, cost.recorder);
  if (const auto duty = duty_cycle(o, cost))
    text += fmt::format("{:<{}}{:.3g} % of {:.6g} ms between decisions\n", "duty cycle", width, 100 * *duty, o.hop_ms);
  return text;
}

}  // namespace mote
