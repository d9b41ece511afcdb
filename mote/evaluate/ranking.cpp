#include "mote/evaluate/ranking.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <numeric>

#include "mote/compiler/base/expected.h"

namespace mote {
namespace {

struct Step {
  double positives = 0, negatives = 0;
};

// The weights of each run of equal scores, to `each(step, score)`; what all of them sum up to.
template <class Each>
Step walk(const Ranking& ranking, std::span<const double> weights, Each each) {
  MOTE_ASSERT(weights.empty() || weights.size() == ranking.order.size());
  Step all;
  for (size_t i = 0; i < ranking.order.size();) {
    const float score = ranking.scores[i];
    Step step;
    for (; i < ranking.order.size() && ranking.scores[i] == score; ++i)
      (ranking.positives[i] ? step.positives : step.negatives) += weights.empty() ? 1 : weights[ranking.order[i]];
    all.positives += step.positives, all.negatives += step.negatives;
    each(step, score);
  }
  return all;
}

}  // namespace

Ranking rank(std::span<const float> scores, const std::vector<bool>& positives) {
  MOTE_ASSERT(scores.size() == positives.size());
  Ranking ranking;
  ranking.order.resize(scores.size());
  std::iota(ranking.order.begin(), ranking.order.end(), size_t{0});
  std::stable_sort(ranking.order.begin(), ranking.order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  for (size_t i : ranking.order) ranking.scores.push_back(scores[i]), ranking.positives.push_back(positives[i]);
  return ranking;
}

double auc(const Ranking& ranking, std::span<const double> weights) {
  double wins = 0, above = 0;  // positives met so far score more than the negatives to come
  const Step all = walk(ranking, weights, [&](const Step& step, float) {
    wins += step.negatives * (above + step.positives / 2);
    above += step.positives;
  });
  return all.positives > 0 && all.negatives > 0 ? wins / (all.positives * all.negatives) : NAN;
}

std::vector<Ranking> rank_classes(const Results& results) {
  std::vector<Ranking> rankings;
  for (size_t c = 0; c < results.classes.size(); ++c) {
    std::vector<bool> positives;
    for (const JudgedWindow& window : results.windows) positives.push_back(window.label == static_cast<int32_t>(c));
    rankings.push_back(rank(scores_of_class(results, c), positives));
  }
  return rankings;
}

double mean_auc(const std::vector<Ranking>& rankings, std::span<const double> weights) {
  double sum = 0;
  int count = 0;
  for (const Ranking& ranking : rankings)
    if (const double each = auc(ranking, weights); !std::isnan(each)) sum += each, ++count;
  return count > 0 ? sum / count : NAN;
}

std::vector<RocPoint> trace_roc(const Ranking& ranking) {
  std::vector<RocPoint> points{{std::numeric_limits<double>::infinity(), 0, 0}};
  const Step all = walk(ranking, {}, [&](const Step& step, float score) {
    const RocPoint& last = points.back();
    points.push_back({score, last.true_positives + step.positives, last.false_positives + step.negatives});
  });
  for (RocPoint& point : points)
    point.true_positives = all.positives > 0 ? point.true_positives / all.positives : NAN,
    point.false_positives = all.negatives > 0 ? point.false_positives / all.negatives : NAN;
  return points;
}

double equal_error_rate(const std::vector<RocPoint>& roc) {
  for (size_t i = 1; i < roc.size(); ++i) {
    const double before = roc[i - 1].misses() - roc[i - 1].false_positives;
    const double after = roc[i].misses() - roc[i].false_positives;
    if (!(after <= 0)) continue;
    const double share = before / (before - after);
    return roc[i - 1].false_positives + share * (roc[i].false_positives - roc[i - 1].false_positives);
  }
  return NAN;
}

double normal_deviate(double p) {
  double low = -9, high = 9;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::numbers::sqrt2) / 2 < p ? low : high) = middle;
  }
  return low;
}

}  // namespace mote
