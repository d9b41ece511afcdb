#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mote/evaluate/report_parts.h"
#include "mote/learn/linear.h"

namespace mote {
namespace {

constexpr int kPictureWidth = 196, kHeatHeight = 84;

std::string print_moment(const JudgedWindow& window) {
  return fmt::format("{} at {:.4g} s", window.file, window.begin_s);
}

struct Range {
  float low = 0, high = 0;
};

// Without the most extreme hundredth on both sides, so that one spike does not darken all.
Range usual_range(std::vector<float> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values[values.size() / 100], values[values.size() - 1 - values.size() / 100]};
}

// All pictures share their scales, so that they can be compared.
struct Scales {
  Range samples, features;
};

Scales find_scales(const Report& report) {
  std::vector<float> samples, features;
  for (const auto* pictures : {&report.examples, &report.mistakes})
    for (const WindowPicture& p : *pictures) {
      samples.insert(samples.end(), p.samples.begin(), p.samples.end());
      features.insert(features.end(), p.features.begin(), p.features.end());
    }
  if (samples.empty()) return {};
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  return {{*low, *high}, usual_range(std::move(features))};
}

// The samples of each axis: where there are more than pixels, what lies between the extremes within each pixel.
std::string draw_wave(const WindowPicture& p, const Range& range) {
  const size_t frames = p.samples.size() / p.axes, columns = std::min<size_t>(frames, kPictureWidth);
  const double span = range.high > range.low ? range.high - range.low : 1;
  const int height = p.axes > 1 ? 72 : 44;
  auto y = [&](float value) { return (height - 2) * (range.high - value) / span + 1; };
  std::string svg =
      fmt::format("<svg class=\"wave\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">", kPictureWidth, height);
  for (size_t axis = 0; axis < p.axes; ++axis) {
    std::string path;
    for (size_t c = 0; c < columns; ++c) {
      float low = p.samples[c * frames / columns * p.axes + axis], high = low;
      for (size_t f = c * frames / columns; f < (c + 1) * frames / columns; ++f)
        low = std::min(low, p.samples[f * p.axes + axis]), high = std::max(high, p.samples[f * p.axes + axis]);
      const double x = (static_cast<double>(c) + 0.5) * kPictureWidth / static_cast<double>(columns);
      path += fmt::format("{}{:.1f} {:.1f}V{:.1f}", c ? "L" : "M", x, y(high), y(low));
    }
    svg += fmt::format("<path class=\"thin {}\" d=\"{}\"/>", class_colour(axis), path);
  }
  return svg + "</svg>";
}

std::string draw_heat(const WindowPicture& p, const Range& range) {
  const bool one = p.rows == 1;  // a vector lies down
  const Image image = one ? paint_heat(p.features, p.columns, 1, range.low, range.high)
                          : paint_heat(p.features, p.rows, p.columns, range.low, range.high);
  return show_image(image, kPictureWidth, one ? kHeatHeight / 4 : kHeatHeight);
}

std::string show_picture(const Report& report, const WindowPicture& p, const Scales& scales,
                         const std::string& caption) {
  const JudgedWindow& window = report.verdict.labelled.windows[p.window];
  return fmt::format("<figure class=\"window\">{}{}<figcaption>{}<span class=\"small\">{}</span></figcaption></figure>",
                     draw_wave(p, scales.samples), draw_heat(p, scales.features), caption,
                     escape_html(print_moment(window)));
}

std::string name_of(const Results& results, int32_t label) {
  return escape_html(results.classes[static_cast<size_t>(label)]);
}

// "left, told right (0.98 against 0.01)"
std::string describe_outcome(const Results& results, size_t i) {
  const JudgedWindow& window = results.windows[i];
  const auto scores = results.scores_of(i);
  if (results.is_sound)
    return fmt::format("<b>{:+.1f} dB</b>, from {:.1f} dB", scores[0] - window.target, window.target);
  if (results.is_regression()) return fmt::format("<b>{:.4g}</b>, told {:.4g}", window.target, scores[0]);
  const int32_t told = decide(scores);
  const double score = scores[static_cast<size_t>(told)];
  if (told == window.label) return fmt::format("<b>{}</b> {:.2f}", name_of(results, told), score);
  return fmt::format("<b>{}</b>, told <b class=\"bad\">{}</b> ({:.2f} against {:.2f})", name_of(results, window.label),
                     name_of(results, told), score, scores[static_cast<size_t>(window.label)]);
}

// What a window was told more than what is true of it.
double badness(const Results& results, size_t i) {
  const JudgedWindow& window = results.windows[i];
  const auto scores = results.scores_of(i);
  if (results.is_sound) return window.target - scores[0];
  if (results.is_regression()) return std::abs(scores[0] - window.target);
  return scores[static_cast<size_t>(decide(scores))] - scores[static_cast<size_t>(window.label)];
}

bool is_mistake(const Results& results, size_t i) {
  return results.is_regression() ? badness(results, i) > 0 : decide(results.scores_of(i)) != results.windows[i].label;
}

// A class is a colour and, of many classes, a shape; a mistake has a ring.
std::string draw_point(const Results& results, size_t i, double x, double y) {
  const auto label = static_cast<size_t>(std::max(results.windows[i].label, 0));
  const std::string title = fmt::format("<title>{}: {}</title>", escape_html(print_moment(results.windows[i])), [&] {
    std::string text = describe_outcome(results, i);
    for (const char* tag : {"<b>", "</b>", "<b class=\"bad\">"})
      for (size_t at; (at = text.find(tag)) != text.npos;) text.erase(at, std::string_view(tag).size());
    return text;
  }());
  constexpr const char* kShapes[] = {"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", "M-3.5 -3.5h7v7h-7z", "M0 -4.5l4.5 8h-9z"};
  const std::string ring = !results.is_regression() && is_mistake(results, i) ? "<circle class=\"ring\" r=\"8\"/>" : "";
  return fmt::format("<g transform=\"translate({:.1f} {:.1f})\" class=\"{}\">{}<path class=\"point\" d=\"{}\"/>{}</g>",
                     x, y, class_colour(label), ring, kShapes[class_form(label)], title);
}

std::string make_key(const Results& results) {
  constexpr const char* kSigns[] = {"●", "■", "▲"};
  std::string key;
  for (size_t c = 0; c < results.classes.size(); ++c)
    key += fmt::format("<span><b class=\"{}\">{}</b> {}</span>", class_colour(c), kSigns[class_form(c)],
                       escape_html(results.classes[c]));
  return key.empty() ? "" : "<div class=\"key\">" + key + "</div>";
}

// Edges with a little room.
void fit(const std::vector<double>& values, double& low, double& high) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double room = std::max(0.05 * (*most - *least), 1e-9);
  low = *least - room, high = *most + room;
}

double variance_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  return std::accumulate(values.begin(), values.end(), 0.0,
                         [&](double sum, double v) { return sum + (v - mean) * (v - mean); }) /
         n;
}

// Up to `count` of them, evenly.
std::vector<size_t> thin_out(const std::vector<size_t>& all, size_t count) {
  std::vector<size_t> some;
  for (size_t i = 0; i < std::min(count, all.size()); ++i)
    some.push_back(all[(2 * i + 1) * all.size() / (2 * std::min(count, all.size()))]);
  return some;
}

std::vector<size_t> all_windows(const Results& results) {
  std::vector<size_t> all(results.windows.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

}  // namespace

Expected<Scatter> scatter_features(std::vector<size_t> windows, const Samples& features) {
  MOTE_TRY(const LinearModel plane, train_pca(features, {.components = std::min(features.features, 2)}));
  Scatter scatter{std::move(windows), {}, {}, 0, 0};
  for (size_t i = 0; i < features.count(); ++i) {
    const std::vector<double> at = predict(plane, features.sample(i));
    scatter.x.push_back(at[0]), scatter.y.push_back(at.size() > 1 ? at[1] : 0);
  }
  const std::vector<double> all = standardise(features, measure_scaling(features));
  const double total =
      std::inner_product(all.begin(), all.end(), all.begin(), 0.0) / static_cast<double>(features.count());
  if (total > 0) scatter.x_share = variance_of(scatter.x) / total, scatter.y_share = variance_of(scatter.y) / total;
  return scatter;
}

std::vector<size_t> pick_examples(const Results& labelled) {
  constexpr size_t kOfEach = 3, kNumbers = 10;
  std::vector<size_t> picked = all_windows(labelled);
  if (labelled.is_regression()) {
    std::stable_sort(picked.begin(), picked.end(),
                     [&](size_t a, size_t b) { return labelled.windows[a].target < labelled.windows[b].target; });
    return thin_out(picked, kNumbers);
  }
  std::vector<std::vector<size_t>> of_class(labelled.classes.size());
  for (size_t i : picked) of_class[static_cast<size_t>(labelled.windows[i].label)].push_back(i);
  picked.clear();
  for (const auto& windows : of_class)
    for (size_t i : thin_out(windows, kOfEach)) picked.push_back(i);
  return picked;
}

std::vector<size_t> pick_mistakes(const Results& labelled) {
  constexpr size_t kMost = 12;
  std::vector<size_t> picked = all_windows(labelled);
  std::erase_if(picked, [&](size_t i) { return !is_mistake(labelled, i); });
  std::stable_sort(picked.begin(), picked.end(),
                   [&](size_t a, size_t b) { return badness(labelled, a) > badness(labelled, b); });
  picked.resize(std::min(picked.size(), kMost));
  return picked;
}

std::vector<size_t> pick_points(const Results& labelled) { return thin_out(all_windows(labelled), 400); }

std::string show_numbers(const Report& report) {
  const Results& labelled = report.verdict.labelled;
  if (!labelled.is_regression()) return "";
  std::vector<double> truths, told(labelled.scores.begin(), labelled.scores.end());
  for (const JudgedWindow& window : labelled.windows) truths.push_back(window.target);
  std::vector<double> both = truths;
  both.insert(both.end(), told.begin(), told.end());
  const bool sound = labelled.is_sound;
  Frame f{
      420, 420, 0, 1, 0, 1, {}, {}, sound ? "SI-SDR of the recording, dB" : "true", sound ? "of the output" : "told"};
  fit(both, f.left, f.right);
  f.bottom = f.left, f.top = f.right;
  f.x_ticks = f.y_ticks = round_ticks(f.left, f.right, 6);
  std::string inside = draw_line(f, {{f.left, f.left}, {f.right, f.right}}, "guess");
  for (size_t i : thin_out(all_windows(labelled), 2000))
    inside += draw_point(labelled, i, f.x(truths[i]), f.y(told[i]));
  if (sound) return make_section("After over before", "What is above the diagonal is better.", draw_plot(f, inside));
  return make_section("Told over true", "What is right lies on the diagonal.", draw_plot(f, inside));
}

std::string show_scatter(const Report& report) {
  const Scatter& s = report.scatter;
  if (s.windows.empty()) return "";
  Frame f{520,
          420,
          0,
          1,
          0,
          1,
          {},
          {},
          fmt::format("first component, {:.0f} % of the variance", 100 * s.x_share),
          fmt::format("second, {:.0f} %", 100 * s.y_share)};
  fit(s.x, f.left, f.right), fit(s.y, f.bottom, f.top);
  f.x_ticks = round_ticks(f.left, f.right, 6), f.y_ticks = round_ticks(f.bottom, f.top, 6);
  std::string inside;
  for (size_t i = 0; i < s.windows.size(); ++i)
    inside += draw_point(report.verdict.labelled, s.windows[i], f.x(s.x[i]), f.y(s.y[i]));
  const bool numbers = report.verdict.labelled.is_regression();
  return make_section("Where windows lie",
                      fmt::format("The features of {} windows on the plane on which they differ most.{}",
                                  s.windows.size(), numbers ? "" : " A ring: a mistake."),
                      draw_plot(f, inside) + make_key(report.verdict.labelled));
}

std::string show_mistakes(const Report& report) {
  const Scales scales = find_scales(report);
  std::string pictures;
  for (const WindowPicture& p : report.mistakes)
    pictures += show_picture(report, p, scales, describe_outcome(report.verdict.labelled, p.window));
  if (pictures.empty()) return "";
  return make_section("Worst mistakes",
                      "Samples, and the features that the model was given. A wrong label looks like a mistake, "
                      "so these are the first to check.",
                      "<div class=\"pictures\">" + pictures + "</div>");
}

std::string show_examples(const Report& report) {
  const Scales scales = find_scales(report);
  std::string pictures;
  for (const WindowPicture& p : report.examples)
    pictures += show_picture(report, p, scales, describe_outcome(report.verdict.labelled, p.window));
  if (pictures.empty()) return "";
  std::string key;
  for (size_t i = 0; report.axes.size() > 1 && i < report.axes.size(); ++i)
    key += fmt::format("<span><b class=\"{}\">—</b> {}</span>", class_colour(i), escape_html(report.axes[i]));
  return make_section(
      "What the model is given",
      "Some windows of each class: samples over time, and below them features, low ones at the bottom. "
      "All pictures share their scales.",
      "<div class=\"pictures\">" + pictures + "</div>" + (key.empty() ? "" : "<div class=\"key\">" + key + "</div>"));
}

}  // namespace mote
