// Bits of a model's numbers that flip in flash: what radiation, age or a bad write does to what was learned.
//
// Numbers are the constants that ops read (weights, biases, thresholds, values of leaves, centres, scales, ...), of any
// type, in as many bits as flash holds of them; OpDef::numbers says which. Bits of structure stay: where a tree's
// children are, which feature it looks at, labels. Damaged, they crash the firmware or are found by its checks, and no
// accuracy tells about that. So do numbers whose op refuses them, because its sums could then leave their accumulator.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

// All bits of the numbers that ops from `first_op` on read; a constant that several ops read counts once.
int64_t count_number_bits(const Graph& graph, size_t first_op);

// Each of these bits is another one with the chance `share`, unless the graph would be invalid; how many were flipped.
// The graph has to be valid, and is so afterwards.
size_t flip_bits(Graph& graph, size_t first_op, double share, Rng& rng);

}  // namespace mote
