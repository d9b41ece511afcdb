#include "mote/evaluate/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace mote {

EventFigures add_up(const std::map<std::string, EventFigures>& events) {
  EventFigures all;
  for (const auto& [group, figures] : events) add(all, figures);
  return all;
}

const Figure& find_figure(const std::vector<Figure>& figures, std::string_view name) {
  return *std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
}

std::string describe_alarms(const Verdict& verdict) {
  if (verdict.decision.empty())
    return "an alarm is each change of the greatest score to an event; there is no [decision]";
  return "an alarm is what [decision] tells, hop by hop: " + verdict.decision;
}

std::string describe_intervals(const Verdict& verdict) {
  if (verdict.witnesses < 2)
    return "no intervals: one group shows nothing of how groups differ. Record more of them, or name the column of "
           "labels.csv that tells them apart in [data] group";
  return fmt::format("intervals by bootstrap over {} groups{}", verdict.witnesses,
                     verdict.witnesses < 20 ? "; fewer than 20 groups make them too narrow" : "");
}

std::string describe_events(const EventFigures& events) {
  if (events.duration_s <= 0) return "";
  const std::string alarms = count_of(static_cast<size_t>(events.false_alarms), "false alarm");
  if (events.events == 0) return alarms;
  return fmt::format("{} of {} missed, {}", events.missed, events.events, alarms);
}

std::string describe_novelty(const Novelty& n) {
  const std::string known =
      fmt::format("{} of {} of known classes are called unknown", n.known_called_unknown, n.known_windows);
  if (n.windows == 0) return known + "; no window is of anything that was not learned";
  std::string names;
  for (const std::string& label : n.labels) names += (names.empty() ? "" : ", ") + label;
  return fmt::format("{} of {} windows of what was not learned ({}), and {} (AUC of the distance {})", n.called_unknown,
                     n.windows, names, known, print_figure(n.auc));
}

std::string count_of(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string describe_level(const Trial& trial) {
  return trial.kind == "stuck" ? trial.unit : fmt::format("{} {}", trial.level, trial.unit);
}

std::string conclude(const Verdict& verdict, double level) {
  const Comparison& c = *verdict.comparison;
  if (c.p > 1 - level) return "that one is better than the other is not shown";
  return (c.b > c.a) != verdict.labelled.less_is_better() ? "this one is better" : "this one is worse";
}

std::string_view name_of_group_figure(const Results& results) {
  return results.is_sound ? "gain, dB" : results.is_regression() ? "MAE" : "accuracy";
}

std::string_view name_of_better(const Results& results) {
  return results.is_sound ? "better" : results.is_regression() ? "nearer" : "only right";
}

std::string print_name(std::string_view figure) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"balanced_accuracy", "balanced accuracy"},
                                                                      {"macro_f1", "macro F1"},
                                                                      {"auc", "AUC"},
                                                                      {"mae", "MAE"},
                                                                      {"rmse", "RMSE"},
                                                                      {"r2", "R2"},
                                                                      {"si_sdr_gain", "gain of SI-SDR, dB"},
                                                                      {"si_sdr", "SI-SDR, dB"},
                                                                      {"si_sdr_before", "of the recordings, dB"}};
  for (const auto& [name, words] : kNames)
    if (name == figure) return std::string(words);
  return std::string(figure);
}

std::string print_figure(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3f}", value); }

std::string print_interval(const std::optional<ConfidenceInterval>& interval) {
  return interval ? fmt::format("{:.3f} to {:.3f}", interval->low, interval->high) : "-";
}

std::string print_rate(double rate) {
  if (std::isnan(rate)) return "-";
  return rate < 1000 ? fmt::format("{:.3g}", rate) : fmt::format("{:.0f}", rate);
}

}  // namespace mote
