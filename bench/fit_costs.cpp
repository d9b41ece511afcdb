// Fits the cost table of a core (targets/costs/CORE.json, mote/compiler/ir/costs.h) to exact instruction counts. Every
// kernel of the table does all ops of the models that it can do, in the emulator; its factors are then those with the
// least squares of relative errors, none below zero. Factors that the ops do not tell apart stay near the present ones.
// Prints each kernel's error, median and worst, before and after. --write writes the table.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/run.h"
#include "mote/compiler/verify/firmware_run.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFactors = 6;
constexpr const char* kNames[kFactors] = {"step", "pixel", "value", "output", "mac", "rest_mac"};
constexpr double KernelCost::*kMembers[kFactors] = {&KernelCost::step,   &KernelCost::pixel, &KernelCost::value,
                                                    &KernelCost::output, &KernelCost::mac,   &KernelCost::rest_mac};
constexpr double kTrust = 0.003;  // in the present factors, against one sample
constexpr size_t kLeastSamples = 4;

// An op done by a kernel.
struct Sample {
  Work work;
  double instructions = 0;
};
using Samples = std::map<std::string, std::vector<Sample>, std::less<>>;

std::array<double, kFactors> counts(const Work& w) {
  return {static_cast<double>(w.steps),   static_cast<double>(w.pixels), static_cast<double>(w.values),
          static_cast<double>(w.outputs), static_cast<double>(w.macs),   static_cast<double>(w.rest_macs)};
}

// By kind of op: the kernels of the table that can do one of them.
std::map<const OpDef*, std::vector<std::string>> list_kernels(const Graph& graph, const Costs& costs) {
  std::map<const OpDef*, std::vector<std::string>> kernels;
  for (const Op& op : graph.ops) {
    if (!op.def->ways) continue;
    auto& of_op = kernels[op.def];
    for (const Way& way : op.def->ways(op, graph)) {
      const std::string name(way.kernel->name);
      if (costs.count(name) && std::find(of_op.begin(), of_op.end(), name) == of_op.end()) of_op.push_back(name);
    }
  }
  return kernels;
}

// Runs the graph with the kernels of `costs` alone, and notes what each op took.
Status measure(const Graph& graph, const Costs& costs, const Target& target, Samples& samples) {
  MOTE_TRY(const Plan plan, make_plan(graph, {Optimize::speed, Feed::whole, {}, costs}));
  const std::vector<Bytes> inputs = self_test_inputs(graph);
  const Firmware firmware = make_firmware(plan, {"model",
                                                 target.name,
                                                 {},
                                                 inputs,
                                                 PlanRunner(plan).run(inputs),
                                                 optimize_flag(plan.options.optimize, target.toolchain)});
  MOTE_TRY(const BuiltFirmware built, build_firmware(plan, firmware, target));
  MOTE_TRY(const FirmwareRun run, run_firmware(plan, built, target, {inputs}, {.count = true, .steps = true}));
  for (size_t c = 0; c < plan.calls.size(); ++c) {
    const KernelCall& call = plan.calls[c];
    if (call.work.outputs == 0) continue;  // counted by the op's first call, or no choice
    Sample sample{call.work};
    for (size_t other = c; other < plan.calls.size() && plan.calls[other].op == call.op; ++other)
      sample.instructions += static_cast<double>(run.call_instructions[other]);
    samples[std::string(call.kernel->name)].push_back(sample);
  }
  return {};
}

// In each round another kernel for each kind of op.
Status measure_all(const fs::path& model, const Target& target, Samples& samples) {
  MOTE_TRY(const Bytes bytes, read_file(model.string()));
  MOTE_TRY(Graph graph, import_model(bytes, "model"));
  MOTE_TRY_STATUS(run_passes(graph, {}));
  const auto kernels = list_kernels(graph, target.costs);
  size_t rounds = 0;
  for (const auto& [def, names] : kernels) rounds = std::max(rounds, names.size());
  for (size_t round = 0; round < rounds; ++round) {
    Costs costs;
    for (const auto& [def, names] : kernels)
      if (round < names.size()) costs.insert(*target.costs.find(names[round]));
    fmt::print(stderr, "{} {} {}/{}\n", target.name, model.parent_path().filename().string(), round + 1, rounds);
    MOTE_TRY_STATUS(measure(graph, costs, target, samples));
  }
  return {};
}

// Least squares of (predicted - counted) / counted by descent along one factor after another, none below zero.
KernelCost fit(const std::vector<Sample>& samples, const KernelCost& present) {
  std::vector<std::array<double, kFactors>> shares;  // what a factor of 1 adds, as a share of the instructions
  for (const Sample& s : samples) {
    shares.push_back(counts(s.work));
    for (double& share : shares.back()) share /= s.instructions;
  }
  KernelCost cost = present;
  const auto error = [&](size_t i) {
    double sum = -1;
    for (size_t k = 0; k < kFactors; ++k) sum += shares[i][k] * cost.*kMembers[k];
    return sum;
  };
  for (int round = 0; round < 20000; ++round)
    for (size_t k = 0; k < kFactors; ++k) {
      double slope = 0, curve = 0;
      for (size_t i = 0; i < shares.size(); ++i) slope += shares[i][k] * error(i), curve += shares[i][k] * shares[i][k];
      if (curve == 0) continue;
      const double trust = kTrust * curve / static_cast<double>(shares.size());
      slope += trust * (cost.*kMembers[k] - present.*kMembers[k]);
      cost.*kMembers[k] = std::max(0.0, cost.*kMembers[k] - slope / (curve + trust));
    }
  for (size_t k = 0; k < kFactors; ++k) cost.*kMembers[k] = std::stod(fmt::format("{:.3g}", cost.*kMembers[k]));
  return cost;
}

struct Errors {
  double median, worst;
};
Errors errors_of(const std::vector<Sample>& samples, const KernelCost& cost) {
  std::vector<double> errors;
  for (const Sample& s : samples) errors.push_back(std::abs(cost.instructions(s.work) / s.instructions - 1));
  std::sort(errors.begin(), errors.end());
  return {errors[errors.size() / 2], errors.back()};
}

std::string write_costs(const Costs& costs) {
  std::string text = "{\n";
  for (const auto& [kernel, cost] : costs) {
    text += fmt::format("  \"{}\": {{", kernel);
    for (size_t k = 0; k < kFactors; ++k)
      if (cost.*kMembers[k] > 0) text += fmt::format("\"{}\": {:g}, ", kNames[k], cost.*kMembers[k]);
    text += fmt::format("\"code_bytes\": {:g}}}{}\n", cost.code_bytes, kernel == costs.rbegin()->first ? "" : ",");
  }
  return text + "}\n";
}

Status fit_core(const std::string& core, const std::vector<fs::path>& models, const std::string& folder) {
  MOTE_TRY(const Target* target, find_target(core));
  Samples samples;
  for (const fs::path& model : models)
    if (Status status = measure_all(model, *target, samples); !status)
      return std::move(status.error()).at(model.string());
  Costs costs = target->costs;
  fmt::print("{}\n{:<30} {:>4} {:>20} {:>20}\n", core, "kernel", "ops", "error before", "after");
  for (auto& [kernel, cost] : costs) {
    const auto found = samples.find(kernel);
    if (found == samples.end() || found->second.size() < kLeastSamples) {
      fmt::print("{:<30} {:>4} too few: stays as it is\n", kernel, found == samples.end() ? 0 : found->second.size());
      continue;
    }
    const Errors before = errors_of(found->second, cost);
    cost = fit(found->second, cost);
    const Errors after = errors_of(found->second, cost);
    fmt::print("{:<30} {:>4} {:>8.1f} % {:>7.1f} % {:>8.1f} % {:>7.1f} %\n", kernel, found->second.size(),
               100 * before.median, 100 * before.worst, 100 * after.median, 100 * after.worst);
  }
  if (folder.empty()) return {};
  const std::string text = write_costs(costs);
  return write_file((fs::path(folder) / (core + ".json")).string(), text.data(), text.size());
}

int run(int argc, char** argv) {
  CLI::App app{"Fits cost tables of cores to exact instruction counts; prints median and worst error of each kernel"};
  std::vector<std::string> cores;
  std::vector<fs::path> models;
  std::string folder;
  app.add_option("--core", cores, "A core, as `mote targets` lists them")->required();
  app.add_option("models", models, "Models whose ops are the samples: .tflite files")->required();
  app.add_option("--write", folder, "Write CORE.json into this folder, e.g. targets/costs");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& core : cores)
    if (Status status = fit_core(core, models, folder); !status) {
      fmt::print(stderr, "mote_fit_costs: {}\n", status.error().text());
      return 1;
    }
  return 0;
}

}  // namespace
}  // namespace mote

int main(int argc, char** argv) { return mote::run(argc, argv); }
