#include "mote/compiler/verify/compare.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/plan/run.h"

namespace mote {
namespace {

int64_t value_at(DType type, std::span<const uint8_t> bytes, size_t i) {
  int64_t v = 0;
  const auto size = static_cast<size_t>(bytes_of(type));
  std::memcpy(&v, bytes.data() + i * size, size);
  if (type == DType::int8) return static_cast<int8_t>(v);
  if (type == DType::int16) return static_cast<int16_t>(v);
  if (type == DType::int32) return static_cast<int32_t>(v);
  return v;
}

// The bytes of a tensor of the untouched model that are left of it in the rewritten one.
Bytes keep_channels(const Tensor& full, const Tensor& left, const Bytes& bytes) {
  if (byte_count(full) == byte_count(left)) return bytes;
  const auto size = static_cast<size_t>(bytes_of(full.type)), pixel = static_cast<size_t>(channel_count(full)) * size;
  Bytes kept;
  for (size_t at = 0; at < bytes.size(); at += pixel)
    for (int32_t c : left.kept) {
      const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at + static_cast<size_t>(c) * size);
      kept.insert(kept.end(), from, from + static_cast<std::ptrdiff_t>(size));
    }
  return kept;
}

// The rows that a step completes, in the order in which the harness writes them.
template <class Visit>
void visit_completed(const Plan& plan, PlanStep step, Visit visit) {
  const auto [c, s] = step;
  if (c == kTake) return;
  const KernelCall& call = plan.calls[static_cast<size_t>(c)];
  const StepRows rows = rows_of_step(call, s);
  if (!rows.completes) return;
  for (const Writes& w : call.writes)
    for (int32_t y = rows.first; y < rows.last; ++y) visit(call, w.tensor, w.begin + y);
}

std::span<const uint8_t> row_of(const Graph& g, TensorId id, int32_t y, std::span<const uint8_t> tensor) {
  const auto bytes = static_cast<size_t>(row_bytes(g.at(id)));
  return tensor.subspan(static_cast<size_t>(y) * bytes, bytes);
}

std::optional<Difference> row_difference(const Plan& plan, const KernelCall& call, TensorId id, int32_t y,
                                         const Values& want, std::span<const uint8_t> got) {
  const Graph& g = plan.graph;
  auto difference = find_difference(g.at(id), row_of(g, id, y, want[static_cast<size_t>(id)]), got,
                                    describe(g.ops[static_cast<size_t>(call.op)], g));
  if (difference) difference->element += y * (row_bytes(g.at(id)) / bytes_of(g.at(id).type));
  return difference;
}

Error mismatch(const Difference& d, const std::string& who) { return {Code::mismatch, d.text(), who}; }

// The definition of the untouched model; the passes are part of what is proved.
std::optional<Difference> outputs_differ(const Graph& original, const Values& want, const std::vector<Bytes>& got) {
  for (size_t i = 0; i < original.outputs.size(); ++i) {
    const TensorId id = original.outputs[i];
    if (auto d = find_difference(original.at(id), want[static_cast<size_t>(id)], got[i],
                                 fmt::format("output {} \"{}\"", i, original.at(id).name)))
      return d;
  }
  return std::nullopt;
}

// The rows of one window in the trace, which begins with them and afterwards begins behind them.
std::optional<Difference> trace_difference(const Plan& plan, const std::vector<PlanStep>& schedule, const Values& want,
                                           std::span<const uint8_t>& trace) {
  size_t at = 0;
  std::optional<Difference> found;
  for (size_t t = 0; t < schedule.size() && !found; ++t)
    visit_completed(plan, schedule[t], [&](const KernelCall& call, TensorId id, int32_t y) {
      const auto bytes = static_cast<size_t>(row_bytes(plan.graph.at(id)));
      if (found || at + bytes > trace.size()) return;
      found = row_difference(plan, call, id, y, want, trace.subspan(at, bytes));
      at += bytes;
    });
  trace = trace.subspan(at);
  return found;
}

// Watches a run on the host for the first row that is not as defined.
class Watch {
 public:
  Watch(const Plan& plan, const PlanRunner& runner) : plan_(plan), runner_(runner) {}

  std::optional<Difference> found;

  PlanRunner::Observer against(const Values& want) {
    return [this, &want](PlanStep step) {
      if (found) return;
      visit_completed(plan_, step, [&](const KernelCall& call, TensorId id, int32_t y) {
        const auto at = static_cast<size_t>(plan_.places[static_cast<size_t>(id)].rows[static_cast<size_t>(y)]);
        if (!found)
          found = row_difference(plan_, call, id, y, want,
                                 runner_.arena().subspan(at, static_cast<size_t>(row_bytes(plan_.graph.at(id)))));
      });
    };
  }

 private:
  const Plan& plan_;
  const PlanRunner& runner_;
};

const std::vector<PlanStep>& schedule_of(const Plan& plan, int64_t window) {
  return window == 0 ? plan.schedule : plan.hop_schedule;
}

}  // namespace

std::string Difference::text() const {
  return fmt::format("{} differs first at element {}: {} is right, {} was computed", where, element, want, got);
}

std::optional<Difference> find_difference(const Tensor& tensor, std::span<const uint8_t> want,
                                          std::span<const uint8_t> got, const std::string& where) {
  const auto size = static_cast<size_t>(bytes_of(tensor.type));
  for (size_t i = 0; i < want.size() / size; ++i)
    if ((i + 1) * size > got.size() || std::memcmp(want.data() + i * size, got.data() + i * size, size) != 0)
      return Difference{where, static_cast<int64_t>(i), value_at(tensor.type, want, i),
                        (i + 1) * size > got.size() ? 0 : value_at(tensor.type, got, i)};
  return std::nullopt;
}

std::optional<Difference> compare_ops(const Graph& original, const Values& want, const Graph& rewritten,
                                      const Values& got) {
  for (const Op& op : rewritten.ops)
    for (TensorId id : op.out) {
      const auto i = static_cast<size_t>(id);
      if (i >= want.size() || want[i].empty()) continue;  // made by a pass
      const Tensor &full = original.at(id), &left = rewritten.at(id);
      const std::string where = describe(op, rewritten);
      if (auto d = find_difference(left, keep_channels(full, left, want[i]), got[i], where)) return d;
    }
  return std::nullopt;
}

Status compare_host(const Graph& original, const Plan& plan, const std::vector<Bytes>& inputs) {
  const Values want = evaluate(plan.graph, inputs), untouched = evaluate(original, inputs);
  if (auto d = compare_ops(original, untouched, plan.graph, want))
    return mismatch(*d, "the passes, against the untouched model");
  PlanRunner runner(plan);
  Watch watch(plan, runner);
  const std::vector<Bytes> got = runner.run(inputs, watch.against(want));
  if (watch.found) return mismatch(*watch.found, "host");
  if (auto d = outputs_differ(original, untouched, got)) return mismatch(*d, "host, against the untouched model");
  return {};
}

Status compare_host_stream(const Graph& original, const Plan& plan, std::span<const uint8_t> stream) {
  const auto new_bytes = static_cast<size_t>(plan.stream.hop * row_bytes(plan.graph.at(plan.graph.inputs[0])));
  PlanRunner runner(plan);
  Watch watch(plan, runner);
  for (int64_t k = 0; k < count_windows(plan, stream.size()); ++k) {
    const std::vector<Bytes> window{window_of(plan, stream, k)};
    const Values want = evaluate(plan.graph, window);
    const auto got = k == 0 ? runner.run(window, watch.against(want))
                            : runner.run_hop(std::span(window[0]).last(new_bytes), watch.against(want));
    if (!watch.found) watch.found = outputs_differ(original, evaluate(original, window), got);
    if (watch.found) return mismatch(*watch.found, fmt::format("host, window {}", k));
  }
  return {};
}

Expected<FirmwareRun> compare_firmware_stream(const Graph& original, const Plan& plan, const BuiltFirmware& built,
                                              const Target& target, std::span<const uint8_t> stream, bool count) {
  const Bytes bytes(stream.begin(), stream.end());
  MOTE_TRY(FirmwareRun run, run_firmware(plan, built, target, {{bytes}}, {.count = count}));
  for (size_t k = 0; k < run.outputs.size(); ++k) {
    const auto window = static_cast<int64_t>(k);
    auto difference = outputs_differ(original, evaluate(original, {window_of(plan, stream, window)}), run.outputs[k]);
    if (!difference) continue;
    MOTE_TRY(const FirmwareRun traced,
             run_firmware(plan, built, target, {{bytes}}, {.count = false, .steps = true, .trace = true}));
    std::span<const uint8_t> trace = traced.trace;
    std::optional<Difference> first;
    int64_t at = 0;
    for (; at <= window && !first; ++at)
      first = trace_difference(plan, schedule_of(plan, at), evaluate(plan.graph, {window_of(plan, stream, at)}), trace);
    if (first) return mismatch(*first, fmt::format("{}, window {}", target.name, at - 1));
    return mismatch(*difference, fmt::format("{}, window {}", target.name, k));
  }
  if (!run.self_test) return Error{Code::mismatch, "its self-test fails", target.name};
  return run;
}

std::vector<Decision> decide_by_definition(const Graph& original, const DecisionPlan& decision,
                                           std::span<const uint8_t> samples) {
  DecisionRunner runner(decision.rule);
  std::vector<Decision> decisions;
  const auto bytes = bytes_of(decision.samples);
  const auto window = static_cast<size_t>(bytes * decision.window), hop = static_cast<size_t>(bytes * decision.hop);
  for (size_t at = 0; at + window <= samples.size(); at += hop) {
    const auto now = samples.subspan(at, window);
    const Values values = evaluate(original, {Bytes(now.begin(), now.end())});
    decisions.push_back(runner(view_as<int8_t>(values[static_cast<size_t>(original.outputs[0])]).data()));
  }
  return decisions;
}

Expected<DecisionsRun> compare_decisions(const Graph& original, const DecisionPlan& decision,
                                         const BuiltFirmware& built, const Target& target,
                                         std::span<const uint8_t> samples) {
  MOTE_TRY(DecisionsRun run, run_decisions(built, target, samples, decision.samples, true));
  const std::vector<Decision> want = decide_by_definition(original, decision, samples);
  for (size_t t = 0; t < std::min(want.size(), run.decisions.size()); ++t)
    if (!(run.decisions[t] == want[t]))
      return Error{Code::mismatch,
                   fmt::format("the decision of hop {} differs: \"{}\" is right, \"{}\" was made", t, print(want[t]),
                               print(run.decisions[t])),
                   target.name};
  if (run.decisions.size() != want.size())
    return Error{Code::mismatch, fmt::format("made {} decisions; {} are right", run.decisions.size(), want.size()),
                 target.name};
  return run;
}

Status compare_host_to(const Plan& plan, const std::vector<Bytes>& inputs, const std::vector<Bytes>& want) {
  if (PlanRunner(plan).run(inputs) == want) return {};
  MOTE_TRY_STATUS(compare_host(plan.graph, plan, inputs));  // names the op, if a kernel is at fault
  return internal_error("the passes changed what the model computes");
}

Expected<FirmwareRun> compare_firmware(const Graph& original, const Plan& plan, const BuiltFirmware& built,
                                       const Target& target, const std::vector<std::vector<Bytes>>& inputs,
                                       bool count) {
  MOTE_TRY(FirmwareRun run, run_firmware(plan, built, target, inputs, {.count = count}));
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto difference = outputs_differ(original, evaluate(original, inputs[i]), run.outputs[i]);
    if (!difference) continue;
    MOTE_TRY(const FirmwareRun traced,
             run_firmware(plan, built, target, {inputs[i]}, {.count = false, .steps = true, .trace = true}));
    std::span<const uint8_t> trace = traced.trace;
    if (auto first = trace_difference(plan, plan.schedule, evaluate(plan.graph, inputs[i]), trace)) difference = first;
    return mismatch(*difference, fmt::format("{}, input {}", target.name, i));
  }
  if (!run.self_test) return Error{Code::mismatch, "its self-test fails", target.name};
  return run;
}

}  // namespace mote
