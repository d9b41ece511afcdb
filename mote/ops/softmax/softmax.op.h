// What a softmax is scaled by.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct SoftmaxAttrs {
  float beta = 1;
};

}  // namespace mote
