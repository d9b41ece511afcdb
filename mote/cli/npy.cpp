#include "mote/cli/npy.h"

#include <fmt/core.h>

#include <charconv>
#include <map>

namespace mote {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// The text after a key of the header's dictionary: " '<f4', 'fortran_order': ..." for 'descr'.
std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find("'" + std::string(key) + "'");
  if (at == header.npos) return {};
  const size_t colon = header.find(':', at);
  if (colon == header.npos) return {};
  const size_t start = header.find_first_not_of(' ', colon + 1);
  return start == header.npos ? std::string_view() : header.substr(start);
}

Expected<DType> parse_type(std::string_view descr) {
  static const std::map<std::string_view, DType> types{
      {"|i1", DType::int8},  {"|u1", DType::uint8},   {"<i2", DType::int16},  {"<i4", DType::int32},
      {"<i8", DType::int64}, {"<f4", DType::float32}, {"|b1", DType::boolean}};
  if (descr.size() >= 5)
    if (const auto at = types.find(descr.substr(1, 3)); at != types.end()) return at->second;
  return unsupported(
      fmt::format("the array's type is {}; int8, uint8, int16, int32, int64, float32 and bool (little-endian) are read",
                  descr.substr(0, descr.find_first_of(",}"))));
}

Expected<Shape> parse_shape(std::string_view text) {
  Shape shape;
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == text.npos) return malformed("the array's shape cannot be read");
  text = text.substr(1, end - 1);
  while (true) {
    const size_t at = text.find_first_of("0123456789");
    if (at == text.npos) return shape;
    int32_t d = 0;
    const auto [p, ec] = std::from_chars(text.data() + at, text.data() + text.size(), d);
    if (ec != std::errc() || shape.size() >= 8) return malformed("the array's shape cannot be read");
    shape.push_back(d);
    text.remove_prefix(static_cast<size_t>(p - text.data()));
  }
}

}  // namespace

bool is_npy(std::span<const uint8_t> bytes) {
  return bytes.size() >= 10 && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

Expected<NpyArray> parse_npy(std::span<const uint8_t> bytes) {
  if (!is_npy(bytes)) return malformed("is not a .npy file");
  const size_t length_bytes = bytes[6] >= 2 ? 4 : 2;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes && 8 + i < bytes.size(); ++i) length |= size_t{bytes[8 + i]} << (8 * i);
  const size_t start = 8 + length_bytes;
  if (start > bytes.size() || length > bytes.size() - start) return malformed("the .npy header is cut off");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + start, length);
  NpyArray array;
  MOTE_TRY(array.type, parse_type(value_of(header, "descr")));
  MOTE_TRY(array.shape, parse_shape(value_of(header, "shape")));
  if (value_of(header, "fortran_order").substr(0, 4) == "True" && array.shape.size() > 1)
    return unsupported("the array is in Fortran order; save it with numpy.ascontiguousarray");
  int64_t size = bytes_of(array.type);
  for (int32_t d : array.shape) {
    size *= d;
    if (size > int64_t{1} << 32) return malformed("the array is larger than 4 GiB");
  }
  if (bytes.size() - start - length != static_cast<size_t>(size))
    return malformed(fmt::format("the array of shape {} holds {} bytes; {} are expected", print(array.shape),
                                 bytes.size() - start - length, size));
  array.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(start + length), bytes.end());
  return array;
}

}  // namespace mote
