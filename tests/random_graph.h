// Random valid graphs of several ops: chains with branches, joins, pads, reshapes and more than one output.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/graph.h"

namespace mote {

// From 2 to about 14 ops on one int8 image (now and then two, or a vector).
Graph random_graph(Rng& rng);

// Changes weights and biases of convolutions and dense layers so that many channels are constant (at the zero point,
// saturated, or at any value), never read, or sums that wrap.
void plant_dead_channels(Graph& graph, Rng& rng);

}  // namespace mote
