// Graphs of any number of small ops, for how planning grows with it.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

// n convolutions and depthwise convolutions, one after another.
Graph long_chain(int n);

// n ops: convolutions, and additions that join the last tensor with one a few ops, or (now and then) many ops before.
Graph long_graph_with_skips(int n);

}  // namespace mote
