#include "mote/compiler/import/labels.h"

#include <algorithm>
#include <string_view>

namespace mote {
namespace {

// Fields of the ZIP format (PKWARE APPNOTE 6.3): little-endian, offsets from the start of each record.
constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEndRecord = 0x06054b50;

uint32_t load(std::span<const uint8_t> b, size_t at, int bytes) {
  uint32_t v = 0;
  if (at + static_cast<size_t>(bytes) <= b.size())
    for (int i = 0; i < bytes; ++i) v |= static_cast<uint32_t>(b[at + static_cast<size_t>(i)]) << (8 * i);
  return v;
}

std::string_view text_at(std::span<const uint8_t> b, size_t at, size_t n) {
  if (at > b.size() || n > b.size() - at) return {};
  return {reinterpret_cast<const char*>(b.data()) + at, n};
}

}  // namespace

std::vector<std::string> parse_labels(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    labels.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

std::vector<std::string> read_labels(std::span<const uint8_t> b) {
  constexpr size_t kEndBytes = 22, kMaxComment = 65535;
  if (b.size() < kEndBytes) return {};
  size_t end = b.size() - kEndBytes;
  const size_t stop = end > kMaxComment ? end - kMaxComment : 0;
  while (end > stop && load(b, end, 4) != kEndRecord) --end;
  if (load(b, end, 4) != kEndRecord) return {};
  size_t at = load(b, end + 16, 4);
  for (uint32_t n = load(b, end + 10, 2); n > 0 && load(b, at, 4) == kCentralHeader; --n) {
    const uint32_t method = load(b, at + 10, 2), size = load(b, at + 24, 4), name_bytes = load(b, at + 28, 2);
    const size_t local = load(b, at + 42, 4);
    const std::string_view name = text_at(b, at + 46, name_bytes);
    if (method == 0 && name.find("label") != name.npos && load(b, local, 4) == kLocalHeader)
      return parse_labels(text_at(b, local + 30 + load(b, local + 26, 2) + load(b, local + 28, 2), size));
    at += 46 + name_bytes + load(b, at + 30, 2) + load(b, at + 32, 2);
  }
  return {};
}

}  // namespace mote
