#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/evaluate/ranking.h"
#include "mote/evaluate/report_parts.h"

namespace mote {
namespace {

constexpr size_t kMostColumns = 40, kMostPairs = 30;
constexpr size_t kMostCurves = 21;  // colours times dashes

std::string curve_style(size_t index) { return fmt::format("{} dash{}", class_colour(index), class_form(index)); }

std::string make_key(const Results& labelled, const std::vector<Ranking>& rankings) {
  std::string key;
  for (size_t c = 0; c < std::min(rankings.size(), kMostCurves); ++c)
    key += fmt::format(
        "<span><svg width=\"26\" height=\"10\"><path class=\"line {}\" d=\"M0 5H26\"/></svg>{} "
        "<i>AUC {}, EER {}</i></span>",
        curve_style(c), escape_html(labelled.classes[c]), print_figure(auc(rankings[c])),
        print_figure(equal_error_rate(trace_roc(rankings[c]))));
  return "<div class=\"key\">" + key + "</div>";
}

std::string draw_roc(const std::vector<Ranking>& rankings) {
  const Frame f{
      330, 330, 0, 1, 0, 1, round_ticks(0, 1, 5), round_ticks(0, 1, 5), "false positive rate", "true positive rate"};
  std::string inside = draw_line(f, {{0, 0}, {1, 1}}, "guess");
  for (size_t c = 0; c < std::min(rankings.size(), kMostCurves); ++c) {
    std::vector<Point> points;
    for (const RocPoint& p : trace_roc(rankings[c]))
      if (std::isfinite(p.true_positives) && std::isfinite(p.false_positives))
        points.push_back({p.false_positives, p.true_positives});
    if (points.size() > 1) inside += draw_line(f, points, curve_style(c));
  }
  return "<figure><figcaption><b>ROC</b> each class against all others</figcaption>" + draw_plot(f, inside) +
         "</figure>";
}

std::string draw_det(const std::vector<Ranking>& rankings) {
  std::vector<Tick> ticks;
  for (double percent : {0.1, 1.0, 5.0, 20.0, 50.0})
    ticks.push_back({normal_deviate(percent / 100), fmt::format("{} %", percent)});
  const double low = normal_deviate(0.0005), high = normal_deviate(0.6);
  const Frame f{330, 330, low, high, low, high, ticks, ticks, "false positive rate", "miss rate"};
  auto at = [&](double share) { return std::clamp(normal_deviate(share), low, high); };
  std::string inside = draw_line(f, {{low, low}, {high, high}}, "guess");
  for (size_t c = 0; c < std::min(rankings.size(), kMostCurves); ++c) {
    std::vector<Point> points;
    for (const RocPoint& p : trace_roc(rankings[c]))
      if (std::isfinite(p.true_positives) && std::isfinite(p.false_positives))
        points.push_back({at(p.false_positives), at(p.misses())});
    if (points.size() > 1) inside += draw_line(f, points, curve_style(c));
  }
  return "<figure><figcaption><b>DET</b> on axes of normal deviates; a curve at the edge has no errors "
         "there</figcaption>" +
         draw_plot(f, inside) + "</figure>";
}

double windows_of(const Confusion& confusion, size_t truth) {
  double windows = 0;
  for (size_t told = 0; told < confusion.classes; ++told) windows += confusion.at(truth, told);
  return windows;
}

std::string draw_confusion(const Results& labelled, const Confusion& confusion) {
  std::string table = "<div class=\"scroll\"><table class=\"confusion\"><tr><th></th>";
  for (const std::string& name : labelled.classes)
    table += "<th class=\"told\"><span>" + escape_html(name) + "</span></th>";
  for (size_t truth = 0; truth < confusion.classes; ++truth) {
    const double windows = windows_of(confusion, truth);
    table += "</tr>\n<tr><th>" + escape_html(labelled.classes[truth]) + "</th>";
    for (size_t told = 0; told < confusion.classes; ++told) {
      const double count = confusion.at(truth, told), share = windows > 0 ? count / windows : 0;
      table += fmt::format("<td class=\"{}\" style=\"--share:{:.3f}\" title=\"{} told {}: {:.1f} %\">{}</td>",
                           truth == told ? "right" : "wrong", share, escape_html(labelled.classes[truth]),
                           escape_html(labelled.classes[told]), 100 * share, count > 0 ? fmt::format("{}", count) : "");
    }
  }
  return table + "</tr></table></div>";
}

// Of more classes than a table holds.
std::string list_confusions(const Results& labelled, const Confusion& confusion) {
  struct Pair {
    double count;
    size_t truth, told;
  };
  std::vector<Pair> pairs;
  for (size_t truth = 0; truth < confusion.classes; ++truth)
    for (size_t told = 0; told < confusion.classes; ++told)
      if (truth != told && confusion.at(truth, told) > 0) pairs.push_back({confusion.at(truth, told), truth, told});
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
  pairs.resize(std::min(pairs.size(), kMostPairs));
  std::string table =
      "<div class=\"scroll\"><table><tr><th>is</th><th>was told</th><th>windows</th><th>of all</th></tr>";
  for (const Pair& pair : pairs)
    table += fmt::format("<tr><th>{}</th><th>{}</th><td>{}</td><td>{:.0f} %</td></tr>",
                         escape_html(labelled.classes[pair.truth]), escape_html(labelled.classes[pair.told]),
                         pair.count, 100 * pair.count / windows_of(confusion, pair.truth));
  return table + "</table></div>";
}

}  // namespace

std::string show_confusion(const Report& report) {
  const Results& labelled = report.verdict.labelled;
  if (labelled.is_regression()) return "";
  const Confusion confusion = count_confusion(labelled);
  if (confusion.classes > kMostColumns)
    return make_section("What was taken for what", "The pairs that were confused most often.",
                        list_confusions(labelled, confusion));
  return make_section("What was taken for what",
                      "Rows: what is true. Columns: what was told. Shade: the share of the row.",
                      draw_confusion(labelled, confusion));
}

std::string show_classes(const Report& report) {
  const Results& labelled = report.verdict.labelled;
  if (labelled.is_regression()) return "";
  const std::vector<ClassFigures> figures = measure_classes(count_confusion(labelled));
  std::string table =
      "<div class=\"scroll\"><table class=\"classes\"><tr><th>class</th><th>windows</th>"
      "<th>precision</th><th>recall</th><th>F1</th></tr>";
  for (size_t c = 0; c < figures.size(); ++c)
    table += fmt::format("<tr><th>{}</th><td>{}</td>{}{}{}</tr>", escape_html(labelled.classes[c]), figures[c].windows,
                         draw_bar(figures[c].precision, figures[c].precision),
                         draw_bar(figures[c].recall, figures[c].recall), draw_bar(figures[c].f1, figures[c].f1));
  return make_section("Each class", "Precision: right of what was told. Recall: told of what is true.",
                      table + "</table></div>");
}

std::string show_curves(const Report& report) {
  const Results& labelled = report.verdict.labelled;
  if (labelled.is_regression()) return "";
  const std::vector<Ranking> rankings = rank_classes(labelled);
  const std::string more =
      rankings.size() > kMostCurves ? fmt::format(" The first {} of {} classes.", kMostCurves, rankings.size()) : "";
  return make_section(
      "At other thresholds", "How misses and false positives trade against each other." + more,
      "<div class=\"plots\">" + draw_roc(rankings) + draw_det(rankings) + "</div>" + make_key(labelled, rankings));
}

}  // namespace mote
