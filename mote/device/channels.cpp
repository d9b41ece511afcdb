#include "mote/device/channels.h"

#include "mote/device/arch/this_arch.h"

#ifndef MOTE_ARMV6M  // arch/armv6m_channels.cpp has its own
namespace mote {

void sum_channels(const Channels& all) {
  const Channels a = all;
  for (int32_t c = 0; c < a.channels; c += 4) {
    if (c > a.channels - 4) c = a.channels - 4;  // the last four overlap those before where they have to
    const int32_t* start = a.start + c;
    int32_t s0 = start[0], s1 = start[1], s2 = start[2], s3 = start[3];
    const int8_t* w = a.w + c;
    for (const int8_t* const* tap = a.tap; tap != a.tap_end; ++tap, w += a.channels) {
      const int8_t* x = *tap + c;
      s0 = wrapping_add(s0, x[0] * w[0]);
      s1 = wrapping_add(s1, x[1] * w[1]);
      s2 = wrapping_add(s2, x[2] * w[2]);
      s3 = wrapping_add(s3, x[3] * w[3]);
    }
    int32_t* sums = a.sums + c;
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
  }
}

}  // namespace mote
#endif
