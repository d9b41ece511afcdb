// How votes of the k nearest stand in a graph. Operands: 0  distances, int32 [..., n]; 1  labels, int32 [n], constant,
// from 0 to classes - 1. The output is int8, of the shape of the distances with `classes` as its last dimension: how
// many of the k least distances have each label, of equal distances the first.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct NearestAttrs {
  int32_t k = 1;  // at most 127
  int32_t classes = 1;
};

}  // namespace mote
