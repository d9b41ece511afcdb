#include "mote/cli/hop_cost.h"

#include <fmt/core.h>

#include <numeric>

namespace mote {
namespace {

constexpr size_t kHops = 3;  // after the first window

// A window and some hops, with the pattern of the self-test.
Bytes make_samples(const CompiledModel& model) {
  const Bytes window = self_test_inputs(model.original)[0];
  Bytes samples(2 * (static_cast<size_t>(model.decision->window) + kHops * static_cast<size_t>(model.decision->hop)));
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = window[i % window.size()];
  return samples;
}

Expected<BuiltFirmware> build(const CompiledModel& model, bool with_recorder) {
  FirmwareOptions options = model.made_with;
  if (!with_recorder) options.decision->recorder.reset();
  return build_firmware(model.plan, make_firmware(model.plan, options), *model.target);
}

Expected<uint64_t> measure_pushes(const CompiledModel& model, const BuiltFirmware& built, const Bytes& samples) {
  MOTE_TRY(const DecisionsRun run, run_decisions(built, *model.target, samples, true));
  if (run.hop_instructions.size() != kHops + 1)
    return internal_error(fmt::format("{} decisions were made of {}", run.hop_instructions.size(), kHops + 1));
  return std::accumulate(run.hop_instructions.begin() + 1, run.hop_instructions.end(), uint64_t{0}) / kHops;
}

Expected<uint64_t> measure_model(const CompiledModel& model, const BuiltFirmware& built, const Bytes& samples) {
  const bool slides = model.plan.stream.hop > 0;
  Bytes input = samples;
  if (!slides) input.resize(2 * static_cast<size_t>(model.decision->window));
  MOTE_TRY(const FirmwareRun run, run_firmware(model.plan, built, *model.target, {{input}}));
  return slides ? mean_hop(run) : run.instructions;
}

}  // namespace

Expected<HopCost> measure_hop_cost(const CompiledModel& model) {
  MOTE_ASSERT(model.decision && model.target);
  MOTE_TRY(const std::string emulator, emulator_version(*model.target));
  const Bytes samples = make_samples(model);
  MOTE_TRY(const BuiltFirmware plain, build(model, false));
  HopCost cost;
  MOTE_TRY(cost.model, measure_model(model, plain, samples));
  MOTE_TRY(const uint64_t pushes, measure_pushes(model, plain, samples));
  cost.decision = pushes - cost.model;
  cost.measured_by = fmt::format("{} {}, {}", plain.compiler, model.firmware.compile_flag, emulator);
  if (!model.decision->recorder) return cost;
  MOTE_TRY(const BuiltFirmware kept, build(model, true));
  MOTE_TRY(const uint64_t with_recorder, measure_pushes(model, kept, samples));
  cost.recorder = with_recorder - pushes;
  return cost;
}

Json to_json(const HopCost& cost) {
  return {{"model", cost.model}, {"decision", cost.decision}, {"recorder", cost.recorder}};
}

std::string describe(const HopCost& cost) {
  return fmt::format("a hop     {} instructions for the model, {} for samples and decision, {} for the recorder ({})\n",
                     cost.model, cost.decision, cost.recorder, cost.measured_by);
}

}  // namespace mote
