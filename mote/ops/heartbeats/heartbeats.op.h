// Heartbeats in an electrocardiogram, and how the time from one to the next varies.
//
// A beat is a sample whose size is the greatest (the first of equals) within the refractory time on both sides, and at
// least half of the reference: the lower median of the greatest sizes in each whole second, or the greatest of all in a
// window of less than a second.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct HeartbeatsAttrs {
  double rate_hz = 0;
  double refractory = 0.25;  // s
};

// The features of the intervals d[0] .. d[k-1] from beat to beat:
//   rate (beats per minute), mean, deviation (SDNN), root of the mean square of d[j+1] - d[j] (RMSSD), and the part of
//   these differences whose size is above 50 ms (pNN50)
// 0 where there are not enough intervals.
constexpr int32_t kHeartbeatFeatures = 5;

// Their scales: 1/128 per minute; for the mean and the two deviations the period of the samples by the largest power of
// two with which 2 s (the mean) and 1 s fit; 1/16384.
Quant heartbeats_quant(const HeartbeatsAttrs& attrs);

// int16 [1, rows, samples of a row] of one axis, band-passed, to int16 [1, 1, 1, features].
Op make_heartbeats(HeartbeatsAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
