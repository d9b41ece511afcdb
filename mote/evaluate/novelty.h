// Whether a model knows what it does not know: distances of windows of what it has learned, and of what it has not.
#pragma once
#include <set>

#include "mote/evaluate/results.h"

namespace mote {

// Of windows whose distance is known. A window is new where its label is no class of the model, and called unknown
// where its distance is above the limit, before any smoothing.
struct Novelty {
  size_t windows = 0, called_unknown = 0;              // new ones
  size_t known_windows = 0, known_called_unknown = 0;  // of the model's classes
  double auc = NAN;                                    // a new one is farther away than a known one
  std::set<std::string> labels;                        // of the new ones
};
Novelty judge_novelty(const Results& results, double limit);

}  // namespace mote
