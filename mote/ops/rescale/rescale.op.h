// Rescale: real_out = (real_in - center) * gain, column by column, in the output's quantisation.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct RescaleAttrs {
  std::vector<double> center{0}, gain{1};  // one each, or one per index of the last dimension; gains above 0
};

// int16 with zero point 0 and one scale, or one per index of the last dimension, to int8 or int16 (the type of the
// tensor `out`) with one scale. Or int32 with zero point 0 and one scale to int8 of steps at least four times as large,
// with neither centers nor gains.
Op make_rescale(RescaleAttrs attrs, TensorId in, TensorId out);

}  // namespace mote
