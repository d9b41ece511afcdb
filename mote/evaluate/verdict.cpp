#include "mote/evaluate/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace mote {

const Figure& find_figure(const std::vector<Figure>& figures, std::string_view name) {
  return *std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
}

std::string describe_level(const Trial& trial) {
  return trial.kind == "stuck" ? trial.unit : fmt::format("{} {}", trial.level, trial.unit);
}

std::string conclude(const Verdict& verdict, double level) {
  const Comparison& c = *verdict.comparison;
  if (c.p > 1 - level) return "that one is better than the other is not shown";
  const bool less_is_better = verdict.labelled.is_regression();
  return (c.b > c.a) != less_is_better ? "this one is better" : "this one is worse";
}

std::string print_name(std::string_view figure) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"balanced_accuracy", "balanced accuracy"},
                                                                      {"macro_f1", "macro F1"},
                                                                      {"auc", "AUC"},
                                                                      {"mae", "MAE"},
                                                                      {"rmse", "RMSE"},
                                                                      {"r2", "R2"}};
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
