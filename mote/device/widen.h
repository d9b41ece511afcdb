// Values of rows as pairs of int16, value - zero point, in the order of pairs.h.
#pragma once
#include "mote/device/arch/this_arch.h"

namespace mote {

// Writes the words of n values, `kStride` words apart; where the next one belongs is returned.
template <int kStride>
MOTE_INLINE uint32_t* widen_values(const int8_t* x, int32_t n, int32_t zero, uint32_t* to) {
  const uint32_t offset = ThisArch::pair(-zero);
  for (; n >= 4; n -= 4, x += 4, to += 2 * kStride) {
    const uint32_t four = ThisArch::load(x);
    to[0] = ThisArch::even_plus(offset, four);
    to[kStride] = ThisArch::odd_plus(offset, four);
  }
  for (; n > 0; n -= 2, x += 2, to += kStride) {
    const int32_t second = n > 1 ? x[1] - zero : 0;
    *to = (static_cast<uint32_t>(x[0] - zero) & 0xFFFF) | static_cast<uint32_t>(second) << 16;
  }
  return to;
}

// The words of n values that are missing: zeros.
template <int kStride>
MOTE_INLINE uint32_t* widen_nothing(int32_t words, uint32_t* to) {
  for (; words > 0; --words, to += kStride) *to = 0;
  return to;
}

}  // namespace mote
