// Nested loops over the dimensions of an array, as many as a table says.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Loop {
  int32_t size;
  int32_t in, out;  // how far one turn moves in the input and in the output
};

constexpr int32_t kMaxLoops = 8;

// Calls visit(in, out) with the offsets of every combination of turns, the last loop being the innermost.
template <class Visit>
MOTE_INLINE void walk(const Loop* loops, int32_t count, Visit visit) {
  int32_t turn[kMaxLoops] = {};
  int32_t in = 0, out = 0;
  for (;;) {
    visit(in, out);
    int32_t i = count - 1;
    for (; i >= 0; --i) {
      in += loops[i].in, out += loops[i].out;
      if (++turn[i] < loops[i].size) break;
      in -= loops[i].size * loops[i].in, out -= loops[i].size * loops[i].out;
      turn[i] = 0;
    }
    if (i < 0) return;
  }
}

// A row's number as two, high * split + low, and the offset that these give.
struct RowSplit {
  int32_t split, high, low;
};
MOTE_INLINE int32_t offset_of_row(RowSplit s, int32_t row) {
  const int32_t high = row / s.split;
  return high * s.high + (row - high * s.split) * s.low;
}

}  // namespace mote
