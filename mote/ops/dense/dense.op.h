// What passes may rewrite in a dense layer.
#pragma once
#include "mote/compiler/ir/op_def.h"

namespace mote {

struct DenseAttrs {
  bool keep_dims = false;  // the output has the input's shape but for its last dimension
  Clamp clamp{-128, 127};
};

}  // namespace mote
