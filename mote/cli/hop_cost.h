// What a decision and a recorder cost, measured in the emulator.
#pragma once
#include "mote/cli/model.h"

namespace mote {

// Instructions of a hop that is not the first: those of the model, those for samples and decision, those of the
// recorder.
struct HopCost {
  uint64_t model = 0, decision = 0, recorder = 0;
  std::string measured_by;  // "plugin, arm-none-eabi-g++ 12.2.1"
};

// Of a model that decides. Builds its firmware twice where there is a recorder: with it and without.
Expected<HopCost> measure_hop_cost(const CompiledModel& model);

Json to_json(const HopCost& cost);
std::string describe(const HopCost& cost);

}  // namespace mote
