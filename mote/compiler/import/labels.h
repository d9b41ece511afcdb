// Names of a classifier's outputs.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "mote/compiler/base/bytes.h"

namespace mote {

// One label a line; empty lines at the end do not count.
std::vector<std::string> parse_labels(std::string_view text);

// The labels that TensorFlow Lite's metadata tools attach to a model: a ZIP archive appended to the file, with an
// uncompressed text file whose name contains "label". None: empty.
std::vector<std::string> read_labels(std::span<const uint8_t> model);

}  // namespace mote
