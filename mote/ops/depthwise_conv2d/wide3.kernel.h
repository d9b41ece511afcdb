// Depthwise windows of three by three taps over values that are already int16: the pixels of a row.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// How the sums of four channels become outputs. Weights and biases are doubled, so sums are twice the true ones: that
// is what the high half of a product wants.
struct Wide3Quant {
  int32_t bias[4];
  struct {
    int32_t multiplier;
    int32_t shift;  // to the right, less one
    int32_t round;  // (2 * zero point + 1) << shift
  } channel[4];
};

// Rows of two words for each column, group after group of four channels: a word has the first and third channel, the
// next one the second and fourth. The order of the members is that of wide3_armv7em.kernel.cpp.
struct Wide3 {
  const uint32_t* x[3];  // the rows
  const uint32_t* w;     // two words for each tap, row by row, group by group
  const Wide3Quant* q;   // by group
  int8_t* out;           // the first group's channels of the first pixel
  int32_t out_c;         // from one pixel to the next
  int32_t pairs;         // pairs of pixels whose windows are one column apart; then
  int32_t single;        // pixels
  int32_t step;          // whose windows are `step` bytes apart
  int32_t groups;        // not 0
  int32_t x_gap;         // bytes from where the window of the next pixel would be to the next group
  int32_t out_gap;       // bytes from the next pixel's outputs to the next group's
};

void wide3(const Wide3& d);

}  // namespace mote
