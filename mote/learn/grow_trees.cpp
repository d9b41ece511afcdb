// Training of trees.h's trees. One grower serves all: samples carry statistics (a one for their class; a target and a
// one; first and second derivatives), which add up, and a criterion says what a set of samples is worth by its sums.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

#include "mote/compiler/base/rng.h"
#include "mote/learn/trees.h"

namespace mote {
namespace {

using Sums = std::vector<double>;

// What training needs to know of samples.
struct Task {
  const Samples& samples;
  size_t width;                                          // statistics of a sample
  std::vector<double> stats;                             // [samples][width]
  std::function<double(const Sums&)> worth;              // the greater the better
  std::function<bool(const Sums&)> is_enough;            // for a leaf
  std::function<std::vector<double>(const Sums&)> leaf;  // its values
  double min_gain;                                       // in worth
  int32_t max_depth;
  int32_t features_per_split;

  float value(size_t sample, int32_t feature) const {
    return samples.values[sample * static_cast<size_t>(samples.features) + static_cast<size_t>(feature)];
  }
  void add(Sums& sums, size_t sample, double sign) const {
    for (size_t j = 0; j < width; ++j) sums[j] += sign * stats[sample * width + j];
  }
};

struct Split {
  double gain = 0;
  int32_t feature = -1;
  float threshold = 0;
};

// A number from a up to below b that divides them; the float half way may be b itself.
float between(float a, float b) {
  const float middle = static_cast<float>((double{a} + double{b}) / 2);
  return middle < b ? middle : a;
}

class Grower {
 public:
  Grower(const Task& task, Rng& rng) : task_(task), rng_(rng) {}

  TreeModel grow(std::vector<size_t> samples) {
    tree_.features = task_.samples.features;
    tree_.roots = {0};
    tree_.nodes.resize(1);
    grow_node(0, samples, 0);
    return std::move(tree_);
  }

 private:
  void grow_node(int32_t at, std::vector<size_t>& samples, int32_t depth) {
    Sums sums(task_.width, 0);
    for (size_t i : samples) task_.add(sums, i, 1);
    const Split split = depth < task_.max_depth ? find_split(samples, sums) : Split();
    if (split.feature < 0) {
      const std::vector<double> values = task_.leaf(sums);
      tree_.width = static_cast<int32_t>(values.size());
      tree_.nodes[static_cast<size_t>(at)].row = static_cast<int32_t>(tree_.values.size() / values.size());
      tree_.values.insert(tree_.values.end(), values.begin(), values.end());
      return;
    }
    const auto left = static_cast<int32_t>(tree_.nodes.size());
    tree_.nodes.resize(tree_.nodes.size() + 2);
    tree_.nodes[static_cast<size_t>(at)] = {split.feature, double{split.threshold}, left, left + 1, 0};
    const auto middle = std::stable_partition(
        samples.begin(), samples.end(), [&](size_t i) { return task_.value(i, split.feature) <= split.threshold; });
    std::vector<size_t> of_left(samples.begin(), middle), of_right(middle, samples.end());
    samples = {};
    grow_node(left, of_left, depth + 1);
    grow_node(left + 1, of_right, depth + 1);
  }

  // The best of features drawn at random, which go on being drawn until one can split at all.
  Split find_split(const std::vector<size_t>& samples, const Sums& sums) {
    std::vector<int32_t> features(static_cast<size_t>(task_.samples.features));
    std::iota(features.begin(), features.end(), 0);
    const int32_t n = task_.samples.features,
                  wanted = task_.features_per_split > 0 ? std::min(task_.features_per_split, n) : n;
    Split best;
    best.gain = task_.min_gain;
    for (int32_t i = 0; i < n && (i < wanted || best.feature < 0); ++i) {
      if (wanted < n) std::swap(features[static_cast<size_t>(i)], features[static_cast<size_t>(rng_.pick(i, n - 1))]);
      try_feature(features[static_cast<size_t>(i)], samples, sums, best);
    }
    return best;
  }

  void try_feature(int32_t feature, const std::vector<size_t>& samples, const Sums& sums, Split& best) {
    order_.clear();
    for (size_t i : samples) order_.emplace_back(task_.value(i, feature), i);
    std::sort(order_.begin(), order_.end());
    const double worth = task_.worth(sums);
    Sums left(task_.width, 0), right = sums;
    for (size_t k = 0; k + 1 < order_.size(); ++k) {
      task_.add(left, order_[k].second, 1);
      task_.add(right, order_[k].second, -1);
      if (!(order_[k].first < order_[k + 1].first) || !task_.is_enough(left) || !task_.is_enough(right)) continue;
      const double gain = task_.worth(left) + task_.worth(right) - worth;
      if (gain > best.gain + 1e-12 * std::abs(worth))
        best = {gain, feature, between(order_[k].first, order_[k + 1].first)};
    }
  }

  const Task& task_;
  Rng& rng_;
  TreeModel tree_;
  std::vector<std::pair<float, size_t>> order_;
};

// Adds a tree whose values are multiplied.
void add_tree(TreeModel& to, const TreeModel& tree, double factor) {
  const auto nodes = static_cast<int32_t>(to.nodes.size());
  const auto rows = static_cast<int32_t>(to.values.size()) / tree.width;
  to.features = tree.features, to.width = tree.width;
  to.roots.push_back(nodes);
  for (TreeNode node : tree.nodes) {
    node.left += nodes, node.right += nodes, node.row += rows;
    to.nodes.push_back(node);
  }
  for (double v : tree.values) to.values.push_back(v * factor);
}

// Leaves with equal values share a row.
void share_rows(TreeModel& m) {
  const auto width = static_cast<size_t>(m.width);
  std::vector<std::vector<double>> rows;
  for (size_t i = 0; i < m.values.size(); i += width)
    rows.emplace_back(m.values.begin() + static_cast<ptrdiff_t>(i),
                      m.values.begin() + static_cast<ptrdiff_t>(i + width));
  std::vector<std::vector<double>> kept = rows;
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  for (TreeNode& node : m.nodes)
    if (node.feature < 0)
      node.row = static_cast<int32_t>(std::lower_bound(kept.begin(), kept.end(), rows[static_cast<size_t>(node.row)]) -
                                      kept.begin());
  m.values.clear();
  for (const auto& row : kept) m.values.insert(m.values.end(), row.begin(), row.end());
}

Task make_task(const Samples& samples, const TreeSettings& s) {
  const double count = static_cast<double>(samples.count());
  Task task{samples, 0, {}, {}, {}, {}, s.min_gain * count, s.max_depth, s.features_per_split};
  const double least = s.min_leaf;
  if (s.criterion == Criterion::squared_error) {
    task.width = 2;
    for (float target : samples.targets) task.stats.insert(task.stats.end(), {double{target}, 1.0});
    task.worth = [](const Sums& sums) { return sums[1] > 0 ? sums[0] * sums[0] / sums[1] : 0; };
    task.is_enough = [least](const Sums& sums) { return sums[1] > least - 0.5; };
    task.leaf = [](const Sums& sums) { return std::vector<double>{sums[0] / sums[1]}; };
    return task;
  }
  const auto classes = static_cast<size_t>(samples.classes());
  task.width = classes;
  task.stats.resize(samples.count() * classes, 0);
  for (size_t i = 0; i < samples.count(); ++i) task.stats[i * classes + static_cast<size_t>(samples.labels[i])] = 1;
  const auto size = [](const Sums& sums) { return std::accumulate(sums.begin(), sums.end(), 0.0); };
  if (s.criterion == Criterion::gini)
    task.worth = [size](const Sums& sums) {
      const double n = size(sums);
      return n > 0 ? std::inner_product(sums.begin(), sums.end(), sums.begin(), 0.0) / n : 0;
    };
  else
    task.worth = [size](const Sums& sums) {
      const double n = size(sums);
      double sum = 0;
      for (double v : sums) sum += v > 0 ? v * std::log2(v / n) : 0;
      return sum;
    };
  task.is_enough = [size, least](const Sums& sums) { return size(sums) > least - 0.5; };
  task.leaf = [size](const Sums& sums) {
    std::vector<double> shares = sums;
    for (double& v : shares) v /= size(sums);
    return shares;
  };
  return task;
}

Status check_settings(const Samples& samples, const TreeSettings& s) {
  MOTE_TRY_STATUS(check_samples(samples, s.criterion == Criterion::squared_error ? Needs::targets : Needs::labels));
  if (s.max_depth < 1 || s.max_depth > 60 || s.min_leaf < 1 || s.features_per_split < 0)
    return malformed(
        fmt::format("trees of depth {} with at least {} samples in a leaf are asked for; 1 to 60 and 1 or more "
                    "are allowed",
                    s.max_depth, s.min_leaf));
  return {};
}

std::vector<size_t> all_of(const Samples& samples) {
  std::vector<size_t> indices(samples.count());
  std::iota(indices.begin(), indices.end(), size_t{0});
  return indices;
}

// Calls make(i) for i < n, on several threads.
void for_each_parallel(int32_t n, int32_t threads, const std::function<void(int32_t)>& make) {
  if (threads <= 0) threads = static_cast<int32_t>(std::max(1u, std::thread::hardware_concurrency()));
  std::atomic<int32_t> next = 0;
  const auto work = [&] {
    for (int32_t i = next++; i < n; i = next++) make(i);
  };
  std::vector<std::thread> others;
  for (int32_t t = 1; t < std::min(threads, n); ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
}

}  // namespace

Expected<TreeModel> train_tree(const Samples& samples, const TreeSettings& settings) {
  MOTE_TRY_STATUS(check_settings(samples, settings));
  const Task task = make_task(samples, settings);
  Rng rng(settings.seed);
  TreeModel model = Grower(task, rng).grow(all_of(samples));
  model.base.assign(static_cast<size_t>(model.width), 0);
  share_rows(model);
  return model;
}

Expected<TreeModel> train_forest(const Samples& samples, const ForestSettings& settings) {
  MOTE_TRY_STATUS(check_settings(samples, settings.tree));
  if (settings.trees < 1 || settings.trees > 10000)
    return malformed(fmt::format("{} trees are asked for; 1 to 10000 are allowed", settings.trees));
  Task task = make_task(samples, settings.tree);
  if (task.features_per_split == 0) {
    const bool regression = settings.tree.criterion == Criterion::squared_error;
    task.features_per_split =
        std::max(1, regression ? samples.features / 3 : static_cast<int32_t>(std::sqrt(samples.features)));
  }
  std::vector<TreeModel> trees(static_cast<size_t>(settings.trees));
  // Drawn, not counted: the numbers of seeds that follow one another are the same ones, shifted.
  Rng seed(settings.tree.seed);
  std::vector<uint64_t> seeds(trees.size());
  for (uint64_t& v : seeds) v = seed.next();
  for_each_parallel(settings.trees, settings.threads, [&](int32_t t) {
    Rng rng(seeds[static_cast<size_t>(t)]);
    std::vector<size_t> drawn(samples.count());
    for (size_t& i : drawn) i = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(drawn.size()) - 1));
    trees[static_cast<size_t>(t)] = Grower(task, rng).grow(std::move(drawn));
  });
  TreeModel model;
  for (const TreeModel& tree : trees) add_tree(model, tree, 1.0 / settings.trees);
  model.base.assign(static_cast<size_t>(model.width), 0);
  share_rows(model);
  return model;
}

namespace {

// First and second derivatives of the loss at the scores, for one output: [samples][2].
std::vector<double> derivatives(const Samples& samples, Needs needs, const std::vector<double>& scores, size_t outputs,
                                size_t o) {
  std::vector<double> stats;
  for (size_t i = 0; i < samples.count(); ++i) {
    const double* score = &scores[i * outputs];
    if (needs == Needs::targets) {
      stats.insert(stats.end(), {score[o] - double{samples.targets[i]}, 1.0});
      continue;
    }
    double p = 1 / (1 + std::exp(-score[0]));
    if (outputs > 1) {
      const double most = *std::max_element(score, score + outputs);
      double sum = 0;
      for (size_t j = 0; j < outputs; ++j) sum += std::exp(score[j] - most);
      p = std::exp(score[o] - most) / sum;
    }
    const bool is_class = samples.labels[i] == (outputs > 1 ? static_cast<int32_t>(o) : 1);
    // Of a softmax the bound 2 p (1 - p) on the second derivative, as XGBoost takes it.
    stats.insert(stats.end(), {p - (is_class ? 1.0 : 0.0), std::max((outputs > 1 ? 2 : 1) * p * (1 - p), 1e-16)});
  }
  return stats;
}

std::vector<double> first_scores(const Samples& samples, Needs needs, size_t outputs) {
  const auto count = static_cast<double>(samples.count());
  if (needs == Needs::targets) return {std::accumulate(samples.targets.begin(), samples.targets.end(), 0.0) / count};
  if (outputs > 1) return std::vector<double>(outputs, 0);
  const auto ones = static_cast<double>(std::count(samples.labels.begin(), samples.labels.end(), 1));
  return {std::log((ones + 0.5) / (count - ones + 0.5))};
}

}  // namespace

Expected<TreeModel> train_boosted(const Samples& samples, const BoostSettings& s, Needs needs) {
  if (needs == Needs::features) return malformed("boosted trees need labels or targets");
  MOTE_TRY_STATUS(check_samples(samples, needs));
  if (s.rounds < 1 || s.rounds > 10000 || s.max_depth < 1 || s.max_depth > 60 || !(s.rate > 0) || !(s.lambda >= 0) ||
      !(s.share > 0 && s.share <= 1))
    return malformed(
        "the settings of boosting are out of range: 1 to 10000 rounds, depth 1 to 60, a rate above 0, lambda "
        "from 0, a share up to 1");
  const int32_t classes = needs == Needs::labels ? samples.classes() : 0;
  if (needs == Needs::labels && classes < 2) return malformed("a classifier needs samples of at least two classes");
  const auto outputs = static_cast<size_t>(classes > 2 ? classes : 1);
  TreeModel model;
  model.base = first_scores(samples, needs, outputs);
  model.groups = static_cast<int32_t>(outputs);
  std::vector<double> scores;
  for (size_t i = 0; i < samples.count(); ++i) scores.insert(scores.end(), model.base.begin(), model.base.end());
  Rng rng(s.seed);
  for (int32_t round = 0; round < s.rounds; ++round) {
    const std::vector<double> before = scores;
    for (size_t o = 0; o < outputs; ++o) {
      Task task{samples, 2, derivatives(samples, needs, before, outputs, o), {}, {}, {}, 0, s.max_depth, 0};
      task.worth = [&](const Sums& sums) { return sums[0] * sums[0] / (sums[1] + s.lambda + 1e-12); };
      task.is_enough = [&](const Sums& sums) { return sums[1] >= s.min_weight; };
      task.leaf = [&](const Sums& sums) {
        return std::vector<double>{-s.rate * sums[0] / (sums[1] + s.lambda + 1e-12)};
      };
      std::vector<size_t> drawn = all_of(samples);
      if (s.share < 1) std::erase_if(drawn, [&](size_t) { return !rng.chance(s.share); });
      const TreeModel tree = [&] {
        TreeModel grown = Grower(task, rng).grow(std::move(drawn));
        grown.base = {0};
        return grown;
      }();
      for (size_t i = 0; i < samples.count(); ++i) scores[i * outputs + o] += predict(tree, samples.sample(i))[0];
      add_tree(model, tree, 1);
    }
  }
  share_rows(model);
  return model;
}

}  // namespace mote
