// Pictures: PNG (by libpng), JPEG (by libjpeg-turbo) and BMP.
#pragma once
#include <filesystem>
#include <span>

#include "mote/compiler/base/bytes.h"
#include "mote/compiler/base/expected.h"

namespace mote {

struct Image {
  int width = 0, height = 0, channels = 3;  // 1: grey, 3: red, green, blue
  Bytes pixels;                             // row by row from the top, channels side by side
};

constexpr int64_t kMaxPixels = int64_t{1} << 26;

// Whether the first bytes are those of a picture.
bool is_image(std::span<const uint8_t> bytes);
Expected<bool> is_picture(const std::filesystem::path& file);

// 16 bits a channel become 8, palettes their colours; transparency lies over black. What a camera says about how it was
// held (EXIF) is not looked at.
Expected<Image> read_image(std::span<const uint8_t> bytes);

Bytes write_png(const Image& image);

// The middle of a picture as another camera would have taken it: cropped to the shape, each pixel a mean of those
// around it, weighted by a triangle that reaches as far as the next one.
Image take_again(const Image& image, int width, int height);

// Grey as brightness (ITU-R BT.601), or the same in red, green and blue.
Image with_channels(const Image& image, int channels);

// The mean of the pixels that fall into each cell of a grid, as brightness (ITU-R BT.601), row by row.
std::vector<float> grey_grid(const Image& image, int columns, int rows);

}  // namespace mote
