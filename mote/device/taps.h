// The taps of a window that lie inside the image; along each axis they are neighbours.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Taps {
  int32_t begin, end;
};

// Of `size` columns from `first` on, `step` apart, those inside [0, width).
MOTE_INLINE Taps taps_inside(int32_t first, int32_t size, int32_t step, int32_t width) {
  Taps t{0, size};
  while (t.begin < t.end && first + t.begin * step < 0) ++t.begin;
  while (t.end > t.begin && first + (t.end - 1) * step >= width) --t.end;
  return t;
}

// Of `size` rows, `step` pointers apart, those that are there.
MOTE_INLINE Taps taps_present(const uint8_t* const* rows, int32_t size, int32_t step) {
  Taps t{0, size};
  while (t.begin < t.end && !rows[t.begin * step]) ++t.begin;
  while (t.end > t.begin && !rows[(t.end - 1) * step]) --t.end;
  return t;
}

}  // namespace mote
