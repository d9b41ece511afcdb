#include "mote/cli/pareto.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

namespace mote {
namespace {

constexpr double kSmaller = 0.9;  // the next budget, as a share of what a point takes
constexpr int kMostPoints = 40;   // compiled, whether they are on the front or not

bool is_no_worse(const ParetoPoint& a, const ParetoPoint& b) {
  return a.arena_bytes <= b.arena_bytes && a.flash_bytes <= b.flash_bytes && a.instructions <= b.instructions;
}

// Adds a point and drops those that it makes needless; false if it is needless itself.
bool add_point(std::vector<ParetoPoint>& points, const ParetoPoint& point) {
  if (std::any_of(points.begin(), points.end(), [&](const ParetoPoint& p) { return is_no_worse(p, point); }))
    return false;
  points.erase(
      std::remove_if(points.begin(), points.end(), [&](const ParetoPoint& p) { return is_no_worse(point, p); }),
      points.end());
  points.push_back(point);
  return true;
}

// If a known point has the same firmware, and that fits, takes over what was measured of it.
bool take_over(ParetoPoint& point, const Plan& plan, const std::vector<ParetoPoint>& known) {
  const auto same = std::find_if(known.begin(), known.end(), [&](const ParetoPoint& p) {
    return p.options.optimize == point.options.optimize && p.arena_bytes == plan.arena_bytes &&
           p.ways == plan.choice.ways && p.flash_bytes <= point.options.flash_bytes.value_or(p.flash_bytes);
  });
  if (same == known.end()) return false;
  const ModelOptions options = point.options;
  point = *same;
  point.options = options;
  return true;
}

// Builds the firmware within the budgets and counts its instructions.
Status measure(ParetoPoint& point, CompiledModel& model, const std::vector<ParetoPoint>& known) {
  if (take_over(point, model.plan, known)) return {};
  MOTE_TRY(const BuiltFirmware built, build_model(model, point.options));
  if (take_over(point, model.plan, known)) return {};  // a budget of flash may have led to another choice
  MOTE_TRY(const FirmwareRun run,
           run_firmware(model.plan, built, *model.target, profile_inputs(model), {.count = true, .cycles = true}));
  const Sizes sizes = measure_sizes(model, built, run.stack_bytes);
  MOTE_TRY_STATUS(check_budgets(model, point.options, sizes));
  point.flash_bytes = sizes.flash.total;
  point.instructions = static_cast<double>(model.plan.stream.hop > 0 ? mean_hop(run) : run.instructions);
  if (run.prediction && model.plan.stream.hop == 0) {
    point.cycles = static_cast<double>(run.prediction->cycles.nominal);
    if (run.prediction->latency_ms) point.latency_ms = run.prediction->latency_ms->nominal;
  }
  return {};
}

Expected<ParetoPoint> find_point(const ModelOptions& options, bool measured, const std::vector<ParetoPoint>& known) {
  MOTE_TRY(CompiledModel model, compile_model(options));
  ParetoPoint point{.options = options, .ways = {}};
  point.flash_bytes = static_cast<int64_t>(model.plan.choice.all_flash_bytes());
  point.instructions = model.plan.choice.instructions;
  if (measured) MOTE_TRY_STATUS(measure(point, model, known));
  point.ways = model.plan.choice.ways;
  point.arena_bytes = model.plan.arena_bytes;
  point.table_bytes = table_bytes(model.plan);
  point.predicted = model.plan.choice.instructions;
  return point;
}

// Points that need a little less memory, and a little less flash, than this one.
std::vector<ModelOptions> next_budgets(const ParetoPoint& point, bool measured) {
  const auto less = [](int64_t bytes) { return static_cast<int64_t>(kSmaller * static_cast<double>(bytes)); };
  std::vector<ModelOptions> next{point.options};
  next[0].ram_bytes = less(point.arena_bytes);
  if (!measured) return next;  // without a compiler nothing can be held to a budget of flash
  next.push_back(point.options);
  next[1].flash_bytes = less(point.flash_bytes);
  return next;
}

bool can_measure(const Target& target) { return compiler_version(target) && emulator_version(target); }

// ---- the picture ----

constexpr double kWidth = 640, kHeight = 360, kLeft = 90, kTop = 60, kLine = 18;

// A scale from the least to the most value, with a margin, and its ticks.
struct Axis {
  double low, high, step;

  Axis(double least, double most) {
    const double span = std::max(most - least, 0.1 * std::max(most, 1.0));
    low = std::max(0.0, least - 0.1 * span), high = most + 0.1 * span;
    step = std::pow(10, std::floor(std::log10(high - low)));
    while ((high - low) / step < 4) step /= 2;
  }
  double share(double value) const { return (value - low) / (high - low); }
};

// "1.25 M", "11.97 k", "9860": four digits at most.
std::string short_number(double value) {
  if (value >= 1e6) return fmt::format("{:.4g} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.4g} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

// From sand over sea green to deep blue.
std::string colour(double share) {
  constexpr int kStops[3][3] = {{0xe0, 0xa0, 0x30}, {0x3a, 0x94, 0x86}, {0x1b, 0x2f, 0x6b}};
  const int from = share < 0.5 ? 0 : 1;
  const double part = 2 * share - from;
  const auto mix = [&](int i) {
    return static_cast<int>(std::lround(kStops[from][i] + part * (kStops[from + 1][i] - kStops[from][i])));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2));
}

double time_of(const ParetoPoint& p) { return p.latency_ms ? *p.latency_ms : p.instructions; }

std::string what_time_is(const ParetoFront& front) {
  if (front.points[0].latency_ms) return "latency, ms (predicted)";
  return front.measured ? "instructions (counted)" : "instructions (predicted)";
}

class Picture {
 public:
  explicit Picture(const ParetoFront& front)
      : front_(front),
        x_(axis([](const ParetoPoint& p) { return static_cast<double>(p.arena_bytes); })),
        y_(axis(time_of)) {
    for (const ParetoPoint& p : front.points) {
      least_flash_ = std::min(least_flash_, p.flash_bytes);
      most_flash_ = std::max(most_flash_, p.flash_bytes);
    }
  }

  std::string draw(const std::string& title) const {
    const double height = kTop + kHeight + 70 + kLine * static_cast<double>(front_.points.size() + 1);
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n"
               "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
               "<text x=\"{}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{}</text>\n",
               kLeft + kWidth + 130, height, kLeft, title) +
           grid() + key() + stairs() + points() + list() + "</svg>\n";
  }

 private:
  template <class Value>
  Axis axis(Value value) const {
    const auto [least, most] = std::minmax_element(front_.points.begin(), front_.points.end(),
                                                   [&](const auto& a, const auto& b) { return value(a) < value(b); });
    return {value(*least), value(*most)};
  }

  double x(const ParetoPoint& p) const { return kLeft + kWidth * x_.share(static_cast<double>(p.arena_bytes)); }
  double y(const ParetoPoint& p) const { return kTop + kHeight * (1 - y_.share(time_of(p))); }
  std::string fill(int64_t flash) const {
    const auto span = static_cast<double>(std::max<int64_t>(most_flash_ - least_flash_, 1));
    return colour(static_cast<double>(flash - least_flash_) / span);
  }

  std::string grid() const {
    std::string svg;
    const double bottom = kTop + kHeight;
    for (double v = std::ceil(x_.low / x_.step) * x_.step; v <= x_.high; v += x_.step)
      svg += fmt::format(
          "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#e4e4e4\"/><text x=\"{0:.1f}\" y=\"{3}\" "
          "text-anchor=\"middle\">{4}</text>\n",
          kLeft + kWidth * x_.share(v), kTop, bottom, bottom + 18, short_number(v));
    for (double v = std::ceil(y_.low / y_.step) * y_.step; v <= y_.high; v += y_.step)
      svg += fmt::format(
          "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#e4e4e4\"/><text x=\"{3}\" y=\"{4:.1f}\" "
          "text-anchor=\"end\">{5}</text>\n",
          kLeft, kLeft + kWidth, kTop + kHeight * (1 - y_.share(v)), kLeft - 8, kTop + kHeight * (1 - y_.share(v)) + 4,
          short_number(v));
    svg += fmt::format(
        "<path d=\"M{0} {1}V{2}H{3}\" fill=\"none\" stroke=\"#555\"/>\n"
        "<text x=\"{4}\" y=\"{5}\" text-anchor=\"middle\">arena, bytes of RAM</text>\n"
        "<text x=\"{0}\" y=\"{6}\" text-anchor=\"middle\">{7}</text>\n",
        kLeft, kTop, bottom, kLeft + kWidth, kLeft + kWidth / 2, bottom + 38, kTop - 12, what_time_is(front_));
    return svg;
  }

  // Which colour is how much flash.
  std::string key() const {
    std::string svg = fmt::format("<text x=\"{}\" y=\"{}\">flash, bytes{}</text>\n", kLeft + kWidth + 24, kTop + 4,
                                  front_.measured ? "" : " (predicted)");
    constexpr int kBlocks = 20;
    for (int i = 0; i < kBlocks; ++i)
      svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"16\" height=\"8.5\" fill=\"{}\"/>\n", kLeft + kWidth + 24,
                         kTop + 16 + 8 * i, colour(1 - static_cast<double>(i) / (kBlocks - 1)));
    return svg + fmt::format("<text x=\"{0}\" y=\"{1}\">{2}</text><text x=\"{0}\" y=\"{3}\">{4}</text>\n",
                             kLeft + kWidth + 46, kTop + 26, most_flash_, kTop + 16 + 8 * kBlocks, least_flash_);
  }

  // The least time for so much memory, whatever flash it takes.
  std::string stairs() const {
    std::vector<const ParetoPoint*> order;
    for (const ParetoPoint& p : front_.points) order.push_back(&p);
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
      return std::pair(a->arena_bytes, time_of(*a)) < std::pair(b->arena_bytes, time_of(*b));
    });
    std::string path = fmt::format("M{:.1f} {}", x(*order[0]), kTop);
    double least = INFINITY;
    for (const ParetoPoint* p : order) {
      if (time_of(*p) >= least) continue;
      least = time_of(*p);
      path += fmt::format("H{:.1f}V{:.1f}", x(*p), y(*p));
    }
    return fmt::format("<path d=\"{}H{}\" fill=\"none\" stroke=\"#9aa7b8\" stroke-width=\"2\"/>\n", path,
                       kLeft + kWidth);
  }

  std::string points() const {
    std::string svg;
    for (size_t i = 0; i < front_.points.size(); ++i) {
      const ParetoPoint& p = front_.points[i];
      svg += fmt::format(
          "<g><title>{5}</title><circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"10\" fill=\"{2}\" stroke=\"white\" "
          "stroke-width=\"1.5\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" fill=\"white\" font-size=\"10\" "
          "text-anchor=\"middle\">{4}</text></g>\n",
          x(p), y(p), fill(p.flash_bytes), y(p) + 3.5, i + 1, describe_budgets(p.options));
    }
    return svg;
  }

  std::string list() const {
    double at = kTop + kHeight + 70;
    const auto line = [&](const std::array<std::string, 5>& cells, const char* weight) {
      constexpr double ends[] = {24, 110, 200, 310};
      std::string svg;
      for (size_t i = 0; i < 4; ++i)
        svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\"{}>{}</text>", kLeft + ends[i] - 24, at, weight,
                           cells[i]);
      svg += fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", kLeft + 310, at, weight, cells[4]);
      at += kLine;
      return svg;
    };
    std::string svg = line({"", "arena", "flash", front_.points[0].latency_ms ? "ms" : "instructions", "options"},
                           " font-weight=\"bold\"");
    for (size_t i = 0; i < front_.points.size(); ++i) {
      const ParetoPoint& p = front_.points[i];
      svg += line({std::to_string(i + 1), std::to_string(p.arena_bytes), std::to_string(p.flash_bytes),
                   short_number(time_of(p)), describe_budgets(p.options)},
                  "");
    }
    return svg;
  }

  const ParetoFront& front_;
  Axis x_, y_;
  int64_t least_flash_ = INT64_MAX, most_flash_ = 0;
};

}  // namespace

std::string describe_budgets(const ModelOptions& o) {
  std::string text = "--optimize " + o.optimize;
  if (o.ram_bytes) text += fmt::format(" --ram {}", *o.ram_bytes);
  if (o.flash_bytes) text += fmt::format(" --flash {}", *o.flash_bytes);
  return text;
}

Expected<ParetoFront> find_pareto(const ModelOptions& options) {
  MOTE_TRY(const Target* target, find_target(options.target));
  ParetoFront front;
  front.measured = can_measure(*target);
  std::deque<ModelOptions> open;
  for (const char* optimize : {"speed", "balanced", "ram"}) {
    open.push_back(options);
    open.back().optimize = optimize;
  }
  std::vector<ParetoPoint> known;
  std::optional<Error> refused;
  for (int compiled = 0; !open.empty(); ++compiled) {
    if (compiled == kMostPoints) {
      front.is_whole = false;
      break;
    }
    show_progress(
        fmt::format("{} on the front, {} compiled: {}", front.points.size(), compiled, describe_budgets(open.front())));
    auto point = find_point(open.front(), front.measured, known);
    open.pop_front();
    if (!point && point.error().code != Code::does_not_fit) return std::move(point.error());
    if (!point) {
      refused = point.error();
      continue;
    }
    known.push_back(*point);
    if (add_point(front.points, *point))
      for (ModelOptions& next : next_budgets(*point, front.measured)) open.push_back(std::move(next));
  }
  show_progress("");
  if (front.points.empty()) return std::move(*refused);
  std::stable_sort(front.points.begin(), front.points.end(),
                   [](const ParetoPoint& a, const ParetoPoint& b) { return a.instructions < b.instructions; });
  return front;
}

std::string draw_pareto(const ParetoFront& front, const std::string& title) { return Picture(front).draw(title); }

}  // namespace mote
