// Concatenation, any type.
//
//   out = in0, in1, ... one after another along one dimension
#pragma once
#include "mote/device/rows.h"

namespace mote {

// Along a dimension of rows: an output row is an input row.
struct ConcatRows {
  int32_t bytes;
};
static_assert(sizeof(ConcatRows) == 1 * 4);

void concat_rows(const KernelArgs& args);

// Within rows: `turns` times a piece of each input. Table: int32_t bytes[inputs].
struct ConcatPieces {
  int32_t inputs, turns;
};
static_assert(sizeof(ConcatPieces) == 2 * 4);

void concat_pieces(const KernelArgs& args);

}  // namespace mote
