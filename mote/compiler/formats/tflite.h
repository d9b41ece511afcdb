// One operator of a .tflite file, as the readers of ops see it.
#pragma once
#include <string_view>

#include "mote/compiler/formats/tflite_generated.h"

namespace mote {

struct TfliteOp {
  const tflite::Operator& op;  // op.builtin_options_as_Conv2DOptions() is null where the options are of another type
  std::string_view opcode;     // "CONV_2D"
};

}  // namespace mote
