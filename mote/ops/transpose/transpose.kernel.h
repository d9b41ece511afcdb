// Transpose: elements of any size in another order of dimensions.
//
//   out[i[perm[0]]][i[perm[1]]]... = in[i[0]][i[1]]...
#pragma once
#include "mote/device/nest.h"

namespace mote {

struct Transpose {
  int32_t loops;                      // of the table; they go through an output row, steps in bytes
  int32_t run;                        // bytes that stay together
  int32_t in_split, in_high, in_low;  // where output row s begins in the input, in bytes (see RowSplit)
};
static_assert(sizeof(Transpose) == 5 * 4);

// Table: Loop loops[].
void transpose_bytes(const KernelArgs& args);

}  // namespace mote
