// One model through the compiler, and what is wrong with how that went.
#pragma once
#include <span>
#include <string>

#include "mote/compiler/base/bytes.h"

namespace mote::fuzz {

enum class Reached { nothing, verified, imported, planner, planned, run };

struct Outcome {
  Reached reached = Reached::nothing;  // the last stage that accepted the model
  bool emitted = false;
  std::string refusal;  // what the compiler says against the model
  std::string fault;    // what is wrong with the compiler; empty: nothing
  double seconds = 0;   // CPU time of the compiler itself: import, passes, plan, emission
};

// Import, passes and plan, always; firmware and a comparison of plan and definition on made-up inputs for a share of
// the models that get so far, by `choice`, or (`all`) for each. Models too large to evaluate in a moment are not run.
Outcome check_model(std::span<const uint8_t> bytes, uint64_t choice, bool all = false);

}  // namespace mote::fuzz
