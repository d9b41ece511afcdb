// Samples at another rate, by a fraction: as if up - 1 zeros stood behind each sample, a filter went over them, and one
// sample in `down` remained. Only products with what is no zero are made: each output takes one of `up` phases of the
// filter.
//
//   y[m] = sum_k taps[k] x[(m down + k - half) / up],  over all k whose quotient is whole;  taps.size() = 2 half + 1
//
// Each axis by itself; before the first sample and behind the last one there are others like them. With up = 1 it is
// what `fir` does, with taps of 16 bits and sums of 32.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct PolyphaseAttrs {
  std::vector<double> taps;  // an odd number, at most 32767; of none of the phases do the sizes add up to 4 or more
  int32_t up = 1, down = 1;  // up to kMaxPhases
  int32_t axes = 1;
};
constexpr int32_t kMaxPhases = 1024;

// int16 [1, rows, samples of a row * axes] to [1, rows, samples of a row * up / down * axes], with the same scale; a
// row is a multiple of `down` samples. What does not fit saturates.
Op make_polyphase(PolyphaseAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
