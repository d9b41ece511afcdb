// Heartbeats, and the statistics of the intervals d[0] .. d[k-1] from one to the next.
//
//   rate       128 * 60 samples_per_second k / sum d         mean   2^mean_bits sum d / k
//   deviation  2^bits sqrt(k sum d^2 - (sum d)^2) / k        rmssd  2^bits sqrt(sum (d[j+1] - d[j])^2 / (k - 1))
//   pnn50      2^14 count(|d[j+1] - d[j]| > longer) / (k - 1)
//
// rounded to the nearest by device/real.h. What a beat is: see heartbeats.op.h.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Heartbeats {
  int32_t n;           // samples, at most 32768
  int32_t second;      // samples of a second
  int32_t refractory;  // samples on each side of a beat
  int32_t longer;      // a difference of intervals above this counts for pnn50
  int32_t rate;        // 128 * 60 samples per second
  int32_t mean_bits, bits;
};
static_assert(sizeof(Heartbeats) == 7 * 4);

// int16 in (whole) and out. Scratch: uint16_t[n / second].
void heartbeats_s16(const KernelArgs& args);

}  // namespace mote
