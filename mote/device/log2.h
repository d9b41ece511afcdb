// Logarithm and square root in integers.
#pragma once
#include "mote/device/rows.h"

namespace mote {

constexpr int32_t kLog2Steps = 64;

// log2 of m * 2^e for m from 2^31 to 2^32 - 1, with 16 fractional bits, rounded down. The table has
// round(2^16 log2(1 + i / 64)) mod 2^16, i = 0 .. 64; between its entries a straight line is at most 4.5e-5 too low.
MOTE_INLINE int32_t log2_q16(uint32_t m, int32_t e, const uint16_t* table) {
  const uint32_t i = (m >> 25) & (kLog2Steps - 1), rest = (m >> 9) & 0xFFFF;
  const auto step = static_cast<uint16_t>(table[i + 1] - table[i]);
  return ((e + 31) << 16) + static_cast<int32_t>(table[i] + (step * rest >> 16));
}

// floor(sqrt(x)).
MOTE_INLINE uint32_t square_root(uint32_t x) {
  uint32_t root = 0;
  for (uint32_t bit = uint32_t{1} << 30; bit; bit >>= 2) {
    const uint32_t trial = root + bit;
    root >>= 1;
    if (x >= trial) x -= trial, root += bit;
  }
  return root;
}

}  // namespace mote
