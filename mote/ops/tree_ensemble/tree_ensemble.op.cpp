// Decision trees, forests and boosted trees: see tree_ensemble.op.h for the operands.
#include "mote/ops/tree_ensemble/tree_ensemble.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/vector_op.h"
#include "mote/ops/tree_ensemble/tree_ensemble.kernel.h"

namespace mote {

extern const OpDef tree_ensemble_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/tree_ensemble/tree_ensemble.kernel.h";
constexpr std::string_view kFields = "n vectors trees groups pairs outputs output_bytes shift lo hi";
// By: wide nodes, x of int16.
using Kernels = KernelDef[2][2];
constexpr Kernels kSums{{{"tree_sums_s8", kHeader, "TreeEnsemble", kFields, tree_sums_s8},
                         {"tree_sums_s16", kHeader, "TreeEnsemble", kFields, tree_sums_s16}},
                        {{"tree_sums_wide_s8", kHeader, "TreeEnsemble", kFields, tree_sums_wide_s8},
                         {"tree_sums_wide_s16", kHeader, "TreeEnsemble", kFields, tree_sums_wide_s16}}};
constexpr Kernels kRows{{{"tree_rows_s8", kHeader, "TreeEnsemble", kFields, tree_rows_s8},
                         {"tree_rows_s16", kHeader, "TreeEnsemble", kFields, tree_rows_s16}},
                        {{"tree_rows_wide_s8", kHeader, "TreeEnsemble", kFields, tree_rows_wide_s8},
                         {"tree_rows_wide_s16", kHeader, "TreeEnsemble", kFields, tree_rows_wide_s16}}};
constexpr KernelDef kBytes[2]{{"tree_bytes_s8", kHeader, "TreeEnsemble", kFields, tree_bytes_s8},
                              {"tree_bytes_s16", kHeader, "TreeEnsemble", kFields, tree_bytes_s16}};

constexpr int64_t kMaxScore = int64_t{1} << 30;
constexpr int32_t kMaxRows = 1 << 16, kMaxFeatures = (1 << 16) - 2, kMaxShift = 20;
constexpr int64_t kMaxNodes = 1 << 24;

struct Node {
  int32_t feature, threshold, left, right;
  bool is_leaf() const { return feature < 0; }
  int32_t row() const { return left; }
};

// The operands with their meanings.
struct Trees {
  const Tensor &x, &values;
  std::span<const Node> nodes;
  std::span<const int32_t> roots, base;
  int32_t groups, shift;

  int32_t n() const { return x.shape.back(); }
  int32_t width() const { return values.shape[1]; }  // outputs of a tree
  int32_t outputs() const { return groups * width(); }
  int16_t value(int32_t row, int32_t j) const {
    return values.data.as<int16_t>()[static_cast<size_t>(row) * static_cast<size_t>(width()) + static_cast<size_t>(j)];
  }
};

Trees trees_of(const Op& op, const Graph& g) {
  return {*g.in(op, 0),
          *g.in(op, 3),
          g.in(op, 1)->data.as<Node>(),
          g.in(op, 2)->data.as<int32_t>(),
          g.in(op, 4)->data.as<int32_t>(),
          op.attrs.as<TreeEnsembleAttrs>().groups,
          op.attrs.as<TreeEnsembleAttrs>().shift};
}

Status check_operands(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(require_vectors(g.in(op, 0), kMaxFeatures));
  MOTE_TRY_STATUS(require_constant(g.in(op, 1), DType::int32, 2, "the operand with the nodes"));
  MOTE_TRY_STATUS(require_constant(g.in(op, 2), DType::int32, 1, "the operand with the roots"));
  MOTE_TRY_STATUS(require_constant(g.in(op, 3), DType::int16, 2, "the operand with the values"));
  MOTE_TRY_STATUS(require_constant(g.in(op, 4), DType::int32, 1, "the operand with the base scores"));
  if (g.in(op, 1)->shape[1] != 4 || g.in(op, 1)->shape[0] > kMaxNodes)
    return malformed(
        fmt::format("its nodes are {}; up to {} of 4 numbers are allowed", print(g.in(op, 1)->shape), kMaxNodes));
  const Trees t = trees_of(op, g);
  if (t.groups < 1 || (t.groups > 1 && t.width() > 1) || t.roots.size() % static_cast<size_t>(t.groups) != 0)
    return malformed(fmt::format("{} trees of {} outputs do not make {} groups", t.roots.size(), t.width(), t.groups));
  if (static_cast<int32_t>(t.base.size()) != t.outputs())
    return malformed(fmt::format("it has {} base scores for {} outputs", t.base.size(), t.outputs()));
  if (t.shift < 0 || t.shift > kMaxShift)
    return malformed(fmt::format("its shift is {}; up to {} is allowed", t.shift, kMaxShift));
  if (t.values.shape[0] > kMaxRows)
    return unsupported(fmt::format("its leaves have {} rows of values; {} are supported", t.values.shape[0], kMaxRows));
  return {};
}

// Every node is in range and has at most one parent, which lies before it: what hangs from a root is a tree.
Status check_nodes(const Trees& t) {
  std::vector<char> has_parent(t.nodes.size(), 0);
  const auto adopt = [&](int32_t child, int64_t after) {
    if (child <= after || static_cast<size_t>(child) >= t.nodes.size()) return false;
    return !std::exchange(has_parent[static_cast<size_t>(child)], char{1});
  };
  for (int32_t root : t.roots)
    if (!adopt(root, -1)) return malformed(fmt::format("root {} is no node or is used twice", root));
  for (size_t i = 0; i < t.nodes.size(); ++i) {
    const Node& node = t.nodes[i];
    const auto at = static_cast<int64_t>(i);
    const bool good = node.is_leaf() ? node.row() >= 0 && node.row() < t.values.shape[0]
                                     : node.feature < t.n() && node.threshold >= -32768 && node.threshold <= 32767 &&
                                           adopt(node.left, at) && adopt(node.right, at);
    if (!good) return malformed(fmt::format("its node {} is out of range or its children are not its own", i));
  }
  return {};
}

// The rows of values at the leaves of a tree.
std::vector<int32_t> leaf_rows(const Trees& t, int32_t root) {
  std::vector<int32_t> rows, open{root};
  while (!open.empty()) {
    const Node& node = t.nodes[static_cast<size_t>(open.back())];
    open.pop_back();
    if (node.is_leaf()) rows.push_back(node.row());
    else open.insert(open.end(), {node.left, node.right});
  }
  return rows;
}

// What the trees of each output may add up to.
std::vector<Bounds> sum_bounds(const Trees& t) {
  std::vector<Bounds> sums(t.base.size());
  for (size_t k = 0; k < t.roots.size(); ++k) {
    const std::vector<int32_t> rows = leaf_rows(t, t.roots[k]);
    for (int32_t j = 0; j < t.width(); ++j) {
      Bounds& sum = sums[t.groups > 1 ? k % sums.size() : static_cast<size_t>(j)];
      const auto [least, most] = std::minmax_element(
          rows.begin(), rows.end(), [&](int32_t a, int32_t b) { return t.value(a, j) < t.value(b, j); });
      sum.lo += t.value(*least, j), sum.hi += t.value(*most, j);
    }
  }
  return sums;
}

bool fits(Bounds bounds, int64_t lo, int64_t hi) { return bounds.lo >= lo && bounds.hi <= hi; }

// What a tree's values are added to: base scores, the zero point and half a step.
std::vector<int32_t> starts(const Trees& t, const Tensor& out) {
  std::vector<int32_t> values;
  for (int32_t base : t.base) values.push_back(base + (zero_of(out) * (1 << t.shift)) + ((1 << t.shift) >> 1));
  return values;
}

// No score leaves 2^30, and no sum over trees that pairs share a word for leaves 16 bits.
Status check_sums(const Trees& t, const Tensor& out) {
  const std::vector<Bounds> sums = sum_bounds(t);
  for (size_t o = 0; o < sums.size(); ++o) {
    const int64_t start =
        std::abs(int64_t{t.base[o]}) + (int64_t{std::abs(zero_of(out))} + 1) * (int64_t{1} << t.shift);
    if (!fits(sums[o], start - kMaxScore, kMaxScore - start))
      return unsupported(fmt::format("its score {} may leave 2^30", o));
    if (t.width() > 1 && !fits(sums[o], -32768, 32767))
      return unsupported(
          fmt::format("the values of output {} add up to {} to {}; 16 bits are supported", o, sums[o].lo, sums[o].hi));
  }
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(require_scores(g.out(op)));
  MOTE_TRY_STATUS(check_operands(op, g));
  const Trees t = trees_of(op, g);
  MOTE_TRY_STATUS(check_nodes(t));
  MOTE_TRY_STATUS(check_sums(t, g.out(op)));
  return std::vector<OutputType>{{g.out(op).type, with_last(t.x, t.outputs())}};
}

int32_t define_leaf(const Trees& t, int32_t at, const std::vector<int32_t>& x) {
  for (;;) {
    const Node& node = t.nodes[static_cast<size_t>(at)];
    if (node.is_leaf()) return node.row();
    at = x[static_cast<size_t>(node.feature)] <= node.threshold ? node.left : node.right;
  }
}

void define(const Operands& o) {
  const Trees t = trees_of(o.op, o.graph);
  const int32_t zero = zero_of(o.graph.out(o.op));
  const Wide unit = Wide{1} << t.shift;
  const auto n = static_cast<size_t>(t.n()), outputs = static_cast<size_t>(t.outputs());
  for (size_t v = 0; v < static_cast<size_t>(element_count(t.x.shape)) / n; ++v) {
    std::vector<int32_t> x;
    for (size_t i = 0; i < n; ++i) x.push_back(define_value(o, v * n + i));
    std::vector<int64_t> score(t.base.begin(), t.base.end());
    for (size_t k = 0; k < t.roots.size(); ++k) {
      const int32_t row = define_leaf(t, t.roots[k], x);
      if (t.groups > 1) score[k % score.size()] += t.value(row, 0);
      else
        for (size_t j = 0; j < outputs; ++j) score[j] += t.value(row, static_cast<int32_t>(j));
    }
    for (size_t j = 0; j < outputs; ++j)
      define_output(o, v * outputs + j, define_floor_div(2 * score[j] + unit, 2 * unit) + zero);
  }
}

// ---- lowering ----

// The nodes of a tree in the order in which they lie: level by level, so that children are near their parent, the right
// child before the left one. A root that is a leaf gets a split before it whose sides are the same.
struct Layout {
  std::vector<Node> nodes;
  std::vector<uint32_t> children;  // how many nodes further on; 0 for a leaf
};

Layout lay_out(const Trees& t, int32_t root) {
  Layout layout{{t.nodes[static_cast<size_t>(root)]}, {}};
  if (layout.nodes[0].is_leaf()) layout.nodes[0] = {0, 0, root, root};
  for (size_t i = 0; i < layout.nodes.size(); ++i) {
    const Node node = layout.nodes[i];
    layout.children.push_back(node.is_leaf() ? 0 : static_cast<uint32_t>(layout.nodes.size() - i));
    if (node.is_leaf()) continue;
    for (int32_t child : {node.right, node.left}) layout.nodes.push_back(t.nodes[static_cast<size_t>(child)]);
  }
  return layout;
}

bool fits_narrow(const Trees& t, const std::vector<Layout>& layouts) {
  const auto is_near = [](uint32_t step) { return step <= 255; };
  return t.n() <= 255 && std::all_of(layouts.begin(), layouts.end(), [&](const Layout& layout) {
           return std::all_of(layout.children.begin(), layout.children.end(), is_near);
         });
}

// Whether kernels may take sums of bytes for outputs as they are.
bool fits_bytes(const Trees& t, const Tensor& out) {
  if (t.width() < 2 || t.width() > 3 || t.roots.size() > 256 || out.type != DType::int16 || t.shift != 0) return false;
  for (int16_t v : t.values.data.as<int16_t>())
    if (v < -128 || v > 127) return false;
  const std::vector<Bounds> sums = sum_bounds(t);
  const std::vector<int32_t> start = starts(t, out);
  for (size_t o = 0; o < sums.size(); ++o)
    if (!fits(sums[o], -32768 - int64_t{start[o]}, 32767 - int64_t{start[o]})) return false;
  return true;
}

enum class Leaves { value, bytes, row };

// What a leaf's word holds below its feature.
uint32_t leaf_bits(const Trees& t, Leaves leaves, int32_t row) {
  if (leaves == Leaves::row) return static_cast<uint32_t>(row);
  if (leaves == Leaves::value) return static_cast<uint16_t>(t.value(row, 0));
  uint32_t bits = 0;
  for (int32_t j = 0; j < t.width(); ++j) bits |= uint32_t{static_cast<uint8_t>(t.value(row, j))} << (8 * j);
  return bits;
}

void pack_tree(const Trees& t, const Layout& layout, bool wide, Leaves leaves, std::vector<uint32_t>& words) {
  for (size_t i = 0; i < layout.nodes.size(); ++i) {
    const Node& node = layout.nodes[i];
    const uint32_t step = layout.children[i];
    const auto feature = static_cast<uint32_t>(node.feature + 1),
               threshold = uint32_t{static_cast<uint16_t>(-(node.threshold + 1))};
    if (node.is_leaf()) words.push_back(leaf_bits(t, leaves, node.row()));
    else words.push_back(wide ? feature << 16 | threshold : feature << 24 | step << 16 | threshold);
    if (wide) words.push_back(2 * step);
  }
}

// Pairs of values as words: see tree_ensemble.kernel.h.
std::vector<uint32_t> pair_rows(const Trees& t) {
  std::vector<uint32_t> words;
  for (int32_t row = 0; row < t.values.shape[0]; ++row)
    for (int32_t j = 0; j < t.width(); j += 2) {
      const auto high = static_cast<uint32_t>(j + 1 < t.width() ? t.value(row, j + 1) : 0);
      words.push_back((high << 16) + static_cast<uint32_t>(t.value(row, j)));
    }
  return words;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Trees t = trees_of(op, g);
  const Tensor& out = g.out(op);
  const size_t groups = static_cast<size_t>(t.groups), trees = t.roots.size() / groups;
  std::vector<Layout> layouts;
  for (size_t i = 0; i < t.roots.size(); ++i) layouts.push_back(lay_out(t, t.roots[i % trees * groups + i / trees]));
  const bool narrow = fits_narrow(t, layouts);
  const Leaves leaves = t.width() == 1 ? Leaves::value : narrow && fits_bytes(t, out) ? Leaves::bytes : Leaves::row;
  std::vector<uint32_t> words, roots;
  for (const Layout& layout : layouts) {
    roots.push_back(static_cast<uint32_t>(words.size()));
    pack_tree(t, layout, !narrow, leaves, words);
  }
  const bool x16 = t.x.type == DType::int16;
  const Clamp range = range_of(out);
  const int32_t pairs = leaves == Leaves::row ? (t.width() + 1) / 2 : 0;
  KernelCall call = call_on_vectors(
      op, g, leaves == Leaves::bytes ? kBytes[x16] : (leaves == Leaves::row ? kRows : kSums)[!narrow][x16],
      {static_cast<int32_t>(trees), t.groups, pairs, t.outputs(), static_cast<int32_t>(bytes_of(out.type)), t.shift,
       range.lo, range.hi});
  call.tables = {make_table("nodes", "uint32_t", make_blob(words), Table::weights),
                 make_table("roots", "uint32_t", make_blob(roots), Table::weights), make_table("base", starts(t, out))};
  if (leaves == Leaves::row)
    call.tables.push_back(make_table("values", "uint32_t", make_blob(pair_rows(t)), Table::weights));
  call.scratch_bytes = 4 * pairs;
  return std::vector<KernelCall>{call};
}

// Thresholds, of which nodes have 16 bits, values of leaves and base scores; the rest says where to go.
std::optional<Numbers> numbers(size_t operand) {
  if (operand == 1) return Numbers{offsetof(Node, threshold) / sizeof(int32_t), sizeof(Node) / sizeof(int32_t), 16};
  if (operand == 2) return Numbers{};
  return std::nullopt;
}

// Nodes that the walks of one vector may meet.
int64_t taps(const Op& op, const Graph& g) {
  const Trees t = trees_of(op, g);
  std::vector<int64_t> level(t.nodes.size(), 0);
  for (int32_t root : t.roots) level[static_cast<size_t>(root)] = 1;
  int64_t deepest = 0;
  for (size_t i = 0; i < t.nodes.size(); ++i) {
    deepest = std::max(deepest, level[i]);
    if (t.nodes[i].is_leaf()) continue;
    level[static_cast<size_t>(t.nodes[i].left)] = level[static_cast<size_t>(t.nodes[i].right)] = level[i] + 1;
  }
  return deepest * static_cast<int64_t>(t.roots.size()) * element_count(t.x.shape) / t.n();
}

// ---- samples ----

struct Grown {
  std::vector<int32_t> nodes, roots;
  int32_t features, rows;
};

// Splits leaves until `leaves` are there: the last one (a chain), or any.
void grow_tree(Rng& rng, int32_t leaves, bool int8, bool chain, Grown& grown) {
  const auto first = static_cast<int32_t>(grown.nodes.size() / 4);
  const auto add_leaf = [&] {
    grown.nodes.insert(grown.nodes.end(), {-1, 0, rng.pick(0, grown.rows - 1), 0});
    return static_cast<int32_t>(grown.nodes.size() / 4) - 1;
  };
  grown.roots.push_back(first);
  std::vector<int32_t> open{add_leaf()};
  while (static_cast<int32_t>(open.size()) < leaves) {
    const size_t pick =
        chain ? open.size() - 1 : static_cast<size_t>(rng.pick(0, static_cast<int32_t>(open.size()) - 1));
    const int32_t at = open[pick], left = add_leaf(), right = add_leaf();
    const int32_t reach = int8 && rng.chance(0.95) ? 128 : 32768;
    const std::array<int32_t, 4> split{rng.pick(0, grown.features - 1), rng.pick(-reach, reach - 1), left, right};
    std::copy(split.begin(), split.end(), grown.nodes.begin() + at * 4);
    open[pick] = left;
    open.push_back(right);
  }
}

Graph sample(Rng& rng) {
  const int32_t n = rng.chance(0.12) ? rng.pick(250, 300) : rng.pick(1, 40);
  Tensor x = sample_vectors(rng, n);
  const bool int8 = x.type == DType::int8, large = rng.chance(0.1);
  const int32_t width = rng.chance(0.4) ? 1 : rng.pick(2, rng.chance(0.5) ? 3 : 7);
  const int32_t groups = width > 1 ? 1 : rng.pick(1, 3), trees = groups * rng.pick(1, large ? 2 : 8);
  Grown grown{{}, {}, n, rng.pick(1, 50)};
  for (int32_t i = 0; i < trees; ++i)
    grow_tree(rng, rng.chance(0.1) ? 1 : large ? rng.pick(300, 700) : rng.pick(2, 40), int8, rng.chance(0.2), grown);
  Tensor out = sample_int8(rng, {}), rows;
  out.type = sample_score_type(rng);
  const bool bytes = rng.chance(0.5);
  if (bytes) out.type = DType::int16, out.quant.zero = {0};
  const int32_t reach = bytes ? 127 : width > 1 ? 32767 / trees : 32767;
  std::vector<int16_t> values;
  for (int32_t i = 0; i < grown.rows * width; ++i)
    values.push_back(static_cast<int16_t>(rng.chance(0.1) ? reach : rng.pick(-reach, reach)));
  std::vector<int32_t> base;
  for (int32_t i = 0; i < groups * width; ++i)
    base.push_back(bytes ? rng.pick(-1000, 1000) : rng.pick(-100000, 100000));
  rows.type = DType::int16, rows.shape = {grown.rows, width}, rows.data = make_blob(values);
  const auto nodes = static_cast<int32_t>(grown.nodes.size() / 4);
  return sample_graph(tree_ensemble_op, "TREE_ENSEMBLE",
                      TreeEnsembleAttrs{groups, bytes || rng.chance(0.3) ? 0 : rng.pick(0, 12)},
                      {std::move(x), constant_int32({nodes, 4}, grown.nodes), constant_int32({trees}, grown.roots),
                       std::move(rows), constant_int32({groups * width}, base)},
                      std::move(out));
}

}  // namespace

extern const OpDef tree_ensemble_op{.name = "tree_ensemble",
                                    .readers = {},
                                    .infer = infer,
                                    .define = define,
                                    .lower = lower,
                                    .numbers = numbers,
                                    .taps = taps,
                                    .sample = sample};

}  // namespace mote
