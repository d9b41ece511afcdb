// What a decision of a project costs: instructions, and the share that its predicted time has of the hop.
#pragma once
#include "mote/cli/model.h"

namespace mote {

// An inference, or the hop that brings a decision about where the window slides.
struct InferenceCost {
  const std::optional<Prediction>& prediction;
  uint64_t instructions;
};
InferenceCost cost_per_decision(const FirmwareRun& run);

// Of a hop that is not the first.
struct HopCost {
  uint64_t model = 0, decision = 0,
           recorder = 0;               // instructions: the model's, for samples and decision, the recorder's
  std::optional<Interval> latency_ms;  // of all of them, where the board's clock is known
  std::string measured_by;             // "plugin, arm-none-eabi-g++ 12.2.1"
  uint64_t total() const { return model + decision + recorder; }
};

// `run` counted the model's profile_inputs(). Where the model decides, its firmware is built and run once more, and
// once more again with a recorder.
Expected<HopCost> measure_hop_cost(const CompiledModel& model, const FirmwareRun& run);

// The share of the time between two decisions that one takes; nothing where either is unknown.
std::optional<double> duty_cycle(const ModelOptions& options, const HopCost& cost);

// Refuses what a project's decisions have no time for, as far as that is known.
Status check_real_time(const ModelOptions& options, const HopCost& cost);

Json to_json(const ModelOptions& options, const HopCost& cost);

// Lines for people: instructions, and the share of the hop, after names that take `width` columns.
std::string describe(const ModelOptions& options, const HopCost& cost, int width);

}  // namespace mote
