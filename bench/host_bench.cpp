// How long the compiler takes for the keyword model, and its kernels on the host.
#include <benchmark/benchmark.h>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/plan/run.h"

namespace mote {
namespace {

Bytes keywords() {
  auto bytes = read_file(std::string(MOTE_SOURCE_DIR) + "/models/keywords/keywords.tflite");
  if (!bytes) std::abort();
  return *bytes;
}

Graph keywords_graph() {
  auto graph = import_model(keywords(), "keywords");
  if (!graph || !run_passes(*graph, {})) std::abort();
  return std::move(*graph);
}

Plan keywords_plan(Optimize optimize) {
  auto plan = make_plan(keywords_graph(), {optimize, Feed::whole, {}});
  if (!plan) std::abort();
  return std::move(*plan);
}

void import_and_rewrite(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(keywords_graph());
}
BENCHMARK(import_and_rewrite)->Unit(benchmark::kMillisecond);

void make_plan_for(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(keywords_plan(static_cast<Optimize>(state.range(0))));
}
BENCHMARK(make_plan_for)
    ->Arg(static_cast<int>(Optimize::ram))
    ->Arg(static_cast<int>(Optimize::speed))
    ->Unit(benchmark::kMillisecond);

void infer_on_host(benchmark::State& state) {
  const Plan plan = keywords_plan(Optimize::balanced);
  const std::vector<Bytes> inputs = self_test_inputs(plan.graph);
  PlanRunner runner(plan);
  for (auto _ : state) benchmark::DoNotOptimize(runner.run(inputs));
}
BENCHMARK(infer_on_host)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mote
