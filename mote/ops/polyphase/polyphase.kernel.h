// Samples at another rate, by a fraction: up / down.
//
//   y[m] = clamp(floor((sum_k taps[phase(m)][k] x[first(m) + k] + 2^(bits - 1)) / 2^bits), -32768, 32767)
//
// Output m lies at m down on a grid with `up` places a sample, and its filter begins `half` places before: first(m) is
// the first sample from there on, phase(m) by how many places it lies behind. A row is a multiple of `down` samples, so
// that this is the same in each. Samples before the first row and behind the last one are like the nearest.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Polyphase {
  int32_t taps;          // of a phase
  int32_t bits;          // fractional ones, of a tap
  int32_t up;            // how many phases there are
  int32_t step, rest;    // down = step * up + rest, rest < up
  int32_t first, phase;  // of output 0, counted from the first sample of a window
  int32_t axes;
  int32_t row;     // samples of an axis in an input row
  int32_t made;    // and in an output row
  int32_t before;  // rows of a window before the one that output 0 lies in
  int32_t rows;    // of a window
};
static_assert(sizeof(Polyphase) == 12 * 4);

// int16 in and out. Table: int16_t taps[up][taps]; the sizes of those of a phase add up to 65534 at most.
void polyphase_s16(const KernelArgs& args);

}  // namespace mote
