// Windows of one value for each tap and channel times weights: depthwise convolutions, for cores without vectors.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// The order of the members is that of arch/armv6m_channels.cpp.
struct Channels {
  const int8_t* const* tap;  // the values of each tap: one for each channel
  const int8_t* const* tap_end;
  const int8_t* w;  // [tap][channels]
  int32_t channels;
  const int32_t* start;  // what the sums begin with
  int32_t* sums;
};

// sums[c] = start[c] + sum over the taps of tap[t][c] * w[t][c], for at least four channels and one tap.
void sum_channels(const Channels& c);

}  // namespace mote
