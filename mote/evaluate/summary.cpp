#include "mote/evaluate/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mote/evaluate/ranking.h"
#include "mote/evaluate/regression.h"

namespace mote {
namespace {

struct NamedMeasure {
  std::string name;
  Measure measure;
};

std::vector<double> targets_of(const Results& results) {
  std::vector<double> targets;
  for (const JudgedWindow& window : results.windows) targets.push_back(window.target);
  return targets;
}

std::vector<double> scores_of(const Results& results) { return {results.scores.begin(), results.scores.end()}; }

std::vector<NamedMeasure> list_class_measures(const Results& results) {
  const auto of_confusion = [labels = labels_of(results), told = decide(results),
                             n = results.classes.size()](auto figure) {
    return [=](std::span<const double> weights) { return figure(count_confusion(n, labels, told, weights)); };
  };
  const auto area = [rankings = rank_classes(results)](std::span<const double> weights) {
    return mean_auc(rankings, weights);
  };
  return {{"accuracy", of_confusion(accuracy)},
          {"balanced_accuracy", of_confusion(balanced_accuracy)},
          {"macro_f1", of_confusion(macro_f1)},
          {"auc", area}};
}

std::vector<NamedMeasure> list_number_measures(const Results& results) {
  const auto of_errors = [targets = targets_of(results), predicted = scores_of(results)](auto figure) {
    return [=](std::span<const double> weights) { return measure_errors(targets, predicted, weights).*figure; };
  };
  return {{"mae", of_errors(&RegressionErrors::mae)},
          {"rmse", of_errors(&RegressionErrors::rmse)},
          {"r2", of_errors(&RegressionErrors::r2)}};
}

double mean_of(std::span<const double> values, std::span<const double> weights) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    sum += weight * values[i], count += weight;
  }
  return sum / count;
}

std::vector<double> differences(std::span<const double> from, std::span<const double> to) {
  std::vector<double> all;
  for (size_t i = 0; i < from.size(); ++i) all.push_back(to[i] - from[i]);
  return all;
}

std::vector<NamedMeasure> list_sound_measures(const Results& results) {
  const auto mean = [](std::vector<double> values) {
    return [values = std::move(values)](std::span<const double> weights) { return mean_of(values, weights); };
  };
  const std::vector<double> before = targets_of(results), after = scores_of(results);
  return {{"si_sdr_gain", mean(differences(before, after))}, {"si_sdr", mean(after)}, {"si_sdr_before", mean(before)}};
}

std::vector<NamedMeasure> list_measures(const Results& results) {
  if (results.is_sound) return list_sound_measures(results);
  return results.is_regression() ? list_number_measures(results) : list_class_measures(results);
}

// What a window counts in the figure of its group: 1 where it is right; of a number, its error; of sound, the gain.
std::vector<double> outcomes_of(const Results& results) {
  if (results.is_sound) return differences(targets_of(results), scores_of(results));
  std::vector<double> outcomes;
  const std::vector<int32_t> told = decide(results);
  for (size_t i = 0; i < results.windows.size(); ++i)
    outcomes.push_back(results.is_regression() ? std::abs(results.scores[i] - results.windows[i].target)
                                               : told[i] == results.windows[i].label);
  return outcomes;
}

}  // namespace

std::vector<Figure> measure(const Results& results) {
  std::vector<Figure> figures;
  for (const NamedMeasure& each : list_measures(results)) figures.push_back({each.name, each.measure({}), {}});
  return figures;
}

std::vector<Figure> measure(const Results& results, const Resampling& how) {
  const Groups groups = number_groups(results);
  std::vector<Figure> figures;
  for (const NamedMeasure& each : list_measures(results))
    figures.push_back({each.name, each.measure({}), find_interval(each.measure, groups, how)});
  return figures;
}

std::vector<GroupFigures> measure_groups(const Results& results, const std::map<std::string, EventFigures>& events) {
  std::map<std::string, GroupFigures> of_name;
  for (const auto& [name, figures] : events) of_name[name].events = figures;
  const Groups groups = number_groups(results);
  std::vector<Results> parts(groups.names.size(), Results{results.classes, {}, {}, results.is_sound});
  for (size_t i = 0; i < results.windows.size(); ++i) {
    Results& part = parts[groups.of_window[i]];
    const auto scores = results.scores_of(i);
    part.windows.push_back(results.windows[i]);
    part.scores.insert(part.scores.end(), scores.begin(), scores.end());
  }
  for (size_t g = 0; g < parts.size(); ++g) {
    GroupFigures& group = of_name[groups.names[g]];
    const std::vector<double> outcomes = outcomes_of(parts[g]);
    group.windows = outcomes.size();
    group.figure = std::accumulate(outcomes.begin(), outcomes.end(), 0.0) / static_cast<double>(outcomes.size());
    if (!results.is_regression()) group.balanced_accuracy = balanced_accuracy(count_confusion(parts[g]));
  }
  std::vector<GroupFigures> figures;
  for (auto& [name, group] : of_name) {
    group.name = name;
    figures.push_back(std::move(group));
  }
  return figures;
}

std::vector<GroupFigures> sort_worst_first(std::vector<GroupFigures> groups, bool less_is_better) {
  const auto badness = [&](const GroupFigures& group) {
    const double figure = less_is_better ? group.figure : -group.figure;
    return std::isnan(figure) ? -std::numeric_limits<double>::infinity() : figure;
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const GroupFigures& a, const GroupFigures& b) { return badness(a) > badness(b); });
  return groups;
}

std::string_view compared_figure(const Results& results) {
  if (results.is_sound) return "si_sdr_gain";
  return results.is_regression() ? "mae" : "balanced_accuracy";
}

Comparison compare_results(const Results& a, const Results& b, const Resampling& how) {
  const Groups groups = number_groups(a);
  if (a.is_sound) return compare(outcomes_of(a), outcomes_of(b), mean_of, groups, how);
  if (a.is_regression()) {
    const std::vector<double> targets = targets_of(a);
    return compare(
        scores_of(a), scores_of(b),
        [&](auto predicted, auto weights) { return measure_errors(targets, predicted, weights).mae; }, groups, how);
  }
  const std::vector<int32_t> labels = labels_of(a), told_a = decide(a), told_b = decide(b);
  const std::vector<double> of_a(told_a.begin(), told_a.end()), of_b(told_b.begin(), told_b.end());
  std::vector<int32_t> told(labels.size());
  return compare(
      of_a, of_b,
      [&](std::span<const double> outcomes, std::span<const double> weights) {
        for (size_t i = 0; i < told.size(); ++i) told[i] = static_cast<int32_t>(outcomes[i]);
        return balanced_accuracy(count_confusion(a.classes.size(), labels, told, weights));
      },
      groups, how);
}

Disagreement count_disagreement(const Results& a, const Results& b) {
  const std::vector<double> of_a = outcomes_of(a), of_b = outcomes_of(b);
  Disagreement count;
  for (size_t i = 0; i < of_a.size(); ++i) {
    const bool b_is_better = a.less_is_better() ? of_b[i] < of_a[i] : of_b[i] > of_a[i];
    if (of_a[i] != of_b[i]) ++(b_is_better ? count.only_b : count.only_a);
  }
  return count;
}

Confusion count_confusion(const Results& results) {
  return count_confusion(results.classes.size(), labels_of(results), decide(results));
}

}  // namespace mote
