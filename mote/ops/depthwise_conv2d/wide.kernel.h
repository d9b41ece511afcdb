// Depthwise windows, four channels at a time.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// wide3 takes two channels of each group of four, the first and third or the other two, and what it needs to know of
// them from a stream of words. Biases and int16 weights are twice the true ones: sums have to be, as the high half of a
// product wants them. Shifts are to the right, less one, and a byte.
//
// Weights as int16: for each group both biases, the weights of each tap, both multipliers, both shifts. Weights as
// bytes: for each group four biases, four weights of each tap, four multipliers, four shifts.
constexpr int32_t kWideTaps = 9;
constexpr int32_t kWideHalfWords = 2 + kWideTaps + 2 + 1, kWideBytesWords = 4 + kWideTaps + 4 + 1;
constexpr int32_t wide_group_words(bool bytes) { return bytes ? kWideBytesWords : kWideHalfWords; }

// Values are already int16: rows of two words for each column, group after group of four channels: a
// word has the first and third channel, the next one the second and fourth. The order of the members is that of
// wide_armv7em.kernel.cpp.
struct Wide3 {
  const uint32_t* x[3];  // the rows, from the word on that has the channels
  const uint32_t* w;     // the stream
  int8_t* out;           // the first channel of the first pixel; the other one lies two bytes further on
  int32_t out_c;         // from one pixel to the next
  int32_t fours;         // times four pixels whose windows are one column apart; then
  int32_t single;        // pixels
  int32_t step;          // whose windows are `step` bytes apart
  int32_t groups;        // not 0
  int32_t x_gap;         // bytes from where the window of the next pixel would be to the next group
  int32_t out_gap;       // bytes from the next pixel's outputs to the next group's
  int32_t fours_apart;   // times four pixels whose windows are two columns apart, before `single`; no other fours
  int32_t away;          // 0: what sums below zero become does not matter, as the lower bound is the zero point
  int32_t round;         // 2 * zero point + 1
  int32_t bytes;         // whether weights are bytes
  int32_t half;          // 0: the first and third channels; 1: the others
};

// The pixels of a row, from windows of three by three taps.
void wide3(const Wide3& d);

// The values of a row that wide3 reads: groups of four channels of n columns. The order of the members is that of
// wide_armv7em.kernel.cpp.
struct WidenGroups {
  const int8_t* x;  // the first group's channels of the first column
  uint32_t* to;
  uint32_t offset;  // -zero point, twice
  int32_t c;        // bytes from one column to the next
  int32_t fours;    // bytes of the words of n / 4 * 4 columns
  int32_t rest;     // columns after them
  int32_t gap;      // bytes from the last column's words to the next group's
  int32_t groups;   // not 0
};
void widen_groups(const WidenGroups& d);

// One pixel from any window and from values as they are. The order of the members is that of wide_armv7em.kernel.cpp.
struct WideTaps {
  const int8_t* const* tap;  // where each tap's pixel is, from tap to tap_end
  const int8_t* const* tap_end;
  const int8_t* w;      // four channels of each tap, group by group
  const int32_t* bias;  // by channel
  const Requant* q;     // by channel; requantize_narrow is exact, and shifts are 22 to the right at most
  int8_t* out;
  int32_t groups;   // not 0
  int32_t round;    // 2 * zero point + 1
  uint32_t offset;  // -zero point of the input, in both halves
  int32_t channel;  // the first, counted from those that the taps point to
};
void wide_taps(const WideTaps& d);

}  // namespace mote
