// NumPy's .npy files (format 1.0 to 3.0): https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/compiler/base/bytes.h"

namespace mote {

enum class NpyType { int8, uint8, int16, uint16, int32, int64, float32, float64, boolean };

size_t bytes_of(NpyType type);

struct NpyHeader {
  NpyType type = NpyType::int8;
  std::vector<int64_t> shape;
  size_t data_at = 0;     // where the values begin in the file
  size_t data_bytes = 0;  // of the values, in C order
};

constexpr size_t kNpyHeaderBytes = 1 << 16;  // the longest header that is read

bool is_npy(std::span<const uint8_t> bytes);

// `bytes`: the file, or its first kNpyHeaderBytes at least where it has more.
Expected<NpyHeader> parse_npy_header(std::span<const uint8_t> bytes);

// A little-endian value.
double npy_value(NpyType type, const uint8_t* p);

// The file of an array of float32.
std::string npy_header_of_floats(const std::vector<int64_t>& shape);

}  // namespace mote
