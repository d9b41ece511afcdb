// Inputs made up to test a model with.
#pragma once
#include <vector>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/graph.h"

namespace mote {

enum class InputKind {
  random,      // every value equally likely
  minimum,     // all at the lowest value
  maximum,     // all at the highest
  saturating,  // lowest and highest in random turns: sums reach their bounds
};

// Bytes for every input of the graph. Floats are drawn from the range that the QUANTIZE behind them can tell apart, or
// beyond it.
std::vector<Bytes> make_inputs(const Graph& graph, Rng& rng, InputKind kind);

// The i-th of a series that starts with minimum, maximum and saturating, then goes on at random.
std::vector<Bytes> make_inputs_in_turn(const Graph& graph, Rng& rng, int i);

}  // namespace mote
