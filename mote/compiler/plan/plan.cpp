#include "mote/compiler/plan/plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/device/program.h"

namespace mote {
namespace {

// A model within these bounds is planned in a few seconds (docs/SCALING.md); those that fit a microcontroller are far
// below.
constexpr int32_t kMaxPointers = 160;
constexpr int64_t kMaxRows = 65535;
constexpr int32_t kMaxTensorRows = 32767;
constexpr int64_t kMaxModelBytes = int64_t{1} << 27;  // of all tensors that are not constant
constexpr int64_t kMaxAllSteps = 200000;

std::vector<char> used_tensors(const Graph& graph) {
  std::vector<char> used(graph.tensors.size(), 0);
  for (const auto* ids : {&graph.inputs, &graph.outputs})
    for (TensorId id : *ids) used[static_cast<size_t>(id)] = 1;
  for (const Op& op : graph.ops)
    for (const auto* ids : {&op.in, &op.out})
      for (TensorId id : *ids)
        if (id != kNone) used[static_cast<size_t>(id)] = 1;
  return used;
}

Status check_tensors(const Graph& graph) {
  const std::vector<char> used = used_tensors(graph);
  int64_t rows = 0, bytes = 0;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const Tensor& t = graph.tensors[i];
    if (!used[i]) continue;
    if (row_count(t) > kMaxTensorRows)
      return unsupported(fmt::format("tensor \"{}\" ({}) has {} rows; at most {} are possible", t.name, print(t.shape),
                                     row_count(t), kMaxTensorRows));
    if (!t.is_constant()) rows += row_count(t), bytes += byte_count(t);
  }
  if (rows > kMaxRows)
    return unsupported(fmt::format("the model's tensors have {} rows in all; at most {} are possible", rows, kMaxRows));
  if (bytes > kMaxModelBytes)
    return unsupported(fmt::format("the model's tensors take {} MiB in all; at most {} are possible", bytes >> 20,
                                   kMaxModelBytes >> 20));
  return {};
}

// Tensors that nothing uses any more would have rows all the same.
void empty_unused(Graph& graph) {
  const std::vector<char> used = used_tensors(graph);
  for (size_t i = 0; i < graph.tensors.size(); ++i)
    if (!used[i]) graph.tensors[i].shape.clear(), graph.tensors[i].data = {};
}

Status check_calls(const Graph& graph, const std::vector<KernelCall>& calls, const PlanOptions& options) {
  int64_t all_steps = 0, reads = 0;
  for (const KernelCall& call : calls) {
    const int64_t steps = int64_t{call.rows} * call.steps_per_row;
    if (steps > int64_t{kMaxSteps})
      return unsupported(fmt::format("{} takes {} steps; at most {} are possible",
                                     describe(graph.ops[static_cast<size_t>(call.op)], graph), steps, kMaxSteps));
    all_steps += steps;
    reads += count_reads(call);
  }
  if (all_steps > kMaxAllSteps)
    return unsupported(fmt::format("the model takes {} steps; at most {} are possible", all_steps, kMaxAllSteps));
  if (reads > kMaxReads)
    return unsupported(
        fmt::format("the model's windows read {} rows in all; at most {} are possible", reads, kMaxReads));
  for (const KernelCall& call : calls)
    if (count_row_pointers(call) > kMaxPointers)
      return unsupported(fmt::format(
          "{} reaches over {} rows in a step; at most {} are possible, because their addresses lie on the stack",
          describe(graph.ops[static_cast<size_t>(call.op)], graph), count_row_pointers(call), kMaxPointers));
  if (options.hop > 0 && graph.inputs.size() != 1)
    return unsupported(fmt::format("--stream needs a model with one input; this one has {}", graph.inputs.size()));
  if (options.hop > 0 && graph.at(graph.inputs[0]).shape.size() > 2 && graph.at(graph.inputs[0]).shape[0] != 1)
    return unsupported(fmt::format("--stream needs an input of one window; \"{}\" is {}",
                                   graph.at(graph.inputs[0]).name, print(graph.at(graph.inputs[0]).shape)));
  if (options.feed == Feed::rows && graph.inputs.size() != 1)
    return unsupported(fmt::format("--feed rows needs a model with one input; this one has {}", graph.inputs.size()));
  return {};
}

// The most bytes alive if every tensor were whole from the op that makes it to the last one that reads it: what a
// planner of tensors needs at least.
int64_t peak_of_whole_tensors(const Graph& graph) {
  const auto end = static_cast<int32_t>(graph.ops.size());
  std::vector<Life> lives(graph.tensors.size());
  for (TensorId id : graph.inputs) lives[static_cast<size_t>(id)] = {0, 0};
  for (int32_t i = 0; i < end; ++i) {
    const Op& op = graph.ops[static_cast<size_t>(i)];
    for (TensorId id : op.out) lives[static_cast<size_t>(id)] = {i, i};
    for (TensorId id : op.in)
      if (id != kNone) lives[static_cast<size_t>(id)].death = i;
  }
  for (TensorId id : graph.outputs) lives[static_cast<size_t>(id)].death = end;
  std::vector<int64_t> change(static_cast<size_t>(end) + 2, 0);
  for (size_t t = 0; t < lives.size(); ++t) {
    if (graph.tensors[t].is_constant() || lives[t].birth < 0) continue;
    change[static_cast<size_t>(lives[t].birth)] += byte_count(graph.tensors[t]);
    change[static_cast<size_t>(lives[t].death) + 1] -= byte_count(graph.tensors[t]);
  }
  int64_t peak = 0, alive = 0;
  for (int32_t i = 0; i < end; ++i) peak = std::max(peak, alive += change[static_cast<size_t>(i)]);
  return peak;
}

int32_t count_op_calls(const Plan& plan) {
  return plan.stream.hop > 0 ? plan.stream.op_calls : static_cast<int32_t>(plan.calls.size());
}

void note_stages(Plan& plan, const std::vector<int32_t>& cuts) {
  for (size_t i = 0; i < cuts.size(); ++i) {
    const int32_t end = i + 1 < cuts.size() ? cuts[i + 1] : count_op_calls(plan);
    plan.stages.push_back({cuts[i], end - 1});
  }
}

// Schedules the plan's calls in these stages; tells where rows live.
Lives schedule_plan(Plan& plan, const RowIndex& index, const std::vector<int32_t>& cuts) {
  const Stream* stream = plan.stream.hop > 0 ? &plan.stream : nullptr;
  plan.schedule = schedule_stages(plan.graph, index, plan.calls, cuts, plan.options.feed, stream);
  if (stream) plan.hop_schedule = schedule_hop(plan.graph, index, plan.calls, cuts, *stream);
  return find_lives(plan, index);
}

Status add_stream(Plan& plan, const RowIndex& index) {
  MOTE_TRY(plan.stream, plan_stream(plan.graph, index, plan.calls, plan.options.hop));
  if (plan.calls.size() > kMaxWideCalls)
    return unsupported(fmt::format("with --stream the model needs {} kernel calls; a plan can hold {}",
                                   plan.calls.size(), kMaxWideCalls));
  return {};
}

// A choice of ways with the better of two partitions into stages, scheduled and packed.
Expected<Plan> plan_choice(const Graph& graph, const RowIndex& index, const Choice& choice,
                           const PlanOptions& options) {
  Plan plan;
  MOTE_TRY(plan.calls, lower_graph(graph, choice.ways));
  MOTE_TRY_STATUS(check_calls(graph, plan.calls, options));
  plan.graph = graph;
  plan.options = options;
  if (options.hop > 0) MOTE_TRY_STATUS(add_stream(plan, index));
  std::vector<int32_t> cuts =
      choose_stages(graph, index, plan.calls, options.feed, plan.stream.hop > 0 ? &plan.stream : nullptr);
  Lives lives = schedule_plan(plan, index, cuts);
  if (!choice.cuts.empty() && choice.cuts != cuts) {
    Plan other = plan;
    Lives of_other = schedule_plan(other, index, choice.cuts);
    if (of_other.peak_bytes < lives.peak_bytes && count_entries(other.schedule) <= kMaxEntries)
      cuts = choice.cuts, plan = std::move(other), lives = std::move(of_other);
  }
  if (const int64_t entries = std::max(count_entries(plan.schedule), count_entries(plan.hop_schedule));
      entries > kMaxEntries)
    return unsupported(fmt::format("the schedule has {} entries; at most {} are possible", entries, kMaxEntries));
  note_stages(plan, cuts);
  plan.least_bytes = lives.peak_bytes;
  place_rows(plan, index, lives);
  return plan;
}

}  // namespace

Expected<std::vector<KernelCall>> lower_graph(const Graph& graph, const Ways& ways) {
  std::vector<KernelCall> calls;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    auto made = op.def->lower(op, graph, {i < ways.size() ? ways[i] : Way()});
    if (!made) return std::move(made.error()).at(describe(op, graph));
    if (calls.size() + made->size() > kMaxWideCalls)
      return unsupported(
          fmt::format("the model needs more than {} kernel calls, which is what a plan can hold", kMaxWideCalls));
    for (KernelCall& call : *made) {
      call.op = static_cast<int32_t>(i);
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

Expected<Plan> make_plan(Graph graph, const PlanOptions& given) {
  PlanOptions options = given;
  if (options.hop > 0) options.feed = Feed::rows;
  MOTE_TRY_STATUS(check_tensors(graph));
  empty_unused(graph);
  order_ops(graph);
  MOTE_TRY(const std::vector<Choice> choices, list_choices(graph, options));
  const RowIndex index(graph);
  Plan plan;
  double best = 0;
  for (size_t i = 0; i < choices.size(); ++i) {
    MOTE_TRY(Plan next, plan_choice(graph, index, choices[i], options));
    const double score = score_of(choices[i], next.arena_bytes, options);
    if (i == 0 || score < best) plan = std::move(next), plan.choice = choices[i], best = score;
  }
  plan.whole_bytes = peak_of_whole_tensors(plan.graph);
  MOTE_TRY_STATUS(check_plan(plan));
  if (options.ram_bytes && plan.arena_bytes > *options.ram_bytes)
    return Error{Code::does_not_fit, fmt::format("the plan needs an arena of {} bytes; --ram allows {}\n{}",
                                                 plan.arena_bytes, *options.ram_bytes, explain_peak(plan))};
  return plan;
}

std::string explain_peak(const Plan& plan) {
  const RowIndex index(plan.graph);
  const Lives lives = find_lives(plan, index);
  std::vector<std::pair<int64_t, std::string>> alive;
  for (size_t i = 0; i < plan.graph.tensors.size(); ++i) {
    int64_t rows = 0;
    for (int32_t row = index.first[i]; row < index.first[i + 1]; ++row) {
      for (const Life& life : {lives.rows[static_cast<size_t>(row)], lives.rows_again[static_cast<size_t>(row)]})
        rows += life.birth >= 0 && life.birth <= lives.peak_step && life.death >= lives.peak_step;
    }
    const Tensor& t = plan.graph.tensors[i];
    if (rows > 0)
      alive.push_back({rows * row_bytes(t),
                       fmt::format("{} of {} rows of \"{}\" ({})", rows, row_count(t), short_name(t), print(t.shape))});
  }
  for (size_t c = 0; c < plan.calls.size(); ++c)
    if (lives.carry[c].birth >= 0 && lives.carry[c].birth <= lives.peak_step && lives.carry[c].death >= lives.peak_step)
      alive.push_back({plan.calls[c].carry_bytes,
                       "sums of " + describe(plan.graph.ops[static_cast<size_t>(plan.calls[c].op)], plan.graph)});
  std::sort(alive.rbegin(), alive.rend());
  const auto peak = static_cast<size_t>(lives.peak_step), first = plan.schedule.size();
  const int32_t c = peak < first                              ? plan.schedule[peak].call
                    : peak < first + plan.hop_schedule.size() ? plan.hop_schedule[peak - first].call
                                                              : kTake;
  std::string text = fmt::format(
      "  the peak is at {}; alive then:\n",
      c == kTake ? "the input"
                 : describe(plan.graph.ops[static_cast<size_t>(plan.calls[static_cast<size_t>(c)].op)], plan.graph));
  for (size_t i = 0; i < std::min<size_t>(alive.size(), 6); ++i)
    text += fmt::format("  {:>9} bytes  {}\n", alive[i].first, alive[i].second);
  if (plan.options.feed == Feed::whole)
    text += "  what may help: --feed rows (the input need not be in RAM as a whole)";
  else text += "  what may help: a smaller input, fewer channels in the layers named, or a board with more RAM";
  return text;
}

}  // namespace mote
