#include "mote/data/npy.h"

#include <fmt/core.h>

#include <array>
#include <bit>
#include <charconv>
#include <istream>

#include "mote/data/samples.h"

namespace mote {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kMaxAxes = 4096;

struct TypeName {
  std::string_view descr;
  NpyType type;
  size_t bytes;
};

constexpr std::array<TypeName, 9> kTypes{{{"|i1", NpyType::int8, 1},
                                          {"|u1", NpyType::uint8, 1},
                                          {"<i2", NpyType::int16, 2},
                                          {"<u2", NpyType::uint16, 2},
                                          {"<i4", NpyType::int32, 4},
                                          {"<i8", NpyType::int64, 8},
                                          {"<f4", NpyType::float32, 4},
                                          {"<f8", NpyType::float64, 8},
                                          {"|b1", NpyType::boolean, 1}}};

const TypeName& about(NpyType type) {
  for (const TypeName& t : kTypes)
    if (t.type == type) return t;
  return kTypes[0];
}

// The text after a key of the header's dictionary: " '<f4', 'fortran_order': ..." for 'descr'.
std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find("'" + std::string(key) + "'");
  if (at == header.npos) return {};
  const size_t colon = header.find(':', at);
  if (colon == header.npos) return {};
  const size_t start = header.find_first_not_of(' ', colon + 1);
  return start == header.npos ? std::string_view() : header.substr(start);
}

Expected<NpyType> parse_type(std::string_view descr) {
  if (descr.size() >= 5)
    for (const TypeName& t : kTypes)
      if (t.descr == descr.substr(1, 3)) return t.type;
  return unsupported(fmt::format(
      "the array's type is {}; int8, uint8, int16, uint16, int32, int64, float32, float64 and bool (little-endian) are read",
      descr.substr(0, descr.find_first_of(",}"))));
}

Expected<std::vector<int64_t>> parse_shape(std::string_view text) {
  std::vector<int64_t> shape;
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

template <class T>
T load(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

class NpyReader : public SampleReader {
 public:
  NpyReader(std::unique_ptr<std::istream> in, const NpyHeader& header, int64_t axes)
      : in_(std::move(in)), type_(header.type), left_(header.shape[0]), count_(left_) {
    for (int64_t i = 0; i < axes; ++i) sensor_.axes.push_back({fmt::format("ch{}", i + 1), ""});
  }

  int64_t frame_count() const override { return count_; }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    const size_t frames = std::min(max_frames, static_cast<size_t>(left_)), values = frames * axis_count();
    const size_t step = bytes_of(type_);
    buffer_.resize(values * step);
    in_->read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(buffer_.size()));
    if (static_cast<size_t>(in_->gcount()) != buffer_.size())
      return malformed(fmt::format("is cut off: its header promises {} frames", count_));
    left_ -= static_cast<int64_t>(frames);
    for (size_t i = 0; i < values; ++i)
      chunk.values.push_back(static_cast<float>(npy_value(type_, &buffer_[i * step])));
    return {};
  }

  std::vector<Finding> findings() const override {
    return {{"format", fmt::format("NumPy, {}", about(type_).descr.substr(1)), ""}};
  }

 private:
  std::unique_ptr<std::istream> in_;
  NpyType type_;
  int64_t left_, count_;
  Bytes buffer_;
};

}  // namespace

size_t bytes_of(NpyType type) { return about(type).bytes; }

bool is_npy(std::span<const uint8_t> bytes) {
  return bytes.size() >= 10 && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

Expected<NpyHeader> parse_npy_header(std::span<const uint8_t> bytes) {
  if (!is_npy(bytes)) return malformed("is not a .npy file");
  const size_t length_bytes = bytes[6] >= 2 ? 4 : 2;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes && 8 + i < bytes.size(); ++i) length |= size_t{bytes[8 + i]} << (8 * i);
  const size_t start = 8 + length_bytes;
  if (start > bytes.size() || length > bytes.size() - start) return malformed("the .npy header is cut off");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + start, length);
  NpyHeader header;
  MOTE_TRY(header.type, parse_type(value_of(text, "descr")));
  MOTE_TRY(header.shape, parse_shape(value_of(text, "shape")));
  if (value_of(text, "fortran_order").substr(0, 4) == "True" && header.shape.size() > 1)
    return unsupported("the array is in Fortran order; save it with numpy.ascontiguousarray");
  header.data_at = start + length;
  header.data_bytes = bytes_of(header.type);
  for (int64_t d : header.shape) {
    header.data_bytes *= static_cast<size_t>(d);
    if (header.data_bytes > size_t{1} << 36) return malformed("the array is larger than 64 GiB");
  }
  return header;
}

double npy_value(NpyType type, const uint8_t* p) {
  switch (type) {
    case NpyType::int8: return static_cast<int8_t>(*p);
    case NpyType::uint8: return *p;
    case NpyType::int16: return load<int16_t>(p);
    case NpyType::uint16: return load<uint16_t>(p);
    case NpyType::int32: return load<int32_t>(p);
    case NpyType::int64: return static_cast<double>(load<int64_t>(p));
    case NpyType::float32: return load<float>(p);
    case NpyType::float64: return load<double>(p);
    case NpyType::boolean: return *p != 0;
  }
  return 0;
}

std::string npy_header_of_floats(const std::vector<int64_t>& shape) {
  std::string dimensions;
  for (int64_t d : shape) dimensions += fmt::format("{}, ", d);
  if (shape.size() > 1) dimensions.resize(dimensions.size() - 2);
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", dimensions);
  // The values begin at a multiple of 64, as the format asks.
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 11, ' ');
  text += '\n';
  const std::string length{static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return std::string(kMagic) + std::string("\x01\x00", 2) + length + text;
}

Expected<std::unique_ptr<SampleReader>> open_npy(std::unique_ptr<std::istream> in) {
  Bytes head(kNpyHeaderBytes);
  in->read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(in->gcount()));
  MOTE_TRY(const NpyHeader header, parse_npy_header(head));
  const int64_t axes = header.shape.size() == 2 ? header.shape[1] : 1;
  if (header.shape.empty() || header.shape.size() > 2 || axes < 1 || axes > kMaxAxes)
    return unsupported(
        fmt::format("the array has {} dimensions; a recording is [frames] or [frames, axes], 1 to {} axes",
                    header.shape.size(), kMaxAxes));
  in->clear();
  in->seekg(static_cast<std::streamoff>(header.data_at));
  return std::unique_ptr<SampleReader>(std::make_unique<NpyReader>(std::move(in), header, axes));
}

}  // namespace mote
