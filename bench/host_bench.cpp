// How fast the compiler plans, and how fast the host's kernels run models.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/plan/run.h"
#include "mote/host/vector.h"
#include "tests/long_graph.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = MOTE_SOURCE_DIR;

Graph load(const fs::path& path) {
  auto bytes = read_file(path.string());
  if (!bytes) std::abort();
  auto graph = import_model(*bytes, path.stem().string());
  if (!graph || !run_passes(*graph, {})) std::abort();
  return std::move(*graph);
}

Graph keywords_graph() { return load(kSource / "models/keywords/keywords.tflite"); }

Plan plan_of(Graph graph, Optimize optimize, const Costs& costs) {
  auto plan = make_plan(std::move(graph), {optimize, Feed::whole, {}, costs});
  if (!plan) std::abort();
  return std::move(*plan);
}

void import_and_rewrite(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(keywords_graph());
}
BENCHMARK(import_and_rewrite)->Unit(benchmark::kMillisecond);

void make_plan_for(benchmark::State& state) {
  const Graph graph = keywords_graph();
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(graph, static_cast<Optimize>(state.range(0)), {}));
}
BENCHMARK(make_plan_for)
    ->Arg(static_cast<int>(Optimize::ram))
    ->Arg(static_cast<int>(Optimize::speed))
    ->Unit(benchmark::kMillisecond);

// Planning for a Cortex-M4, where most ops have several ways, by the number of ops (docs/SCALING.md).
void plan_ops(benchmark::State& state, Graph (*make)(int n)) {
  const Graph graph = make(static_cast<int>(state.range(0)));
  const auto target = find_target("cortex-m4");
  if (!target) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(graph, Optimize::balanced, (*target)->costs));
  state.SetComplexityN(state.range(0));
}
#define MOTE_SIZES Arg(10)->Arg(30)->Arg(100)->Arg(300)->Arg(1000)->Complexity(benchmark::oNLogN)
BENCHMARK_CAPTURE(plan_ops, chain, long_chain)->MOTE_SIZES->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_ops, skips, long_graph_with_skips)->MOTE_SIZES->Unit(benchmark::kMillisecond);

// Inferences on one core, with each set of vector instructions that this CPU has.
void infer(benchmark::State& state, const Graph& graph, const VectorForms& forms) {
  use_vector_forms(forms);
  const Plan plan = plan_of(graph, Optimize::balanced, host_costs());
  const std::vector<Bytes> inputs = self_test_inputs(plan.graph);
  PlanRunner runner(plan);
  for (auto _ : state) benchmark::DoNotOptimize(runner.run(inputs));
  state.counters["inferences"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
  use_vector_forms(*vector_forms().front());
}

// The kernels of the chips, on the host.
void infer_portably(benchmark::State& state, const Graph& graph) {
  const Plan plan = plan_of(graph, Optimize::balanced, {});
  const std::vector<Bytes> inputs = self_test_inputs(plan.graph);
  PlanRunner runner(plan);
  for (auto _ : state) benchmark::DoNotOptimize(runner.run(inputs));
  state.counters["inferences"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void register_inferences() {
  const char* given = std::getenv("MOTE_SHARED");
  const fs::path models = (given ? fs::path(given) : kSource / "../shared") / "conformance/whole_models";
  for (const auto& [name, path] : std::initializer_list<std::pair<const char*, fs::path>>{
           {"keywords", kSource / "models/keywords/keywords.tflite"},
           {"kws", models / "tiny__kws_ref_model/model.tflite"},
           {"vww", models / "tiny__vww_96_int8/model.tflite"},
           {"resnet", models / "tiny__pretrainedResnet_quant/model.tflite"},
           {"toycar", models / "tiny__ad01_int8/model.tflite"}}) {
    if (!fs::exists(path)) continue;
    const Graph graph = load(path);
    for (const VectorForms* forms : vector_forms())
      benchmark::RegisterBenchmark((std::string("infer/") + name + "/" + forms->name).c_str(),
                                   [graph, forms](benchmark::State& state) { infer(state, graph, *forms); })
          ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark((std::string("infer/") + name + "/device").c_str(), [graph](benchmark::State& state) {
      infer_portably(state, graph);
    })->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace
}  // namespace mote

int main(int argc, char** argv) {
  mote::register_inferences();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
