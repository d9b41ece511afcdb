// Recursive filter: samples through a cascade of second-order sections, every axis by itself.
//
//   H(z) = product of (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct IirAttrs {
  struct Section {
    double b0 = 1, b1 = 0, b2 = 0;
    double a1 = 0, a2 = 0;  // stable: |a2| < 1, |a1| < 1 + a2
  };
  std::vector<Section> sections;  // 1 to 16
  int32_t axes = 1;
  bool steady = false;  // begins as if the first sample had been there for ever; else as if there had been zeros
};

// int16 [1, rows, samples of a row * axes] with one scale and zero point 0 to the same, with a scale of its own; what
// does not fit saturates.
Op make_iir(IirAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
