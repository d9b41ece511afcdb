#include "mote/evaluate/html.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace mote {
namespace {

constexpr size_t kColours = 7;

std::string encode_base64(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t there = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < there ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= there ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

// Dark blue, purple, red, orange, pale yellow: brightness grows all the way.
std::array<uint8_t, 3> heat_colour(double share) {
  constexpr double kStops[][3] = {{8, 8, 40},     {72, 26, 108},  {168, 44, 96},
                                  {236, 104, 60}, {252, 186, 80}, {252, 250, 206}};
  const double at = std::clamp(share, 0.0, 1.0) * (std::size(kStops) - 1);
  const auto stop = std::min(static_cast<size_t>(at), std::size(kStops) - 2);
  const double part = at - static_cast<double>(stop);
  std::array<uint8_t, 3> colour;
  for (size_t i = 0; i < 3; ++i)
    colour[i] = static_cast<uint8_t>(std::lround(kStops[stop][i] + part * (kStops[stop + 1][i] - kStops[stop][i])));
  return colour;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  return escaped;
}

std::string show_image(const Image& image, int width, int height) {
  return fmt::format("<img width=\"{}\" height=\"{}\" alt=\"\" src=\"data:image/png;base64,{}\">", width, height,
                     encode_base64(write_png(image)));
}

Image paint_heat(const std::vector<float>& values, size_t rows, size_t columns, float low, float high) {
  Image image{static_cast<int>(rows), static_cast<int>(columns), 3, {}};
  for (size_t y = columns; y-- > 0;)
    for (size_t x = 0; x < rows; ++x)
      for (uint8_t part : heat_colour((values[x * columns + y] - low) / std::max(high - low, 1e-30f)))
        image.pixels.push_back(part);
  return image;
}

std::string draw_plot(const Frame& f, const std::string& inside) {
  const double left = f.y_label.empty() ? 40 : 56, below = f.x_label.empty() ? 22 : 40, above = 8, beside = 14;
  std::string svg = fmt::format(
      "<svg class=\"plot\" viewBox=\"{:.0f} {:.0f} {:.0f} {:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\">"
      "<g class=\"axes\">",
      -left, -above, left + f.width + beside, above + f.height + below, left + f.width + beside,
      above + f.height + below);
  for (const Tick& tick : f.x_ticks)
    svg += fmt::format("<path d=\"M{0:.1f} 0V{1:.0f}\"/><text x=\"{0:.1f}\" y=\"{2:.0f}\">{3}</text>", f.x(tick.at),
                       f.height, f.height + 16, escape_html(tick.text));
  for (const Tick& tick : f.y_ticks)
    svg += fmt::format("<path d=\"M0 {0:.1f}H{1:.0f}\"/><text class=\"end\" x=\"-6\" y=\"{2:.1f}\">{3}</text>",
                       f.y(tick.at), f.width, f.y(tick.at) + 4, escape_html(tick.text));
  if (!f.x_label.empty())
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>", f.width / 2, f.height + 34, escape_html(f.x_label));
  if (!f.y_label.empty())
    svg += fmt::format("<text transform=\"translate(-44 {:.0f}) rotate(-90)\">{}</text>", f.height / 2,
                       escape_html(f.y_label));
  return svg + "</g>" + inside + "</svg>";
}

std::string draw_line(const Frame& f, const std::vector<Point>& points, std::string_view css) {
  std::string path;
  Point last;
  for (size_t i = 0; i < points.size(); ++i) {
    const Point at{f.x(points[i].x), f.y(points[i].y)};
    if (i > 0 && i + 1 < points.size() && std::hypot(at.x - last.x, at.y - last.y) < 0.5) continue;
    path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", at.x, at.y);
    last = at;
  }
  return fmt::format("<path class=\"line {}\" d=\"{}\"/>", css, path);
}

std::vector<Tick> round_ticks(double low, double high, int about) {
  std::vector<Tick> ticks;
  if (!(high > low)) return ticks;
  const double rough = (high - low) / about, power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = rough / power < 1.5   ? power
                      : rough / power < 3.5 ? 2 * power
                      : rough / power < 7.5 ? 5 * power
                                            : 10 * power;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high * (1 + 1e-12) + 1e-9 * step; ++k)
    ticks.push_back({k * step, fmt::format("{:.4g}", k == 0 ? 0.0 : k * step)});
  return ticks;
}

std::string class_colour(size_t index) { return fmt::format("c{}", index % kColours); }
size_t class_form(size_t index) { return index / kColours % 3; }

}  // namespace mote
