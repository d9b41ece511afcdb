// What a decision is by the words of mote/device/decide.h: over all of the history, with no state and no arithmetic of
// the device's. And random rules and streams of scores to hold the device to it.
#pragma once
#include <vector>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/decision.h"

namespace mote {

using ScoreStream = std::vector<std::vector<int8_t>>;  // by hop, by class

std::vector<Decision> define_decisions(const DecisionRule& rule, const ScoreStream& scores);

// Every parameter is at its edges now and then.
DecisionRule random_rule(Rng& rng);

// Scores that stay near a level for a while, so that there are events, with noise, saturation and equal classes.
ScoreStream random_scores(Rng& rng, int32_t classes, size_t hops);

}  // namespace mote
