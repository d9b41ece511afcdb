#include "mote/data/image.h"

#include <fmt/core.h>
#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <fstream>

namespace mote {
namespace {

bool starts_with(std::span<const uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

Status check_size(int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width * height <= kMaxPixels) return {};
  return malformed(
      fmt::format("is a picture of {} x {} pixels; 1 to {} pixels are allowed", width, height, kMaxPixels));
}

constexpr size_t kPngDepthAt = 24;  // of the header, which libpng has checked by then

// libpng's simple interface takes 16 bits for linear light; other programs take their upper byte, as this does.
struct DeepPng {
  std::span<const uint8_t> rest;
  std::jmp_buf back;
  char message[128];
};

void on_png_error(png_structp png, png_const_charp message) {
  auto* deep = static_cast<DeepPng*>(png_get_error_ptr(png));
  std::snprintf(deep->message, sizeof deep->message, "%s", message);
  std::longjmp(deep->back, 1);
}

void read_png_bytes(png_structp png, png_bytep to, size_t count) {
  auto* deep = static_cast<DeepPng*>(png_get_io_ptr(png));
  if (count > deep->rest.size()) png_error(png, "it is cut off");
  std::memcpy(to, deep->rest.data(), count);
  deep->rest = deep->rest.subspan(count);
}

// Between setjmp and the end nothing with a destructor is made here. `image` has its size.
bool decode_deep_png(DeepPng& deep, Image& image) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &deep, on_png_error, [](png_structp, png_const_charp) {});
  png_infop info = png_create_info_struct(png);
  if (setjmp(deep.back)) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &deep, read_png_bytes);
  png_read_info(png, info);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t row = png_get_rowbytes(png, info);
  if (row * static_cast<size_t>(image.height) != image.pixels.size()) png_error(png, "its rows have another size");
  for (int pass = 0; pass < passes; ++pass)
    for (size_t y = 0; y < static_cast<size_t>(image.height); ++y) png_read_row(png, &image.pixels[y * row], nullptr);
  png_read_end(png, nullptr);
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

Expected<Image> read_deep_png(std::span<const uint8_t> bytes, Image image) {
  DeepPng deep{bytes, {}, {}};
  if (decode_deep_png(deep, image)) return image;
  return malformed(fmt::format("cannot be read as PNG: {}", deep.message));
}

Expected<Image> read_png(std::span<const uint8_t> bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
    return malformed(fmt::format("cannot be read as PNG: {}", png.message));
  if (auto size = check_size(png.width, png.height); !size) {
    png_image_free(&png);
    return size.error();
  }
  const bool grey = (png.format & PNG_FORMAT_FLAG_COLOR) == 0;
  png.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Image image{static_cast<int>(png.width), static_cast<int>(png.height), grey ? 1 : 3, Bytes(PNG_IMAGE_SIZE(png))};
  if (bytes[kPngDepthAt] == 16) {
    png_image_free(&png);
    return read_deep_png(bytes, std::move(image));
  }
  const png_color black{0, 0, 0};
  if (!png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr))
    return malformed(fmt::format("cannot be read as PNG: {}", png.message));
  return image;
}

// libjpeg reports errors by a call that must not return.
struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void on_jpeg_error(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<JpegErrors*>(jpeg->err);
  jpeg->err->format_message(jpeg, errors->message);
  std::longjmp(errors->back, 1);
}

// A damaged file is refused, not shown half grey: libjpeg only warns of it.
void on_jpeg_warning(j_common_ptr jpeg, int level) {
  if (level < 0) on_jpeg_error(jpeg);
}

// Between setjmp and the end nothing with a destructor is made here.
bool decode_jpeg(std::span<const uint8_t> bytes, JpegErrors& errors, Image& image) {
  jpeg_decompress_struct jpeg;
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = on_jpeg_error;
  errors.manager.emit_message = on_jpeg_warning;
  if (setjmp(errors.back)) {
    jpeg_destroy_decompress(&jpeg);
    return false;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&jpeg);
  image.width = static_cast<int>(jpeg.output_width), image.height = static_cast<int>(jpeg.output_height);
  image.channels = jpeg.output_components;
  const size_t row = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  if (int64_t{image.width} * image.height <= kMaxPixels) {
    image.pixels.resize(row * static_cast<size_t>(image.height));
    while (jpeg.output_scanline < jpeg.output_height) {
      uint8_t* at = &image.pixels[row * jpeg.output_scanline];
      jpeg_read_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
  return true;
}

Expected<Image> read_jpeg(std::span<const uint8_t> bytes) {
  JpegErrors errors;
  Image image;
  if (!decode_jpeg(bytes, errors, image)) return malformed(fmt::format("cannot be read as JPEG: {}", errors.message));
  MOTE_TRY_STATUS(check_size(image.width, image.height));
  return image;
}

uint32_t little_endian(std::span<const uint8_t> bytes, size_t at, size_t n) {
  uint32_t v = 0;
  for (size_t i = 0; i < n; ++i) v |= uint32_t{bytes[at + i]} << (8 * i);
  return v;
}

// BITMAPFILEHEADER (14 bytes), BITMAPINFOHEADER (40 or more), for 8 bits a palette of 4-byte colours, then rows of a
// multiple of 4 bytes: from the bottom, or from the top where the height is negative.
Expected<Image> read_bmp(std::span<const uint8_t> bytes) {
  if (bytes.size() < 54) return malformed("is cut off: a BMP has a header of 54 bytes");
  const uint32_t data_at = little_endian(bytes, 10, 4), header = little_endian(bytes, 14, 4);
  const auto width = static_cast<int32_t>(little_endian(bytes, 18, 4)),
             height = static_cast<int32_t>(little_endian(bytes, 22, 4));
  const uint32_t bits = little_endian(bytes, 28, 2), compression = little_endian(bytes, 30, 4);
  if (header < 40 || compression != 0 || (bits != 8 && bits != 24 && bits != 32))
    return unsupported(
        fmt::format("is BMP with {} bits a pixel and compression {}; 8, 24 and 32 bits without compression are read",
                    bits, compression));
  MOTE_TRY_STATUS(check_size(width, std::abs(int64_t{height})));
  const size_t rows = static_cast<size_t>(std::abs(height)), columns = static_cast<size_t>(width), step = bits / 8;
  const size_t row_bytes = (columns * step + 3) / 4 * 4, palette_at = 14 + size_t{header};
  if (data_at > bytes.size() || (bytes.size() - data_at) / row_bytes < rows)
    return malformed("is cut off: rows of the picture are missing");
  Image image{width, static_cast<int>(rows), 3, Bytes(rows * columns * 3)};
  for (size_t y = 0; y < rows; ++y)
    for (size_t x = 0; x < columns; ++x) {
      size_t from = data_at + (height > 0 ? rows - 1 - y : y) * row_bytes + x * step;
      if (bits == 8) from = palette_at + 4 * size_t{bytes[from]};
      if (from + 3 > bytes.size()) return malformed("is cut off: colours of its palette are missing");
      for (size_t c = 0; c < 3; ++c) image.pixels[(y * columns + x) * 3 + c] = bytes[from + 2 - c];
    }
  return image;
}

}  // namespace

bool is_image(std::span<const uint8_t> bytes) {
  return starts_with(bytes, "\x89PNG") || starts_with(bytes, "\xFF\xD8\xFF") || starts_with(bytes, "BM");
}

Expected<bool> is_picture(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{Code::io, "cannot be read"};
  Bytes head(8);
  in.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(in.gcount()));
  return is_image(head);
}

Expected<Image> read_image(std::span<const uint8_t> bytes) {
  if (starts_with(bytes, "\x89PNG")) return read_png(bytes);
  if (starts_with(bytes, "\xFF\xD8\xFF")) return read_jpeg(bytes);
  if (starts_with(bytes, "BM")) return read_bmp(bytes);
  return unsupported("is no picture; PNG, JPEG and BMP are read");
}

Bytes write_png(const Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width), png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  Bytes bytes(size);
  const int written = png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  MOTE_ASSERT(written);  // there is room for the largest that it can be
  bytes.resize(size);
  return bytes;
}

namespace {

// Which pixels along a line a new one is made of, from `first` on, and their shares.
struct Span {
  int first = 0;
  std::vector<double> shares;
};

// Pixel i of n that `size` pixels from `begin` on become; none outside of these.
Span span_of(int i, int n, int begin, int size) {
  const double step = static_cast<double>(size) / n, reach = std::max(step, 1.0), centre = (i + 0.5) * step;
  const int from = std::max(0, static_cast<int>(std::floor(centre - reach)));
  const int until = std::min(size, static_cast<int>(std::ceil(centre + reach)));
  Span span{begin + from, {}};
  double sum = 0;
  for (int k = from; k < until; ++k) {
    const double share = std::max(0.0, 1 - std::abs(k + 0.5 - centre) / reach);
    span.shares.push_back(share);
    sum += share;
  }
  for (double& share : span.shares) share /= sum;
  return span;
}

// The mean of a channel over two spans.
double mean_of(const Image& image, const Span& rows, const Span& columns, int channel) {
  double sum = 0;
  for (size_t r = 0; r < rows.shares.size(); ++r) {
    const size_t row = (static_cast<size_t>(rows.first) + r) * static_cast<size_t>(image.width);
    double line = 0;
    for (size_t c = 0; c < columns.shares.size(); ++c)
      line += columns.shares[c] *
              image.pixels[(row + static_cast<size_t>(columns.first) + c) * static_cast<size_t>(image.channels) +
                           static_cast<size_t>(channel)];
    sum += rows.shares[r] * line;
  }
  return sum;
}

uint8_t to_byte(double v) { return static_cast<uint8_t>(std::clamp(std::floor(v + 0.5), 0.0, 255.0)); }

}  // namespace

Image take_again(const Image& image, int width, int height) {
  if (image.width == width && image.height == height) return image;
  const double share = std::min(static_cast<double>(image.width) / width, static_cast<double>(image.height) / height);
  auto part = [&](int size, int all) { return std::clamp(static_cast<int>(std::lround(size * share)), 1, all); };
  const int w = part(width, image.width), h = part(height, image.height);
  Image taken{width, height, image.channels, {}};
  std::vector<Span> columns;
  for (int x = 0; x < width; ++x) columns.push_back(span_of(x, width, (image.width - w) / 2, w));
  for (int y = 0; y < height; ++y) {
    const Span rows = span_of(y, height, (image.height - h) / 2, h);
    for (const Span& span : columns)
      for (int c = 0; c < image.channels; ++c) taken.pixels.push_back(to_byte(mean_of(image, rows, span, c)));
  }
  return taken;
}

Image with_channels(const Image& image, int channels) {
  if (image.channels == channels) return image;
  Image made{image.width, image.height, channels, {}};
  const auto step = static_cast<size_t>(image.channels);
  for (size_t i = 0; i < image.pixels.size(); i += step) {
    const uint8_t* p = &image.pixels[i];
    if (channels == 1) made.pixels.push_back(to_byte(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]));
    else made.pixels.insert(made.pixels.end(), 3, *p);
  }
  return made;
}

std::vector<float> grey_grid(const Image& image, int columns, int rows) {
  std::vector<float> grid;
  const auto channels = static_cast<size_t>(image.channels);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const int y0 = r * image.height / rows, y1 = std::max(y0 + 1, (r + 1) * image.height / rows);
      const int x0 = c * image.width / columns, x1 = std::max(x0 + 1, (c + 1) * image.width / columns);
      double sum = 0;
      for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) {
          const uint8_t* p =
              &image.pixels[(static_cast<size_t>(y) * static_cast<size_t>(image.width) + static_cast<size_t>(x)) *
                            channels];
          sum += channels == 1 ? p[0] : 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        }
      grid.push_back(static_cast<float>(sum / ((y1 - y0) * (x1 - x0))));
    }
  return grid;
}

}  // namespace mote
