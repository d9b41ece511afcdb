#include "mote/data/image.h"

#include <gtest/gtest.h>

#include <array>

namespace mote {
namespace {

// 2 x 2: red, green / blue, white.
const Bytes kPixels{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};

Bytes bmp(int32_t height, uint8_t compression = 0) {
  Bytes b(54);
  b[0] = 'B', b[1] = 'M', b[10] = 54, b[14] = 40, b[18] = 2, b[26] = 1, b[28] = 24, b[30] = compression;
  for (size_t i = 0; i < 4; ++i) b[22 + i] = static_cast<uint8_t>(height >> (8 * i));
  const Bytes blue_white{255, 0, 0, 255, 255, 255, 0, 0}, red_green{0, 0, 255, 0, 255, 0, 0, 0};
  for (const Bytes& row : height > 0 ? std::array{blue_white, red_green} : std::array{red_green, blue_white})
    b.insert(b.end(), row.begin(), row.end());
  return b;
}

TEST(Image, PngAndBmp) {
  for (const Bytes& bytes : {write_png({2, 2, 3, kPixels}), bmp(2), bmp(-2)}) {
    const auto image = read_image(bytes);
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(image->width, 2);
    EXPECT_EQ(image->pixels, kPixels);
  }
  EXPECT_NEAR(grey_grid(*read_image(write_png({2, 2, 3, kPixels})), 1, 1)[0], (76.245 + 149.685 + 29.07 + 255) / 4,
              1e-3);
}

TEST(Image, GreyPng) {
  const Image grey{3, 2, 1, {0, 50, 100, 150, 200, 255}};
  const auto image = read_image(write_png(grey));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->channels, 1);
  EXPECT_EQ(image->pixels, grey.pixels);
}

// 2 x 1 pixels, grey, 16 bits: 0x8000 and 0x12FF.
constexpr uint8_t kDeepPng[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x10, 0x00, 0x00, 0x00,
                                0x00, 0x81, 0xd9, 0xfc, 0x15, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78,
                                0x9c, 0x63, 0x68, 0x60, 0x10, 0xfa, 0x0f, 0x00, 0x03, 0x28, 0x01, 0x92, 0xf2, 0xa2,
                                0x86, 0x61, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

TEST(Image, DeepPngIsItsUpperByte) {
  const auto image = read_image(kDeepPng);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->channels, 1);
  EXPECT_EQ(image->pixels, (Bytes{0x80, 0x12}));
  EXPECT_FALSE(read_image(std::span(kDeepPng).first(50)));
}

TEST(Image, Refusals) {
  auto says = [](const Bytes& bytes, const char* text) {
    const auto image = read_image(bytes);
    return !image && image.error().what.find(text) != std::string::npos;
  };
  Bytes cut = write_png({2, 2, 3, kPixels}), short_bmp = bmp(2);
  cut.resize(cut.size() - 20), short_bmp.resize(60);
  EXPECT_TRUE(says(cut, "cannot be read as PNG"));
  EXPECT_TRUE(says(short_bmp, "rows of the picture are missing"));
  EXPECT_TRUE(says(bmp(2, 1), "compression 1"));
  EXPECT_TRUE(says(bmp(1 << 30), "pixels are allowed"));
  EXPECT_TRUE(says({0xFF, 0xD8, 0xFF, 0xE0}, "cannot be read as JPEG"));
  EXPECT_TRUE(says({'x'}, "is no picture"));
}

TEST(Image, IsTakenAgainByAnotherCamera) {
  // A slope stays one, its middle alone where the shape is another; a mean is kept.
  Image slope{40, 10, 1, {}};
  for (int i = 0; i < 400; ++i) slope.pixels.push_back(static_cast<uint8_t>(5 * (i % 40)));
  const Image part = take_again(slope, 10, 10), small = take_again(slope, 20, 5);
  for (int x = 1; x < 9; ++x) EXPECT_EQ(part.pixels[static_cast<size_t>(x)], 5 * (15 + x));
  for (int x = 1; x < 19; ++x) EXPECT_NEAR(small.pixels[static_cast<size_t>(x)], 5 * (2 * x + 0.5), 0.51);
  const Image large = take_again({1, 1, 3, {10, 20, 30}}, 3, 2);
  EXPECT_EQ(large.pixels.size(), 18u);
  EXPECT_EQ(large.pixels[16], 20);
  EXPECT_EQ(with_channels(large, 1).pixels, Bytes(6, 18));  // 0.299 x 10 + 0.587 x 20 + 0.114 x 30 = 18.15
  EXPECT_EQ(with_channels({1, 1, 1, {7}}, 3).pixels, Bytes(3, 7));
}

}  // namespace
}  // namespace mote
