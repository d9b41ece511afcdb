// The reciprocal of TFLite's fixed-point softmax and logistic.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// 1 / (1 + x), x from 0 to below 1, both Q0.31: three Newton steps on y = 1 / h, h = (1 + x) / 2, y in Q2.29, from the
// start 48/17 - 32/17 h, whose error is at most 1/17.
MOTE_INLINE int32_t reciprocal_of_one_plus(int32_t x) {
  const int32_t half = (x >> 1) + (int32_t{1} << 30);
  int32_t y = 1515870810 + high_mul(-1010580540, half);
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = (int32_t{1} << 29) - high_mul(half, y);
    y += high_mul(error, y) * 4;
  }
  return y < int32_t{1} << 30 ? y * 2 : INT32_MAX;  // y / 2, as Q0.31
}

}  // namespace mote
