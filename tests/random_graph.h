// Random valid graphs of several ops: chains with branches, joins, pads, reshapes and more than one output.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/graph.h"

namespace mote {

// From 2 to about 14 ops on one int8 image (now and then two, or a vector).
Graph random_graph(Rng& rng);

}  // namespace mote
