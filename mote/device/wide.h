// Sums of 64 bits and outputs whose width a parameter gives: what the ops of classic learners share.
#pragma once
#include "mote/device/rows.h"

namespace mote {

// floor((v + 2^(right - 1)) / 2^right): halves up; right from 0 to 62. |v| < 2^62.
MOTE_INLINE int64_t shift_round(int64_t v, int32_t right) { return (v + (int64_t{1} << right >> 1)) >> right; }

MOTE_INLINE int32_t clamp_wide(int64_t v, int32_t lo, int32_t hi) {
  return v < lo ? lo : v > hi ? hi : static_cast<int32_t>(v);
}

// Value i of a row of int8 (bytes 1), int16 (2) or int32 (4), which it fits.
MOTE_INLINE void store_value(uint8_t* row, int32_t i, int32_t bytes, int32_t v) {
  void* to = row + i * bytes;
  if (bytes == 1) *static_cast<int8_t*>(to) = static_cast<int8_t>(v);
  else if (bytes == 2) *static_cast<int16_t*>(to) = static_cast<int16_t>(v);
  else *static_cast<int32_t*>(to) = v;
}

}  // namespace mote
