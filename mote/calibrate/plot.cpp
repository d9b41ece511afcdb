// The trade between false alarms and missed events as a picture.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/calibrate/calibrate.h"

namespace mote {
namespace {

constexpr double kLeft = 60, kTop = 40, kWidth = 640, kHeight = 320;

std::string escape(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

// Linear up to 1 per day and logarithmic beyond, so that none has a place.
double stretch(double per_day) { return per_day <= 1 ? per_day : 1 + std::log10(per_day); }

struct Axes {
  double most;  // stretched
  double x(double per_day) const { return kLeft + kWidth * stretch(per_day) / most; }
  double y(const EventFigures& f) const { return y(f.events > 0 ? f.missed_share() : 0); }
  double y(double share) const { return kTop + kHeight * (1 - share); }
};

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, text);
}

std::string line(double x0, double y0, double x1, double y1) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ccc\"/>\n", x0, y0, x1,
                     y1);
}

std::string grid(const Axes& axes) {
  std::string svg;
  for (double share : {0.0, 0.25, 0.5, 0.75, 1.0})
    svg += line(kLeft, axes.y(share), kLeft + kWidth, axes.y(share)) +
           text_at(kLeft - 6, axes.y(share) + 4, "end", fmt::format("{:.0f} %", 100 * share));
  for (double per_day = 0; stretch(per_day) <= axes.most + 1e-9; per_day = per_day < 1 ? 1 : 10 * per_day)
    svg += line(axes.x(per_day), kTop, axes.x(per_day), kTop + kHeight) +
           text_at(axes.x(per_day), kTop + kHeight + 16, "middle", fmt::format("{:g}", per_day));
  return svg;
}

double per_day(const OperatingPoint& p) { return p.figures.false_alarms_per_day(); }

std::string delay_text(const OperatingPoint& p) {
  return p.figures.delays_s.empty() ? "-" : fmt::format("{:.2f} s", p.figures.mean_delay_s());
}

std::string tooltip(const OperatingPoint& p) {
  std::string text = fmt::format("{:.3g} false alarms per day, {} of {} missed, {};", per_day(p), p.figures.missed,
                                 p.figures.events, delay_text(p));
  for (const auto& [key, value] : as_toml(p.keys)) text += fmt::format(" {} = {}", key, value);
  return text;
}

}  // namespace

std::string draw_trade(const std::string& title, const std::vector<OperatingPoint>& points,
                       const OperatingPoint& chosen) {
  Axes axes{1};
  for (const OperatingPoint& p : points) axes.most = std::max(axes.most, stretch(per_day(p)));
  axes.most = std::ceil(axes.most);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kLeft + kWidth + 30, kTop + kHeight + 50);
  svg += text_at(kLeft, 20, "start", escape(title)) + grid(axes);
  svg += text_at(kLeft + kWidth / 2, kTop + kHeight + 36, "middle", "false alarms per day");
  svg += text_at(kLeft - 50, kTop - 8, "start", "missed events; at the points: delay");
  const auto dot = [&](const OperatingPoint& p, double radius, const char* fill) {
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"><title>{}</title></circle>\n",
                       axes.x(per_day(p)), axes.y(p.figures), radius, fill, escape(tooltip(p)));
  };
  for (const OperatingPoint& p : points) dot(p, 1.5, "#bbb");
  std::string path;
  const std::vector<OperatingPoint> trade = trade_off(points);
  for (size_t i = 0; i < trade.size(); ++i) {  // steps: what is allowed more is not worse
    const double x = axes.x(per_day(trade[i])), y = axes.y(trade[i].figures);
    path += i == 0 ? fmt::format("M{:.1f} {:.1f}", x, y) : fmt::format(" H{:.1f} V{:.1f}", x, y);
  }
  svg += fmt::format("<path d=\"{} H{:.1f}\" fill=\"none\" stroke=\"#36c\"/>\n", path, kLeft + kWidth);
  for (const OperatingPoint& p : trade) {
    dot(p, 3, "#36c");
    svg += text_at(axes.x(per_day(p)) + 5, axes.y(p.figures) - 5, "start", delay_text(p));
  }
  dot(chosen, 5, "#c30");
  return svg + "</svg>\n";
}

}  // namespace mote
