// Values of rows as pairs of int16, value - zero point, in the order of pairs.h.
#pragma once
#include "mote/device/arch/this_arch.h"

namespace mote {

// The last n < 4 of a run's values: one or two words, `stride` apart.
MOTE_INLINE uint32_t* widen_last(const int8_t* x, int32_t n, int32_t zero, uint32_t* to, int32_t stride) {
  for (; n > 0; n -= 2, x += 2, to += stride) {
    const int32_t second = n > 1 ? x[1] - zero : 0;
    *to = (static_cast<uint32_t>(x[0] - zero) & 0xFFFF) | static_cast<uint32_t>(second) << 16;
  }
  return to;
}

// The words of n values, one after another; where the next one belongs is returned.
MOTE_INLINE uint32_t* widen_one(const int8_t* x, int32_t n, int32_t zero, uint32_t* to) {
  const uint32_t offset = ThisArch::pair(-zero);
  for (; n >= 4; n -= 4, x += 4, to += 2) {
    const uint32_t four = ThisArch::load(x);
    to[0] = ThisArch::even_plus(offset, four);
    to[1] = ThisArch::odd_plus(offset, four);
  }
  return widen_last(x, n, zero, to, 1);
}

// Runs of four windows: word i of window p goes to to[4 * i + p], run after run. The order of the members is that of
// arch/armv7em_pairs.cpp.
struct WidenFour {
  uint32_t* to;
  uint32_t offset;             // -zero point, twice
  const uint8_t* const* rows;  // a run from each of them; null: words of zeros
  const uint8_t* const* rows_end;
  int32_t at;          // where in its row the first window begins
  int32_t step;        // bytes from one window to the next
  int32_t fours;       // bytes of the words of a run's whole fours of values
  int32_t rest;        // values after them
  const int8_t* x[4];  // if there are no rows: one run of each window
};
void widen_four(const WidenFour& w);

}  // namespace mote
