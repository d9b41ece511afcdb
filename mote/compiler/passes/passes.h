// Rewrites of a graph. Each one keeps every output byte for every input; run_passes can hold them to it.
#pragma once
#include "mote/compiler/ir/channels.h"
#include "mote/compiler/ir/graph.h"

namespace mote {

// Ops whose operands are all constants become constants.
Status fold_constants(Graph& graph);

// Changes of shape vanish: readers that do not care read the original, inputs and outputs of the model take the other
// shape, and what remains moves behind ops that treat each vector by itself, towards the outputs.
//   input [1,1960] -> RESHAPE [1,49,40,1] -> CONV_2D   becomes   input [1,49,40,1] -> CONV_2D
Status absorb_reshapes(Graph& graph);

// A clamp of its own (RELU, MINIMUM with a constant) becomes the clamp that ends the op before it.
Status fuse_clamp(Graph& graph);

// A padding with the zero point becomes the padding of the windows that read it.
Status fuse_pad(Graph& graph);

// Removes work that provably cannot matter: channels whose values are one constant for every input, or that nothing
// reads, ops whose output is their input, and ops on constants. Each removal leaves its proof in Graph::proofs, and
// Tensor::kept says which channels are left.
Status prove_ranges(Graph& graph);

// What prove_ranges goes by: the range of each channel of every 8-bit tensor, by id; empty for other tensors.
std::vector<Ranges> find_ranges(const Graph& graph);

// Drops ops whose outputs nobody reads.
Status remove_unused(Graph& graph);

struct PassOptions {
  bool check = false;  // evaluate the graph before and after each pass on random and extreme inputs, and compare
};

// All passes, in order.
Status run_passes(Graph& graph, const PassOptions& options);

}  // namespace mote
