#include "mote/cli/npy.h"

#include <fmt/core.h>

namespace mote {
namespace {

Expected<DType> to_dtype(NpyType type) {
  switch (type) {
    case NpyType::int8: return DType::int8;
    case NpyType::uint8: return DType::uint8;
    case NpyType::int16: return DType::int16;
    case NpyType::int32: return DType::int32;
    case NpyType::int64: return DType::int64;
    case NpyType::float32: return DType::float32;
    case NpyType::boolean: return DType::boolean;
    default:
      return unsupported(
          "the array's type is uint16 or float64, which no tensor has; save it with .astype(numpy.float32)");
  }
}

}  // namespace

Expected<NpyArray> parse_npy(std::span<const uint8_t> bytes) {
  MOTE_TRY(const NpyHeader header, parse_npy_header(bytes));
  NpyArray array;
  MOTE_TRY(array.type, to_dtype(header.type));
  array.shape.assign(header.shape.begin(), header.shape.end());
  if (bytes.size() - header.data_at != header.data_bytes)
    return malformed(fmt::format("the array of shape {} holds {} bytes; {} are expected", print(array.shape),
                                 bytes.size() - header.data_at, header.data_bytes));
  array.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header.data_at), bytes.end());
  return array;
}

}  // namespace mote
