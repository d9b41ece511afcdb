// Sliding normalisation of a feature matrix along its rows, as speech front ends do it (cepstral mean and variance
// normalisation): first the means of a window are subtracted, then what remains is divided by its deviation.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct SlidingNormalizeAttrs {
  enum class By { mean, deviation };
  By by = By::mean;
  int32_t window = 101;  // rows, odd
};

// int16 [1, rows, columns] to the same, each with one scale and zero point 0.
Op make_sliding_normalize(SlidingNormalizeAttrs attrs, TensorId in, TensorId out);

}  // namespace mote
