// The decision of a project: [decision] as the parameters of mote/device/decide.h, for the scores of a model.
#pragma once
#include "mote/compiler/ir/decision.h"
#include "mote/project/project.h"

namespace mote {

// Whether [decision] asks for one.
bool has_decision(const Project& project);

// Which score is no class but a distance from all that was learned, by its name: [decision] distance, or that of
// [learn] distance; empty: none is.
std::string distance_score(const Project& project);

// Farther away than this is unknown, in the unit of the scores; 0: nothing says so.
double distance_limit(const Project& project);

// Refuses a first output of which nothing can be decided: it has to be int8 scores with one scale.
Status check_scores(const Graph& graph);

// What is decided of the first output of `graph`, which is the project's with its labels, and of how many samples; what
// is remembered of it.
Expected<DecisionPlan> plan_decision(const Project& project, const Graph& graph);

// The same where [decision] asks for one. Refuses a [recorder] that has nothing to remember.
Expected<std::optional<DecisionPlan>> find_decision(const Project& project, const Graph& graph);

}  // namespace mote
