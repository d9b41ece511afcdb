#include "mote/compiler/verify/replay.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/evaluate.h"
#include "mote/device/record.h"

namespace mote {
namespace {

// The checksums that a hop ought to have, by call: those of its rows as they are defined, in the order of the schedule.
std::vector<uint32_t> right_checks(const Plan& plan, const std::vector<PlanStep>& schedule, const Values& values) {
  std::vector<uint32_t> checks(plan.calls.size(), 0);
  for (const PlanStep s : schedule) {
    if (s.call == kTake) continue;
    const auto c = static_cast<size_t>(s.call);
    const StepRows rows = rows_of_step(plan.calls[c], s.step);
    if (!rows.completes) continue;
    for (const Writes& w : plan.calls[c].writes) {
      const auto bytes = static_cast<int32_t>(row_bytes(plan.graph.at(w.tensor)));
      const uint8_t* tensor = values[static_cast<size_t>(w.tensor)].data();
      for (int32_t y = rows.first; y < rows.last; ++y)
        checks[c] = add_to_check(checks[c], tensor + static_cast<ptrdiff_t>(w.begin + y) * bytes, bytes);
    }
  }
  return checks;
}

// The first op, in their order, of which something is not as it should be: what a hop took over from the one before, or
// what it made.
std::string find_wrong_op(const Plan& plan, const std::vector<uint32_t>& made, const std::vector<uint32_t>& right) {
  std::vector<int32_t> wrong;
  for (size_t c = 0; c < made.size(); ++c)
    if (made[c] != right[c]) wrong.push_back(static_cast<int32_t>(c));
  if (wrong.empty()) return "";
  const auto call = [&](int32_t c) -> const KernelCall& { return plan.calls[static_cast<size_t>(c)]; };
  const int32_t first = *std::min_element(wrong.begin(), wrong.end(), [&](int32_t a, int32_t b) {
    return call(a).op != call(b).op ? call(a).op < call(b).op : plan.stream.is_move(a) > plan.stream.is_move(b);
  });
  const std::string op = describe(plan.graph.ops[static_cast<size_t>(call(first).op)], plan.graph);
  if (!plan.stream.is_move(first)) return op;
  const TensorId tensor = call(first).writes[0].tensor;
  const bool is_input =
      std::find(plan.graph.inputs.begin(), plan.graph.inputs.end(), tensor) != plan.graph.inputs.end();
  return (is_input ? "the samples" : op) + ", in rows kept from the hop before";
}

class Replayer {
 public:
  Replayer(const Graph& original, const Plan& plan, const DecisionPlan& decision, const Dump& dump)
      : original_(original), plan_(plan), decision_(decision), dump_(dump), runner_(decision.rule) {}

  ReplayedHop run(size_t i) {
    const DumpRecord& record = dump_.records[i];
    ReplayedHop hop;
    hop.hop = dump_.hops - static_cast<uint32_t>(dump_.records.size() - i);
    hop.made = record.decision, hop.scores = record.scores;
    if (const auto window = window_at(i)) run_model(*window, record, hop);
    if (!runner_.load(record.state)) {
      if (hop.wrong.empty()) hop.wrong = "the decision's state before it";
      return hop;
    }
    hop.right = runner_((hop.has_samples ? hop.right_scores : hop.scores).data());
    MOTE_ASSERT(runner_.load(record.state));
    if (hop.wrong.empty() && !(runner_(hop.scores.data()) == hop.made)) hop.wrong = "the decision";
    if (hop.wrong.empty() && i + 1 < dump_.records.size() && runner_.save() != dump_.records[i + 1].state)
      hop.wrong = "the decision's state after it";
    return hop;
  }

 private:
  // The samples that a record's hop has seen, if they are still there.
  std::optional<Bytes> window_at(size_t i) const {
    const auto behind = static_cast<int64_t>(dump_.records.size() - 1 - i) * decision_.hop + dump_.since;
    const int64_t size = bytes_of(decision_.samples);
    const int64_t end = std::ssize(dump_.samples) / size - behind, begin = end - decision_.window;
    if (begin < 0) return std::nullopt;
    return Bytes(dump_.samples.begin() + size * begin, dump_.samples.begin() + size * end);
  }

  void run_model(const Bytes& window, const DumpRecord& record, ReplayedHop& hop) const {
    const Bytes scores = evaluate(original_, {window})[static_cast<size_t>(original_.outputs[0])];
    hop.has_samples = true;
    hop.right_scores.assign(scores.begin(), scores.end());
    if (!record.checks.empty()) {
      const bool is_hop = plan_.stream.hop > 0 && hop.hop > 0;
      const Values values = evaluate(plan_.graph, {window});
      hop.wrong = find_wrong_op(plan_, record.checks,
                                right_checks(plan_, is_hop ? plan_.hop_schedule : plan_.schedule, values));
    }
    if (hop.wrong.empty() && hop.right_scores != hop.scores) hop.wrong = "the scores";
  }

  const Graph& original_;
  const Plan& plan_;
  const DecisionPlan& decision_;
  const Dump& dump_;
  DecisionRunner runner_;
};

}  // namespace

bool Replay::is_right() const {
  return std::all_of(hops.begin(), hops.end(), [](const ReplayedHop& hop) { return hop.wrong.empty(); });
}

Replay replay(const Graph& original, const Plan& plan, const DecisionPlan& decision, const Dump& dump) {
  Replayer replayer(original, plan, decision, dump);
  Replay all;
  for (size_t i = 0; i < dump.records.size(); ++i) all.hops.push_back(replayer.run(i));
  return all;
}

}  // namespace mote
