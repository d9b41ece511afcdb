// Statistics of a window of samples, axis by axis.
//
// Input: samples, int16 [1, rows, samples of a row * axes], x[0] .. x[n-1] of each axis; output: int16
// [1, 1, axes, features], each feature with a scale of its own (statistics_quant).
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct StatisticsAttrs {
  enum Feature : uint16_t {
    mean,
    minimum,
    maximum,
    rms,             // sqrt(mean of x^2)
    deviation,       // sqrt(mean of (x - mean)^2)
    skewness,        // mean of (x - mean)^3 / deviation^3; 0 where that is 0
    kurtosis,        // mean of (x - mean)^4 / deviation^4 - 3; -3 where that is 0
    zero_crossings,  // how often a negative and another sample follow one another
    peaks,           // how many samples, or runs of equal ones, are above both neighbours and not below the mean
    percentile,  // percentile + p, p from 0 to 100: x sorted, at (n - 1) p / 100, on a straight line between samples
  };
  std::vector<uint16_t> features;  // as Feature
  int32_t axes = 1;
};

// The scales of these features of samples with the scale of `samples`: theirs; 1 for what is counted; 1/4096 for
// skewness and 1/1024 for kurtosis, which saturate at 8 and 32.
Quant statistics_quant(const StatisticsAttrs& attrs, const Quant& samples);

Op make_statistics(StatisticsAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
