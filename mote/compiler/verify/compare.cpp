#include "mote/compiler/verify/compare.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/evaluate.h"
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

// The rows that a step completes, in the order in which the harness writes them.
template <class Visit>
void visit_completed(const Plan& plan, size_t step, Visit visit) {
  const auto [c, s] = plan.schedule[step];
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

std::optional<Difference> trace_difference(const Plan& plan, const Values& want, std::span<const uint8_t> trace) {
  size_t at = 0;
  std::optional<Difference> found;
  for (size_t t = 0; t < plan.schedule.size() && !found; ++t)
    visit_completed(plan, t, [&](const KernelCall& call, TensorId id, int32_t y) {
      const auto bytes = static_cast<size_t>(row_bytes(plan.graph.at(id)));
      if (found || at + bytes > trace.size()) return;
      found = row_difference(plan, call, id, y, want, trace.subspan(at, bytes));
      at += bytes;
    });
  return found;
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

Status compare_host(const Graph& original, const Plan& plan, const std::vector<Bytes>& inputs) {
  const Values want = evaluate(plan.graph, inputs);
  PlanRunner runner(plan);
  std::optional<Difference> first;
  const std::vector<Bytes> got = runner.run(inputs, [&](size_t step) {
    if (first) return;
    visit_completed(plan, step, [&](const KernelCall& call, TensorId id, int32_t y) {
      const int64_t at = plan.places[static_cast<size_t>(id)].rows[static_cast<size_t>(y)];
      if (!first)
        first = row_difference(
            plan, call, id, y, want,
            runner.arena().subspan(static_cast<size_t>(at), static_cast<size_t>(row_bytes(plan.graph.at(id)))));
    });
  });
  if (first) return mismatch(*first, "host");
  if (auto d = outputs_differ(original, evaluate(original, inputs), got))
    return mismatch(*d, "host, against the untouched model");
  return {};
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
    if (auto first = trace_difference(plan, evaluate(plan.graph, inputs[i]), traced.trace)) difference = first;
    return mismatch(*difference, fmt::format("{}, input {}", target.name, i));
  }
  if (!run.self_test) return Error{Code::mismatch, "its self-test fails", target.name};
  return run;
}

}  // namespace mote
