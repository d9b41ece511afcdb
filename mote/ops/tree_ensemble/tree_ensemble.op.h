// How an ensemble of decision trees stands in a graph. Operands:
//
//   0  x       int8 or int16 [..., n]: each vector along the last dimension is dealt with by itself
//   1  nodes   int32 [nodes][4]: feature, threshold, left, right, where left and right are nodes behind this one; a
//   leaf
//              has feature -1 and its row of values as `left` (its threshold and right are not read)
//   2  roots   int32 [trees]: the trees share no node
//   3  values  int16 [rows][outputs of a tree], in 2^-shift steps of the output
//   4  base    int32 [outputs], likewise
//
// x goes to the left where x[feature] <= threshold, both as quantised. Tree t adds to group t % groups; of several
// groups each has one output. The output, int8, int16 or int32, has the shape of x with `outputs` as its last
// dimension.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct TreeEnsembleAttrs {
  int32_t groups = 1;
  int32_t shift = 0;  // at most 20
};

}  // namespace mote
