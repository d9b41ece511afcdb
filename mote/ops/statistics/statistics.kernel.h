// Statistics of an axis of a window: its moments, extremes, crossings, peaks and percentiles.
//
// Roots and quotients are those of device/real.h. Skewness and kurtosis are made from differences to the mean that are
// scaled down, and rounded, to so few bits (and a sign) that sums of their fourth powers fit 64: 14 for 128 samples, 12
// for 32768.
#pragma once
#include "mote/device/rows.h"

namespace mote {

enum StatisticsFeature : uint16_t {
  kMean,
  kMinimum,
  kMaximum,
  kRms,
  kDeviation,
  kSkewness,
  kKurtosis,
  kZeroCrossings,
  kPeaks,
  kPercentile,  // + p
};

struct Statistics {
  int32_t n;  // samples of an axis, at most 32768
  int32_t axes;
  int32_t features;
  int32_t sorts;  // 1: there are percentiles
  int32_t bits;   // of differences, at most 15: n 2^(4 bits) <= 2^63
};
static_assert(sizeof(Statistics) == 5 * 4);

// int16 in (whole) and out; part p makes the features of axis p. Table: uint16_t features[]. Scratch, if it sorts:
// int16_t[n].
void statistics_s16(const KernelArgs& args);

}  // namespace mote
