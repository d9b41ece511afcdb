// What the writers of C++ share.
#pragma once
#include <fmt/core.h>

#include <span>
#include <string>
#include <vector>

#include "mote/compiler/emit/firmware.h"

namespace mote {

// The first line of each file.
std::string generated_by(const FirmwareOptions& options);

// Text from a model inside a comment: printable ASCII alone. Line ends, backslashes and bidirectional controls would
// change what the code says.
std::string one_line(std::string text);

// A string literal.
std::string quoted(const std::string& text);

// Breaks a list of items into lines.
std::string wrap(const std::vector<std::string>& items, const std::string& indent);

// The device's type of this plan's programs.
const char* program_type(const Plan& plan);

template <class T>
std::vector<std::string> numbers(std::span<const T> values) {
  std::vector<std::string> items;
  items.reserve(values.size());
  for (T v : values) items.push_back(std::to_string(v));
  return items;
}

}  // namespace mote
