// Model files to graphs.
#pragma once
#include <span>
#include <string>

#include "mote/compiler/ir/graph.h"

namespace mote {

// Recognises the format by its bytes. `name` becomes the graph's name. Everything in the file that mote does not
// support is gathered and reported in one error, a line each.
Expected<Graph> import_model(std::span<const uint8_t> bytes, const std::string& name);

Expected<Graph> import_tflite(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace mote
