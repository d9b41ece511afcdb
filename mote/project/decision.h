// The decision of a project: [decision] as the parameters of mote/device/decide.h, for the scores of a model.
#pragma once
#include "mote/compiler/ir/decision.h"
#include "mote/project/project.h"

namespace mote {

// Whether [decision] asks for one.
bool has_decision(const Project& project);

// Refuses a first output of which nothing can be decided: it has to be int8 scores with one scale.
Status check_scores(const Graph& graph);

// What is decided of the first output of `graph`, which is the project's with its labels, and of how many samples; what
// is remembered of it.
Expected<DecisionPlan> plan_decision(const Project& project, const Graph& graph);

// The same where [decision] asks for one. Refuses a [recorder] that has nothing to remember.
Expected<std::optional<DecisionPlan>> find_decision(const Project& project, const Graph& graph);

}  // namespace mote
