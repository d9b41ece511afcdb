#include "mote/learn/trees.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/ops/tree_ensemble/tree_ensemble.op.h"

namespace mote {
namespace {

// The row of values that x falls into.
int32_t find_leaf(const TreeModel& m, int32_t at, std::span<const float> x) {
  for (;;) {
    const TreeNode& node = m.nodes[static_cast<size_t>(at)];
    if (node.feature < 0) return node.row;
    at = double{x[static_cast<size_t>(node.feature)]} <= node.threshold ? node.left : node.right;
  }
}

// What quantised features may be.
struct Steps {
  Quant quant;
  int32_t low, high;

  float value(size_t feature, int32_t q) const {
    return static_cast<float>(double{quant.scale_at(feature)} * (q - quant.zero_at(feature)));
  }
  // The largest step whose value is at most the threshold; low - 1 if there is none.
  int32_t last_below(const TreeNode& node) const {
    int32_t below = low - 1, above = high + 1;
    while (above - below > 1) {
      const int32_t middle = below + (above - below) / 2;
      (double{value(static_cast<size_t>(node.feature), middle)} <= node.threshold ? below : above) = middle;
    }
    return below;
  }
};

// Trees with thresholds in steps; what no step can reach is left out.
struct Quantised {
  std::vector<int32_t> nodes, roots;

  int32_t add() {
    nodes.insert(nodes.end(), {-1, 0, 0, 0});
    return static_cast<int32_t>(nodes.size() / 4) - 1;
  }
  void set(int32_t at, int32_t i, int32_t value) { nodes[static_cast<size_t>(at * 4 + i)] = value; }
};

Quantised quantise_trees(const TreeModel& m, const Steps& steps) {
  Quantised q;
  std::vector<std::pair<int32_t, int32_t>> open;  // a node of the model, and the place of what becomes of it
  for (int32_t root : m.roots) {
    q.roots.push_back(q.add());
    open.emplace_back(root, q.roots.back());
    while (!open.empty()) {
      auto [from, to] = open.back();
      open.pop_back();
      const TreeNode* node = &m.nodes[static_cast<size_t>(from)];
      int32_t threshold = 0;
      while (node->feature >= 0) {
        threshold = steps.last_below(*node);
        if (threshold >= steps.low && threshold < steps.high) break;
        node = &m.nodes[static_cast<size_t>(threshold < steps.low ? node->right : node->left)];
      }
      q.set(to, 0, node->feature);
      if (node->feature < 0) {
        q.set(to, 2, node->row);
        continue;
      }
      q.set(to, 1, threshold);
      const int32_t left = q.add(), right = q.add();
      q.set(to, 2, left), q.set(to, 3, right);
      open.emplace_back(node->right, right);
      open.emplace_back(node->left, left);
    }
  }
  return q;
}

// The largest sizes of values, and of what a score's trees add up to.
struct Reach {
  double value = 0, sum = 0, score = 0;
};

Reach measure_reach(const TreeModel& m) {
  std::vector<double> low(m.base.size(), 0), high(m.base.size(), 0);
  Reach reach;
  std::vector<int32_t> open;
  for (size_t t = 0; t < m.roots.size(); ++t) {
    std::vector<double> least(static_cast<size_t>(m.width), INFINITY), most(static_cast<size_t>(m.width), -INFINITY);
    open = {m.roots[t]};
    while (!open.empty()) {
      const TreeNode& node = m.nodes[static_cast<size_t>(open.back())];
      open.pop_back();
      if (node.feature >= 0) open.insert(open.end(), {node.left, node.right});
      for (size_t j = 0; node.feature < 0 && j < least.size(); ++j) {
        const double v = m.values[static_cast<size_t>(node.row) * least.size() + j];
        least[j] = std::min(least[j], v), most[j] = std::max(most[j], v);
        reach.value = std::max(reach.value, std::abs(v));
      }
    }
    for (size_t j = 0; j < least.size(); ++j) {
      const size_t o = m.groups > 1 ? t % low.size() : j;
      low[o] += least[j], high[o] += most[j];
    }
  }
  for (size_t o = 0; o < low.size(); ++o) {
    reach.sum = std::max({reach.sum, std::abs(low[o]), std::abs(high[o])});
    reach.score = std::max({reach.score, std::abs(low[o] + m.base[o]), std::abs(high[o] + m.base[o])});
  }
  return reach;
}

// The values' step: 2^-shift of the output's, which is chosen where the model's user did not.
struct ValueStep {
  double step;
  int32_t shift;
};

ValueStep choose_step(const TreeModel& m, DType type, Quant& out) {
  const Reach reach = measure_reach(m);
  const auto trees = static_cast<double>(m.roots.size());
  const bool chosen = out.is_set();
  if (!chosen && type == DType::int16 && m.width > 1 && m.width <= 3 && m.roots.size() <= 256) {
    // Bytes in the leaves, added up as they are.
    out = symmetric_quant(DType::int8, std::max(reach.value, reach.score * 127 / 32000));
    return {double{out.scale[0]}, 0};
  }
  // Rounding may add half a step for each tree.
  const double least = std::max({reach.value / 32766, m.width > 1 ? reach.sum / (32766 - trees / 2) : 0.0, 1e-30});
  if (!chosen && type == DType::int32) {
    out = {{static_cast<float>(least * 1.0001)}, {0}, 0};
    return {double{out.scale[0]}, 0};
  }
  // A base score may cancel the leaves: those have to fit, too.
  const double most = type == DType::int8 ? 127 : 32767;
  if (!chosen) out = symmetric_quant(type, std::max(reach.score * 1.001 + trees * least, 1.0001 * most * least));
  const double step = double{out.scale[0]};
  int32_t shift = 0;
  while (shift < 12 && std::ldexp(step, -shift - 1) >= least) ++shift;
  return {std::ldexp(step, -shift), shift};
}

}  // namespace

std::vector<double> predict(const TreeModel& m, std::span<const float> x) {
  std::vector<double> score = m.base;
  const auto width = static_cast<size_t>(m.width);
  for (size_t t = 0; t < m.roots.size(); ++t) {
    const auto row = static_cast<size_t>(find_leaf(m, m.roots[t], x));
    for (size_t j = 0; j < width; ++j) score[m.groups > 1 ? t % score.size() : j] += m.values[row * width + j];
  }
  return score;
}

int32_t depth_of(const TreeModel& m) {
  std::vector<int32_t> depth(m.nodes.size(), 0);
  for (size_t i = 0; i < m.nodes.size(); ++i)
    if (m.nodes[i].feature >= 0)
      for (int32_t child : {m.nodes[i].left, m.nodes[i].right}) depth[static_cast<size_t>(child)] = depth[i] + 1;
  return depth.empty() ? 0 : *std::max_element(depth.begin(), depth.end());
}

Status check_trees(const TreeModel& m) {
  if (m.features < 1 || m.groups < 1 || m.width < 1 || (m.groups > 1 && m.width > 1))
    return malformed(fmt::format("{} features, {} groups of {} outputs", m.features, m.groups, m.width));
  if (m.roots.empty() || m.roots.size() % static_cast<size_t>(m.groups) != 0)
    return malformed(fmt::format("{} trees do not make {} groups", m.roots.size(), m.groups));
  const auto is_finite = [](double v) { return std::abs(v) < 1e30; };
  if (!std::all_of(m.values.begin(), m.values.end(), is_finite) ||
      !std::all_of(m.base.begin(), m.base.end(), is_finite))
    return malformed("a leaf's value or the base score is not a number of ordinary size");
  if (m.base.size() != static_cast<size_t>(m.outputs()))
    return malformed(fmt::format("{} base scores for {} outputs", m.base.size(), m.outputs()));
  std::vector<char> has_parent(m.nodes.size(), 0);
  const auto adopt = [&](int32_t child, int64_t after) {
    if (child <= after || static_cast<size_t>(child) >= m.nodes.size()) return false;
    return !std::exchange(has_parent[static_cast<size_t>(child)], char{1});
  };
  for (int32_t root : m.roots)
    if (!adopt(root, -1)) return malformed(fmt::format("root {} is no node or is used twice", root));
  const size_t rows = m.values.size() / static_cast<size_t>(m.width);
  for (size_t i = 0; i < m.nodes.size(); ++i) {
    const TreeNode& node = m.nodes[i];
    const auto at = static_cast<int64_t>(i);
    if (node.feature < 0 ? node.row < 0 || static_cast<size_t>(node.row) >= rows
                         : node.feature >= m.features || std::isnan(node.threshold) || !adopt(node.left, at) ||
                               !adopt(node.right, at))
      return malformed(fmt::format("node {} is out of range, or its children are not its own", i));
  }
  return {};
}

Expected<TensorId> append_trees(Graph& graph, TensorId input, const TreeModel& m, const OutputSpec& spec) {
  MOTE_TRY_STATUS(check_trees(m));
  MOTE_TRY_STATUS(check_input(graph, input, m.features));
  const Tensor& x = graph.at(input);
  const int32_t low = x.type == DType::int8 ? -128 : -32768;
  const Quantised trees = quantise_trees(m, {x.quant, low, -1 - low});
  Tensor out;
  out.name = "trees";
  out.type = spec.type;
  out.quant = spec.quant;
  const ValueStep step = choose_step(m, spec.type, out.quant);
  std::vector<int16_t> values;
  for (double v : m.values) {
    const double rounded = std::nearbyint(v / step.step);
    if (!(std::abs(rounded) <= 32767))
      return unsupported(fmt::format("the value {} of a leaf is more than 32767 steps of {}", v, step.step));
    values.push_back(static_cast<int16_t>(rounded));
  }
  std::vector<int32_t> base;
  for (double v : m.base) base.push_back(static_cast<int32_t>(std::llround(std::clamp(v / step.step, -1e9, 1e9))));
  const auto nodes = static_cast<int32_t>(trees.nodes.size() / 4), rows = static_cast<int32_t>(values.size()) / m.width;
  return append_op(
      graph, "tree_ensemble", "TREE_ENSEMBLE", TreeEnsembleAttrs{m.groups, step.shift}, input,
      {make_constant("nodes", DType::int32, {nodes, 4}, make_blob(trees.nodes)),
       make_constant("roots", DType::int32, {static_cast<int32_t>(trees.roots.size())}, make_blob(trees.roots)),
       make_constant("values", DType::int16, {rows, m.width}, make_blob(values)),
       make_constant("base", DType::int32, {m.outputs()}, make_blob(base))},
      std::move(out));
}

}  // namespace mote
