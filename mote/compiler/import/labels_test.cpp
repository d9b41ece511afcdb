#include "mote/compiler/import/labels.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

using Labels = std::vector<std::string>;

TEST(Labels, OnePerLine) {
  EXPECT_EQ(parse_labels("yes\nno\n"), (Labels{"yes", "no"}));
  EXPECT_EQ(parse_labels("yes\r\n\r\nno \n\n\n"), (Labels{"yes", "", "no"}));
  EXPECT_EQ(parse_labels(""), Labels{});
}

void put(Bytes& to, uint64_t v, int bytes) {  // little-endian
  for (int i = 0; i < bytes; ++i) {
    to.push_back(static_cast<uint8_t>(v));
    v >>= 8;
  }
}
void put(Bytes& to, const std::string& text) { to.insert(to.end(), text.begin(), text.end()); }

// A model with an archive of one stored file behind it, as TensorFlow Lite's metadata writer appends it.
Bytes with_archive(const std::string& name, const std::string& text, int method) {
  Bytes b(100, 7);
  const size_t local = b.size();
  put(b, 0x04034b50, 4), put(b, 0, 4), put(b, static_cast<uint64_t>(method), 2), put(b, 0, 16);
  put(b, name.size(), 2), put(b, 0, 2), put(b, name), put(b, text);
  const size_t central = b.size();
  put(b, 0x02014b50, 4), put(b, 0, 6), put(b, static_cast<uint64_t>(method), 2), put(b, 0, 8), put(b, text.size(), 4),
      put(b, text.size(), 4);
  put(b, name.size(), 2), put(b, 0, 12), put(b, local, 4), put(b, name);
  const size_t end = b.size();
  put(b, 0x06054b50, 4), put(b, 0, 4), put(b, 1, 2), put(b, 1, 2), put(b, end - central, 4), put(b, central, 4),
      put(b, 0, 2);
  return b;
}

TEST(Labels, InTheArchiveBehindAModel) {
  EXPECT_EQ(read_labels(with_archive("labels.txt", "cat\ndog", 0)), (Labels{"cat", "dog"}));
  EXPECT_EQ(read_labels(with_archive("readme.txt", "cat\ndog", 0)), Labels{});
  EXPECT_EQ(read_labels(with_archive("labels.txt", "cat\ndog", 8)), Labels{});  // compressed
  EXPECT_EQ(read_labels(Bytes(10, 0)), Labels{});
}

// Every truncation and every changed byte is survived.
TEST(Labels, DamagedArchives) {
  const Bytes good = with_archive("labels.txt", "cat\ndog", 0);
  for (size_t n = 0; n < good.size(); ++n) read_labels(std::span(good).first(n));
  for (size_t i = 0; i < good.size(); ++i)
    for (int v : {0, 255, 128}) {
      Bytes bad = good;
      bad[i] = static_cast<uint8_t>(v);
      read_labels(bad);
    }
}

}  // namespace
}  // namespace mote
