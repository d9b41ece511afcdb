#include "mote/compiler/plan/plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/device/program.h"

namespace mote {
namespace {

constexpr int64_t kMaxRows = 200000;
constexpr int32_t kMaxTensorRows = 32767;

Status check_sizes(const Graph& graph, const std::vector<KernelCall>& calls, const PlanOptions& options) {
  if (calls.size() > kMaxCalls)
    return unsupported(fmt::format("the model needs {} kernel calls; at most {} are possible", calls.size(), kMaxCalls));
  int64_t rows = 0;
  for (const Tensor& t : graph.tensors) rows += t.is_constant() ? 0 : row_count(t);
  if (rows > kMaxRows) return unsupported(fmt::format("the model's tensors have {} rows in all; at most {} are possible", rows, kMaxRows));
  for (const Tensor& t : graph.tensors)
    if (row_count(t) > kMaxTensorRows)
      return unsupported(fmt::format("tensor \"{}\" ({}) has {} rows; at most {} are possible", t.name, print(t.shape), row_count(t), kMaxTensorRows));
  for (const KernelCall& call : calls)
    if (int64_t{call.rows} * call.steps_per_row > int64_t{kMaxSteps})
      return unsupported(fmt::format("{} takes {} steps; at most {} are possible", describe(graph.ops[static_cast<size_t>(call.op)], graph),
                                     int64_t{call.rows} * call.steps_per_row, kMaxSteps));
  if (options.feed == Feed::rows && graph.inputs.size() != 1)
    return unsupported(fmt::format("--feed rows needs a model with one input; this one has {}", graph.inputs.size()));
  return {};
}

std::vector<int32_t> each_by_itself(size_t n) {
  std::vector<int32_t> cuts;
  for (size_t i = 0; i < n; ++i) cuts.push_back(static_cast<int32_t>(i));
  return cuts;
}

void note_stages(Plan& plan, const std::vector<int32_t>& cuts) {
  for (size_t i = 0; i < cuts.size(); ++i) {
    const int32_t end = i + 1 < cuts.size() ? cuts[i + 1] : static_cast<int32_t>(plan.calls.size());
    plan.stages.push_back({cuts[i], end - 1});
  }
}

}  // namespace

Expected<std::vector<KernelCall>> lower_graph(const Graph& graph, const LowerOptions& options) {
  std::vector<KernelCall> calls;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    auto made = op.def->lower(op, graph, options);
    if (!made) return std::move(made.error()).at(describe(op, graph));
    for (KernelCall& call : *made) {
      call.op = static_cast<int32_t>(i);
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

Expected<Plan> make_plan(Graph graph, const PlanOptions& options) {
  order_ops(graph);
  Plan plan;
  MOTE_TRY(plan.calls, lower_graph(graph, {options.optimize}));
  MOTE_TRY_STATUS(check_sizes(graph, plan.calls, options));
  plan.graph = std::move(graph);
  plan.options = options;
  const RowIndex index(plan.graph);
  const std::vector<int32_t> cuts = choose_stages(plan.graph, index, plan.calls, options.feed);
  note_stages(plan, cuts);
  plan.schedule = schedule_stages(plan.graph, index, plan.calls, cuts, options.feed);
  const Lives lives = find_lives(plan.graph, index, plan.calls, plan.schedule, options.feed);
  plan.least_bytes = lives.peak_bytes;
  const auto by_op = schedule_stages(plan.graph, index, plan.calls, each_by_itself(plan.calls.size()), Feed::whole);
  plan.whole_bytes = find_lives(plan.graph, index, plan.calls, by_op, Feed::whole).peak_bytes;
  place_rows(plan, index, lives);
  MOTE_TRY_STATUS(check_plan(plan));
  if (options.ram_bytes && plan.arena_bytes > *options.ram_bytes)
    return Error{Code::does_not_fit, fmt::format("the plan needs an arena of {} bytes; --ram allows {}\n{}", plan.arena_bytes,
                                                 *options.ram_bytes, explain_peak(plan))};
  return plan;
}

std::string explain_peak(const Plan& plan) {
  const RowIndex index(plan.graph);
  const Lives lives = find_lives(plan.graph, index, plan.calls, plan.schedule, plan.options.feed);
  std::vector<std::pair<int64_t, std::string>> alive;
  for (size_t i = 0; i < plan.graph.tensors.size(); ++i) {
    int64_t rows = 0;
    for (int32_t row = index.first[i]; row < index.first[i + 1]; ++row) {
      const Life& life = lives.rows[static_cast<size_t>(row)];
      rows += life.birth >= 0 && life.birth <= lives.peak_step && life.death >= lives.peak_step;
    }
    const Tensor& t = plan.graph.tensors[i];
    if (rows > 0)
      alive.push_back({rows * row_bytes(t), fmt::format("{} of {} rows of \"{}\" ({})", rows, row_count(t), t.name, print(t.shape))});
  }
  for (size_t c = 0; c < plan.calls.size(); ++c)
    if (lives.carry[c].birth >= 0 && lives.carry[c].birth <= lives.peak_step && lives.carry[c].death >= lives.peak_step)
      alive.push_back({plan.calls[c].carry_bytes,
                       "sums of " + describe(plan.graph.ops[static_cast<size_t>(plan.calls[c].op)], plan.graph)});
  std::sort(alive.rbegin(), alive.rend());
  const int32_t c = static_cast<size_t>(lives.peak_step) < plan.schedule.size() ? plan.schedule[static_cast<size_t>(lives.peak_step)].call : kTake;
  std::string text = fmt::format("  the peak is at {}; alive then:\n",
                                 c == kTake ? "the input" : describe(plan.graph.ops[static_cast<size_t>(plan.calls[static_cast<size_t>(c)].op)], plan.graph));
  for (size_t i = 0; i < std::min<size_t>(alive.size(), 6); ++i) text += fmt::format("  {:>9} bytes  {}\n", alive[i].first, alive[i].second);
  if (plan.options.feed == Feed::whole) text += "  what may help: --feed rows (the input need not be in RAM as a whole)";
  else text += "  what may help: a smaller input, fewer channels in the layers named, or a board with more RAM";
  return text;
}

}  // namespace mote
