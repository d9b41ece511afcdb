#include "fuzz/check.h"

#include <time.h>

#include <algorithm>

#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/formats/tflite.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/plan/run.h"

namespace mote::fuzz {
namespace {

constexpr int64_t kMaxWork = 1'500'000;  // of evaluation, in products or values

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

int64_t work_of_all(const Graph& g) {
  int64_t work = 0;
  for (const Op& op : g.ops) work += work_of(g, op);
  return work;
}

std::string compare(const Graph& original, const Plan& plan, Rng& rng) {
  const auto inputs = make_inputs(original, rng, static_cast<InputKind>(rng.pick(0, 3)));
  const Values want = evaluate(original, inputs);
  const std::vector<Bytes> got = PlanRunner(plan).run(inputs);
  for (size_t i = 0; i < got.size(); ++i)
    if (want[static_cast<size_t>(original.outputs[i])] != got[i])
      return "output " + std::to_string(i) + " of the plan is not that of the definition";
  return "";
}

}  // namespace

Outcome check_model(std::span<const uint8_t> bytes, uint64_t choice, bool all) {
  Outcome outcome;
  Rng rng(choice);
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 64, 1000000);
  if (bytes.size() >= 8 && mote::tflite::VerifyModelBuffer(verifier)) outcome.reached = Reached::verified;

  const double begin = cpu_seconds();
  double paused = 0;
  auto stop = [&](const Error& error) {
    outcome.seconds = cpu_seconds() - begin - paused;
    outcome.refusal = error.text();
    if (error.what.empty()) outcome.fault = "a refusal without a message";
    if (error.code == Code::internal) outcome.fault = error.text();
    return outcome;
  };
  auto graph = import_model(bytes, "mutant");
  if (!graph) return stop(graph.error());
  outcome.reached = Reached::imported;
  Graph passed = *graph;
  if (Status status = run_passes(passed, {}); !status) return stop(status.error());
  outcome.reached = Reached::planner;
  PlanOptions options;
  options.optimize = static_cast<Optimize>(rng.pick(0, 2));
  if (passed.inputs.size() == 1 && rng.chance(0.3)) options.feed = Feed::rows;
  if (rng.chance(0.05)) options.ram_bytes = rng.pick(0, 2000);
  auto plan = make_plan(std::move(passed), options);
  if (!plan) return stop(plan.error());
  outcome.reached = Reached::planned;

  const bool small = work_of_all(*graph) <= kMaxWork, evaluates = all || rng.chance(0.8),
             emits = all || rng.chance(0.1);
  if (small && evaluates) {
    const double from = cpu_seconds();
    outcome.fault = compare(*graph, *plan, rng);
    paused = cpu_seconds() - from;
    outcome.reached = Reached::run;
  }
  if (small && emits) {
    FirmwareOptions firmware{"mutant", "cortex-m4", graph->labels, self_test_inputs(*graph), {}};
    const double from = cpu_seconds();
    const Values values = evaluate(*graph, firmware.test_inputs);
    paused += cpu_seconds() - from;
    for (TensorId id : graph->outputs) firmware.test_outputs.push_back(values[static_cast<size_t>(id)]);
    if (make_firmware(*plan, firmware).files.empty() && outcome.fault.empty())
      outcome.fault = "the firmware has no files";
    outcome.emitted = true;
  }
  outcome.seconds = cpu_seconds() - begin - paused;
  return outcome;
}

}  // namespace mote::fuzz
