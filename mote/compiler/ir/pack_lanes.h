// Weights and biases in the form of device/lanes.h.
#pragma once
#include <vector>

#include "mote/compiler/ir/pack_pairs.h"

namespace mote {

// Words of the values of a window.
int32_t lane_window_words(const PairWeights& w);

// Whether lanes.h is exact for these weights, and there are at least two outputs.
bool fits_lanes(const PairWeights& w);

// The tables "weights" and "start". fits_lanes has to hold.
std::vector<Table> pack_lanes(const PairWeights& w);

}  // namespace mote
