// Weighted sums along time, and only every so many of them: what smooths samples and lowers their rate.
//
//   y[m] = sum_k taps[k] x[m factor + k - half],  taps.size() = 2 half + 1
//
// Each axis by itself; before the first sample and behind the last one there are others like them.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct FirAttrs {
  std::vector<double> taps;  // an odd number, at most 4095; their sizes add up to less than 2
  int32_t factor = 1;        // divides the samples of an axis in a row
  int32_t axes = 1;
};

// int16 [1, rows, samples of a row * axes] to [1, rows, samples of a row / factor * axes], with the same scale; what
// does not fit saturates.
Op make_fir(FirAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
