// How squared distances stand in a graph (the formula: distances.kernel.h). Operands:
//
//   0  x        int8 or int16 [..., n]: each vector along the last dimension is dealt with by itself
//   1  centres  int16 [centres][n], as x is quantised
//   2  scales   int32 [centres or 1][n] (diagonal) or [centres or 1][n * (n + 1) / 2] (lower triangular, row by row)
//   3  offsets  int32 [centres], in steps of the output; may be absent
//
// The output is int32, of x's shape with `centres` (`least`: 1) as its last dimension.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct DistancesAttrs {
  bool least = false;  // only the least distance
  int32_t shift = 0, out_shift = 0;
};

}  // namespace mote
