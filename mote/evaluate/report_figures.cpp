#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mote/evaluate/report_parts.h"

namespace mote {
namespace {

constexpr size_t kShownGroups = 60;

// Whether it is in a unit, so that 1 is no end.
bool has_unit(std::string_view figure) { return figure == "mae" || figure == "rmse" || figure.starts_with("si_sdr"); }

// From 0 to 1, or of figures with a unit beyond the least and the largest of them.
struct Scale {
  double low = 0, high = 1;
};

Scale scale_of(const Report& report, const std::string& figure) {
  if (!has_unit(figure)) return {};
  Scale scale{0, 0};
  auto look = [&](const std::vector<Figure>& figures) {
    const Figure& f = find_figure(figures, figure);
    const auto [low, high] = f.interval.value_or(ConfidenceInterval{f.value, f.value});
    for (double value : {low, f.value, high})
      scale.low = std::min(scale.low, 1.1 * value), scale.high = std::max(scale.high, 1.1 * value);
  };
  look(report.verdict.figures);
  for (const Trial& trial : report.verdict.trials) look(trial.figures);
  if (!(scale.high > scale.low)) scale.high = scale.low + 1;
  return scale;
}

// What guessing gets; NaN where nothing can be said.
double chance_of(const Report& report, const std::string& figure) {
  if (figure == "auc") return 0.5;
  if (figure != "balanced_accuracy") return NAN;
  double there = 0;
  for (const ClassFigures& c : measure_classes(count_confusion(report.verdict.labelled))) there += c.windows > 0;
  return 1 / there;
}

// A line over the scale with interval, value and, dashed, chance.
std::string draw_gauge(const Figure& figure, Scale scale, double chance) {
  const Frame f{230, 24, scale.low, scale.high, 0, 1, {}, {}, "", ""};
  auto x = [&](double value) { return f.x(std::clamp(value, scale.low, scale.high)); };
  std::string svg =
      "<svg class=\"gauge\" viewBox=\"-6 0 242 24\" width=\"242\" height=\"24\">"
      "<path class=\"track\" d=\"M0 12H230\"/>";
  if (std::isfinite(chance)) svg += fmt::format("<path class=\"chance\" d=\"M{0:.1f} 3V21\"/>", x(chance));
  if (figure.interval)
    svg += fmt::format("<path class=\"interval\" d=\"M{:.1f} 12H{:.1f}\"/>", x(figure.interval->low),
                       x(figure.interval->high));
  if (std::isfinite(figure.value))
    svg += fmt::format("<circle class=\"value\" cx=\"{:.1f}\" cy=\"12\" r=\"5\"/>", x(figure.value));
  return svg + "</svg>";
}

std::string make_card(const std::string& name, const std::string& value, const std::string& more) {
  return fmt::format("<div class=\"card\"><div class=\"name\">{}</div><div class=\"big\">{}</div>{}</div>",
                     escape_html(name), value, more);
}

// The trials of one kind: the figure over the levels, with the figure of no trial as a line behind.
std::string draw_kind(const Report& report, const std::vector<const Trial*>& trials, Scale scale) {
  const std::string name(compared_figure(report.verdict.labelled));
  const auto n = static_cast<double>(trials.size());
  Frame f{200, 130, -0.5, n - 0.5, scale.low, scale.high, {}, round_ticks(scale.low, scale.high, 4), "", ""};
  const Figure& calm = find_figure(report.verdict.figures, name);
  std::string inside;
  if (calm.interval)
    inside += fmt::format("<rect class=\"calm\" x=\"0\" y=\"{:.1f}\" width=\"{}\" height=\"{:.1f}\"/>",
                          f.y(calm.interval->high), f.width, f.y(calm.interval->low) - f.y(calm.interval->high));
  inside += draw_line(f, {{f.left, calm.value}, {f.right, calm.value}}, "calm");
  for (size_t i = 0; i < trials.size(); ++i) {
    const Figure& figure = find_figure(trials[i]->figures, name);
    const auto at = static_cast<double>(i);
    f.x_ticks.push_back({at, trials[i]->kind == "stuck" ? trials[i]->unit : fmt::format("{}", trials[i]->level)});
    if (std::isnan(figure.value)) continue;
    if (figure.interval) inside += draw_line(f, {{at, figure.interval->low}, {at, figure.interval->high}}, "interval");
    inside +=
        fmt::format("<circle class=\"value\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"><title>{}: {}, {}</title></circle>",
                    f.x(at), f.y(figure.value), escape_html(describe_level(*trials[i])), print_figure(figure.value),
                    print_interval(figure.interval));
  }
  const std::string unit = trials[0]->kind == "stuck" ? "axis" : trials[0]->unit;
  return fmt::format("<figure><figcaption><b>{}</b> {}</figcaption>{}</figure>", escape_html(trials[0]->kind),
                     escape_html(unit), draw_plot(f, inside));
}

}  // namespace

std::string make_section(std::string_view title, std::string_view note, const std::string& body) {
  if (body.empty()) return "";
  return fmt::format("<section><h2>{}</h2><p class=\"note\">{}</p>{}</section>\n", escape_html(title),
                     escape_html(note), body);
}

std::string draw_bar(double share, double value) {
  if (std::isnan(share)) return "<td>-</td>";
  return fmt::format(
      "<td><svg width=\"64\" height=\"10\"><rect class=\"track\" width=\"64\" height=\"10\"/><rect class=\"bar\" "
      "width=\"{:.1f}\" height=\"10\"/></svg> {:.2f}</td>",
      64 * share, value);
}

std::string show_figures(const Report& report) {
  std::string cards;
  for (const Figure& figure : report.verdict.figures)
    cards += make_card(print_name(figure.name), print_figure(figure.value),
                       draw_gauge(figure, scale_of(report, figure.name), chance_of(report, figure.name)) +
                           "<div class=\"small\">" + print_interval(figure.interval) + "</div>");
  return make_section("How good, and how sure",
                      fmt::format("Dot: the figure. Bar: its {:.0f} % interval; {}. Dashed: guessing.",
                                  100 * report.level, describe_intervals(report.verdict)),
                      "<div class=\"cards\">" + cards + "</div>");
}

std::string show_comparison(const Report& report) {
  if (!report.verdict.comparison) return "";
  const Comparison& c = *report.verdict.comparison;
  const std::string name = print_name(compared_figure(report.verdict.labelled));
  const std::string only(name_of_better(report.verdict.labelled));
  const std::string difference =
      c.difference ? fmt::format("{:+.3f} to {:+.3f}", c.difference->low, c.difference->high) : "-";
  const std::string cards =
      make_card(name + " there", print_figure(c.a), "") + make_card(name + " here", print_figure(c.b), "") +
      make_card("difference", fmt::format("{:+.3f}", c.b - c.a), "<div class=\"small\">" + difference + "</div>") +
      make_card("p", fmt::format("{:.2g}", c.p),
                fmt::format("<div class=\"small\">{} swapped, two-sided</div>", count_of(c.groups, "group"))) +
      make_card(only + " there", fmt::format("{}", report.verdict.disagreement.only_a), "") +
      make_card(only + " here", fmt::format("{}", report.verdict.disagreement.only_b), "");
  return make_section("Against " + report.against,
                      "There: that file. Here: this model. By its p, " + conclude(report.verdict, report.level) + ".",
                      "<div class=\"cards\">" + cards + "</div>");
}

std::string show_events(const Report& report) {
  const EventFigures& e = report.verdict.events;
  if (e.duration_s <= 0) return "";
  const ConfidenceInterval rate = false_alarm_interval(e, report.level);
  std::string cards = make_card("false alarms a day", print_rate(e.false_alarms_per_day()),
                                fmt::format("<div class=\"small\">{} to {}; {} in {:.3g} h</div>", print_rate(rate.low),
                                            print_rate(rate.high), e.false_alarms, e.duration_s / 3600));
  if (e.events > 0)
    cards += make_card("missed", fmt::format("{} of {}", e.missed, e.events), "<div class=\"small\">events</div>") +
             make_card("delay", print_rate(e.mean_delay_s()) + " s",
                       "<div class=\"small\">mean, from the begin of an event</div>");
  return make_section("Listening all day",
                      "Alarms against events, in recordings with labels in time or of background: " +
                          describe_alarms(report.verdict) + ".",
                      "<div class=\"cards\">" + cards + "</div>");
}

std::string show_novelty(const Report& report) {
  if (!report.verdict.novelty) return "";
  const Novelty& n = *report.verdict.novelty;
  std::string cards =
      make_card("known, called unknown", fmt::format("{} of {}", n.known_called_unknown, n.known_windows),
                "<div class=\"small\">windows of the classes</div>");
  if (n.windows > 0)
    cards += make_card("new, called unknown", fmt::format("{} of {}", n.called_unknown, n.windows),
                       "<div class=\"small\">windows of what was not learned</div>") +
             make_card("AUC", print_figure(n.auc), "<div class=\"small\">of the distance, new against known</div>");
  return make_section("What it does not know", "Windows farther from all that was learned than the limit, one by one.",
                      "<div class=\"cards\">" + cards + "</div>");
}

std::string show_groups(const Report& report) {
  const bool numbers = report.verdict.labelled.is_regression();
  const Results& labelled = report.verdict.labelled;
  const std::vector<GroupFigures> groups = sort_worst_first(report.verdict.groups, labelled.less_is_better());
  const bool listens = report.verdict.events.duration_s > 0;
  double end = numbers ? 1e-9 : 1;
  for (const GroupFigures& g : groups) end = std::max(end, g.figure);
  const std::string figure(name_of_group_figure(labelled));
  const size_t shown = std::min(groups.size(), kShownGroups);
  std::string rows = fmt::format("<tr><th>{}</th><th>{}</th><th>{}</th>{}{}</tr>", escape_html(report.groups_by),
                                 labelled.is_sound ? "recordings" : "windows", figure,
                                 numbers ? "" : "<th>balanced</th>", listens ? "<th>events</th>" : "");
  for (size_t i = 0; i < shown; ++i) {
    const GroupFigures& g = groups[i];
    rows +=
        fmt::format("<tr><th>{}</th><td>{}</td>{}", escape_html(g.name), g.windows, draw_bar(g.figure / end, g.figure));
    if (!numbers) rows += draw_bar(g.balanced_accuracy, g.balanced_accuracy);
    if (listens) rows += "<td>" + describe_events(g.events) + "</td>";
    rows += "</tr>\n";
  }
  const std::string more = shown < groups.size() ? fmt::format(", the {} worst of {}", shown, groups.size()) : "";
  return make_section(fmt::format("Each {}", report.groups_by), fmt::format("By {}, worst first{}.", figure, more),
                      "<div class=\"scroll\"><table class=\"classes\">" + rows + "</table></div>");
}

std::string show_trials(const Report& report) {
  if (report.verdict.trials.empty()) return "";
  const std::string name(compared_figure(report.verdict.labelled));
  const Scale scale = scale_of(report, name);
  std::vector<std::vector<const Trial*>> kinds;
  for (const Trial& trial : report.verdict.trials) {
    if (kinds.empty() || kinds.back()[0]->kind != trial.kind) kinds.emplace_back();
    kinds.back().push_back(&trial);
  }
  std::string plots;
  for (const auto& kind : kinds) plots += draw_kind(report, kind, scale);
  return make_section(
      "Under stress",
      fmt::format("The {} when something is wrong with the sensor or the memory. Band: without.", print_name(name)),
      "<div class=\"plots\">" + plots + "</div>");
}

}  // namespace mote
