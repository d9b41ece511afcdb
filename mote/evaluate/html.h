// Pieces of a page that needs nothing but itself: text, pictures as PNG in data URIs, plots in SVG. Colours and strokes
// are classes of the page's style sheet; c0, c1 and so on are the colours of classes.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "mote/data/image.h"

namespace mote {

std::string escape_html(std::string_view text);

// <img> of a picture whose pixels stay squares, shown at this size.
std::string show_image(const Image& image, int width, int height);

// Values of [rows][columns] as colours from dark (`low`) to bright (`high`): rows from left to right, columns from the
// bottom up, as spectrograms are drawn.
Image paint_heat(const std::vector<float>& values, size_t rows, size_t columns, float low, float high);

struct Tick {
  double at = 0;
  std::string text;
};

struct Point {
  double x = 0, y = 0;
};

// A plot of `width` by `height` pixels besides its margins, on which values lie linearly between those of its edges.
struct Frame {
  double width = 0, height = 0;
  double left = 0, right = 1, bottom = 0, top = 1;  // values at the edges
  std::vector<Tick> x_ticks, y_ticks;
  std::string x_label, y_label;

  double x(double value) const { return (value - left) / (right - left) * width; }
  double y(double value) const { return (top - value) / (top - bottom) * height; }
};

// <svg> with ticks, grid and labels; `inside` is drawn in pixels of the frame.
std::string draw_plot(const Frame& frame, const std::string& inside);

// A line through points, without those that lie within half a pixel of the one before.
std::string draw_line(const Frame& frame, const std::vector<Point>& points, std::string_view css);

// Ticks at round numbers, about so many.
std::vector<Tick> round_ticks(double low, double high, int about);

// c0 to c6 and, for more classes than colours, a dash or a shape: "c2", and 0, 1, 2 ...
std::string class_colour(size_t index);
size_t class_form(size_t index);

}  // namespace mote
