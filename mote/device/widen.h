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

// The order of the members is that of arch/armv7em_pairs.cpp.
struct WidenFour {
  const int8_t* x[4];
  uint32_t* to;
  uint32_t offset;  // -zero point, twice
  uint32_t* end;
};
// Whole fours of values of four pixels: word i of pixel p goes to to[4 * i + p].
void widen_fours(const WidenFour& w);

// The words of n values of four pixels.
MOTE_INLINE uint32_t* widen_four(const int8_t* const x[4], int32_t n, int32_t zero, uint32_t* to) {
  const int32_t fours = n & ~3;
  uint32_t* end = to + 2 * fours;
  if (fours > 0) widen_fours({{x[0], x[1], x[2], x[3]}, to, ThisArch::pair(-zero), end});
  if (fours == n) return end;
  if (n - fours == 1) {
    for (int i = 0; i < 4; ++i) end[i] = static_cast<uint32_t>(x[i][fours] - zero) & 0xFFFF;
    return end + 4;
  }
  uint32_t* next = end;
  for (int i = 0; i < 4; ++i) next = widen_last(x[i] + fours, n - fours, zero, end + i, 4);
  return next - 3;
}

}  // namespace mote
