// How a linear map stands in a graph (the formula: linear.kernel.h). Operands:
//
//   0  x        int8 or int16 [..., n]: each vector along the last dimension is dealt with by itself
//   1  weights  int32 [outputs][n], in 2^-shift steps of the output for a step of x
//   2  bias     int32 [outputs], in 2^-8 steps of the output; holds what x's zero point adds
//
// The output is int8, int16 or int32 (without a zero point), of x's shape with `outputs` as its last dimension.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct LinearAttrs {
  int32_t shift = 8;  // 8 to 40
};

}  // namespace mote
