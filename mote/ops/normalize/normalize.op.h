// The samples of a window less their mean, in units of their deviation, or from their least to their greatest one.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct NormalizeAttrs {
  enum class By {
    mean,       // x - mean
    deviation,  // (x - mean) / deviation, that of the window as the whole population; 0 where it is 0
    range,      // (x - least) / (greatest - least); 0 where they are the same
  };
  By by = By::deviation;
  int32_t axes = 1;
};

// int16 [1, rows, samples of a row * axes] to the same, each axis by itself, with normalize_quant.
Op make_normalize(NormalizeAttrs attrs, TensorId samples, TensorId out);

// By mean twice the scale of `samples`, so that every difference fits; 1/4096 by deviation, where 8 deviations
// saturate; 1/32767 by range.
Quant normalize_quant(const NormalizeAttrs& attrs, const Quant& samples);

}  // namespace mote
