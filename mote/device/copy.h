// Bytes moved as they are.
#pragma once
#include "mote/device/rows.h"

namespace mote {

// Returns the byte after the last one written. `to` and `from` may overlap.
MOTE_INLINE uint8_t* move_bytes(uint8_t* to, const uint8_t* from, int32_t bytes) {
  __builtin_memmove(to, from, static_cast<size_t>(bytes));
  return to + bytes;
}

MOTE_INLINE uint8_t* fill_bytes(uint8_t* to, uint8_t value, int32_t bytes) {
  __builtin_memset(to, value, static_cast<size_t>(bytes));
  return to + bytes;
}

}  // namespace mote
