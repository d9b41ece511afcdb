#include "mote/evaluate/html.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(Html, TextIsNoMarkup) { EXPECT_EQ(escape_html("a < b & \"c\" > d"), "a &lt; b &amp; &quot;c&quot; &gt; d"); }

// The test vectors of RFC 4648 show in the padding of a picture's address: its length says which of the three it is.
TEST(Html, PicturesAreDecodable) {
  for (int width : {1, 2, 3, 4, 5, 6, 7}) {
    Image image{width, 1, 1, {}};
    for (int i = 0; i < width; ++i) image.pixels.push_back(static_cast<uint8_t>(37 * i));
    const std::string html = show_image(image, 10, 20);
    const size_t begin = html.find("base64,") + 7;
    const std::string text = html.substr(begin, html.find('"', begin) - begin);
    ASSERT_EQ(text.size() % 4, 0u);
    Bytes bytes;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const uint32_t digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                             : c >= 'a' && c <= 'z' ? c - 'a' + 26
                             : c >= '0' && c <= '9' ? c - '0' + 52
                             : c == '+'             ? 62
                             : c == '/'             ? 63
                                                    : 0;
      bits = bits << 6 | digit;
      if (i % 4 == 3)
        for (int shift : {16, 8, 0}) bytes.push_back(static_cast<uint8_t>(bits >> shift));
    }
    bytes.resize(bytes.size() - static_cast<size_t>(std::count(text.begin(), text.end(), '=')));
    EXPECT_EQ(bytes, write_png(image));
  }
}

TEST(Html, HeatIsATimeToTheRightAndAPitchUp) {
  const Image image = paint_heat({0, 1, 2, 3, 4, 5}, 2, 3, 0, 5);  // [2 moments][3 pitches]
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.height, 3);
  auto brightness = [&](size_t x, size_t y) {
    const uint8_t* pixel = &image.pixels[3 * (y * 2 + x)];
    return 0.3 * pixel[0] + 0.6 * pixel[1] + 0.1 * pixel[2];
  };
  EXPECT_LT(brightness(0, 2), brightness(0, 1));  // 0, below 1
  EXPECT_LT(brightness(0, 1), brightness(0, 0));  // below 2
  EXPECT_LT(brightness(0, 0), brightness(1, 2));  // 3 is a moment later
  EXPECT_LT(brightness(1, 1), brightness(1, 0));
  EXPECT_EQ(paint_heat({7, 7}, 1, 2, 7, 7).pixels.size(), 6u) << "all the same";
}

TEST(Html, LinesLeaveOutWhatCannotBeSeen) {
  const Frame f{100, 50, 0, 10, -1, 1, {}, {}, "", ""};
  EXPECT_EQ(draw_line(f, {{0, 0}, {0.01, 0}, {5, 1}, {10, -1}}, "c2"),
            "<path class=\"line c2\" d=\"M0.0 25.0L50.0 0.0L100.0 50.0\"/>");
}

TEST(Html, TicksAreRoundAndInside) {
  auto texts = [](double low, double high, int about) {
    std::string all;
    for (const Tick& tick : round_ticks(low, high, about)) all += tick.text + " ";
    return all;
  };
  EXPECT_EQ(texts(0, 1, 5), "0 0.2 0.4 0.6 0.8 1 ");
  EXPECT_EQ(texts(-3.2, 7.1, 5), "-2 0 2 4 6 ");
  EXPECT_EQ(texts(0.031, 0.078, 4), "0.04 0.05 0.06 0.07 ");
  EXPECT_EQ(texts(3, 3, 4), "");
}

}  // namespace
}  // namespace mote
