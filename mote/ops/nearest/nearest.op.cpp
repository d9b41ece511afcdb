// Votes of the k nearest: see nearest.op.h for the operands.
#include "mote/ops/nearest/nearest.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/vector_op.h"
#include "mote/ops/nearest/nearest.kernel.h"

namespace mote {

extern const OpDef nearest_op;

namespace {

constexpr KernelDef kKernel{"nearest_s32", "mote/ops/nearest/nearest.kernel.h", "Nearest", "n vectors k classes",
                            nearest_s32};

constexpr int32_t kMostVotes = 127, kMaxClasses = 65535;

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *x = g.in(op, 0), *labels = g.in(op, 1);
  MOTE_TRY_STATUS(require_type(x, DType::int32, "the operand with the distances"));
  MOTE_TRY_STATUS(require_type(labels, DType::int32, "the operand with the labels"));
  const auto& attrs = op.attrs.as<NearestAttrs>();
  if (x->shape.empty() || !labels->is_constant() || labels->shape != Shape{x->shape.back()})
    return malformed(fmt::format("labels of {} do not go with distances of {}", print(labels->shape), print(x->shape)));
  if (attrs.k < 1 || attrs.k > std::min(kMostVotes, x->shape.back()))
    return unsupported(
        fmt::format("the {} nearest of {} vote; 1 to {} are supported", attrs.k, x->shape.back(), kMostVotes));
  if (attrs.classes < 1 || attrs.classes > kMaxClasses)
    return unsupported(fmt::format("it has {} classes; 1 to {} are supported", attrs.classes, kMaxClasses));
  for (int32_t label : labels->data.as<int32_t>())
    if (label < 0 || label >= attrs.classes)
      return malformed(fmt::format("a label is {}; there are {} classes", label, attrs.classes));
  return std::vector<OutputType>{{DType::int8, with_last(*x, attrs.classes)}};
}

void define(const Operands& o) {
  const auto& attrs = o.op.attrs.as<NearestAttrs>();
  const auto x = o.input<int32_t>(0), labels = o.input<int32_t>(1);
  const auto y = o.output<int8_t>(0);
  const size_t n = labels.size(), classes = static_cast<size_t>(attrs.classes);
  std::fill(y.begin(), y.end(), int8_t{0});
  for (size_t v = 0; v < x.size() / n; ++v) {
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[v * n + a] < x[v * n + b]; });
    for (size_t j = 0; j < static_cast<size_t>(attrs.k); ++j) ++y[v * classes + static_cast<size_t>(labels[order[j]])];
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& attrs = op.attrs.as<NearestAttrs>();
  std::vector<uint16_t> labels;
  for (int32_t label : g.in(op, 1)->data.as<int32_t>()) labels.push_back(static_cast<uint16_t>(label));
  KernelCall call = call_on_vectors(op, g, kKernel, {attrs.k, attrs.classes});
  call.tables = {make_table("labels", labels, Table::weights)};
  call.scratch_bytes = 4 * attrs.k;
  return std::vector<KernelCall>{call};
}

// Labels are indices of outputs.
std::optional<Numbers> numbers(size_t) { return Numbers{}; }

Graph sample(Rng& rng) {
  const int32_t n = rng.pick(1, 40), classes = rng.pick(1, 6);
  Tensor x = sample_vectors(rng, n);
  x.type = DType::int32;
  std::vector<int32_t> labels;
  for (int32_t i = 0; i < n; ++i) labels.push_back(rng.pick(0, classes - 1));
  return sample_graph(nearest_op, "NEAREST", NearestAttrs{rng.pick(1, std::min(n, 9)), classes},
                      {std::move(x), constant_int32({n}, labels)}, {});
}

}  // namespace

extern const OpDef nearest_op{.name = "nearest",
                              .readers = {},
                              .infer = infer,
                              .define = define,
                              .lower = lower,
                              .numbers = numbers,
                              .sample = sample};

}  // namespace mote
