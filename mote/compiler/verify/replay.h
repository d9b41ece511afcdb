// What a dump of a recorder says about a device, found by doing all of it again on the host.
#pragma once
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/verify/dump.h"

namespace mote {

// One hop of a dump.
struct ReplayedHop {
  uint32_t hop = 0;            // counted since the stream began; the first is 0
  Decision made = {};          // by the device
  bool has_samples = false;    // the window is there, so that the model was run again
  Decision right = {};         // what it should have decided: of the right scores where has_samples, else of those kept
  std::vector<int8_t> scores;  // the device's
  std::vector<int8_t> right_scores;  // those of the definition; empty without samples
  std::string wrong;  // empty: all that can be known of this hop is as it should be. Else what is not, where it began:
                      // "op 3 CONV_2D ...", "the scores", "the state", "the decision"
};

struct Replay {
  std::vector<ReplayedHop> hops;  // the oldest first
  bool is_right() const;
};

// `original`: the untouched model; `plan`: that of the firmware. The dump is one of this build.
Replay replay(const Graph& original, const Plan& plan, const DecisionPlan& decision, const Dump& dump);

}  // namespace mote
