// From a model file and the options of `compile` to a plan and its firmware: what every verb that runs a model does.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mote/cli/cli.h"
#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/ir/target.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/verify/firmware_run.h"
#include "mote/project/project.h"

namespace mote {

// What a board has of "ram" or "flash"; 0 for a core.
int64_t board_bytes(const Target& target, const std::string& kind);

struct ModelOptions {
  std::string path;
  std::string target;
  std::string optimize;
  std::string feed = "whole";
  std::optional<int32_t> stream;
  int32_t hop = 0;  // what --stream comes to: the window slides by so many rows; 0: it does not
  std::string labels;
  std::optional<int64_t> ram_bytes, flash_bytes;
  double hop_ms = 0;      // of a project: the time between two decisions; 0: not said
  double latency_ms = 0;  // and what one may take; 0: any time
};

struct CompiledModel {
  std::string name;
  Graph original;  // as imported
  Plan plan;
  const Target* target = nullptr;        // null: the host
  std::optional<DecisionPlan> decision;  // of a project that decides
  Firmware firmware;
  FirmwareOptions made_with;  // the firmware
};

// The options that all verbs share which compile a model.
void add_model_options(CLI::App& verb, ModelOptions& options);

// By how many rows the window of a project, whose mote.toml is at `path`, slides; 0: by none, or by a hop that is no
// multiple of its model's stride, so that each window is computed anew.
Expected<int32_t> stream_rows(const Project& project, const std::string& path);

// With what the command line leaves open: as the project says, whose mote.toml `path` may be, or else the defaults.
Expected<ModelOptions> complete(ModelOptions options);

// Says so where there is no chip among the options, for a verb that needs one (exit code 2).
bool lacks_target(const ModelOptions& options, const char* verb);

Expected<Graph> load_model(const std::string& path);

// The mote.toml of a folder; any other path as it is.
std::string project_file(const std::string& path);

// Of the classes of a project's model; empty where it names none.
std::string label_file(const Project& project);

// The names of a model's classes: a file's, one a line, or where there is no file its own; empty where those are for
// another output than the first.
Expected<std::vector<std::string>> find_labels(const std::string& file, const Graph& model);

// Imports, runs the passes, plans, proves the plan on the host with one input, and writes the firmware (in memory).
Expected<CompiledModel> compile_model(const ModelOptions& options);

// Builds the firmware. Where it takes more flash than is allowed, the model is compiled anew with less flash for
// weights and kernels, as long as a smaller choice is found; refuses what still does not fit, naming the smallest.
Expected<BuiltFirmware> build_model(CompiledModel& model, const ModelOptions& options);

// The compiled firmware of a model and what it takes.
struct Sizes {
  int64_t arena = 0, input = 0, statics = 0, stack = 0;
  FlashBytes flash;
  int64_t ram() const { return arena + statics + stack; }
};
Sizes measure_sizes(const CompiledModel& model, const BuiltFirmware& built, uint32_t stack_bytes);

// Refuses firmware larger than --flash, or than the flash or RAM of the board.
Status check_budgets(const CompiledModel& model, const ModelOptions& options, const Sizes& sizes);

Json to_json(const Sizes& sizes);

// Lines for people: RAM and flash, and the share of the board's or of what is allowed.
std::string describe(const CompiledModel& model, const ModelOptions& options, const Sizes& sizes);

// Weights and tables, which are known without a compiler; the code is not.
int64_t table_bytes(const Plan& plan);

// What `profile` counts: the input of the self-test, or a stream of a window and some hops.
constexpr int64_t kProfiledHops = 8;
std::vector<std::vector<Bytes>> profile_inputs(const CompiledModel& model);

// Inputs for the model from files (.npy, or raw little-endian), one file per model input, each holding `steps` inputs
// one after another. For a project a file may be a recording: its windows.
Expected<std::vector<std::vector<Bytes>>> read_inputs(const std::string& path, const Graph& graph,
                                                      const std::vector<std::string>& files, int64_t steps);

// A stream of input rows for a model whose window slides, from such a file: at least one window.
Expected<Bytes> read_stream(const std::string& path, const CompiledModel& model, const std::string& file);

// The outputs of each window of a stream, on the host or on the emulated target within its budgets.
Expected<std::vector<std::vector<Bytes>>> run_stream(const CompiledModel& model, const ModelOptions& options,
                                                     const Bytes& stream);

// "--feed rows" or "--stream 2", for headings.
std::string describe_feed(const ModelOptions& options);
// Adds "feed" and, where the window slides, "stream" and what a hop computes and keeps.
void add_feed(Json& json, const ModelOptions& options, const Plan* plan);

// Runs each input on the host, or on the emulated target within its budgets; outputs by input, by model output.
Expected<std::vector<std::vector<Bytes>>> run_model(const CompiledModel& model, const ModelOptions& options,
                                                    const std::vector<std::vector<Bytes>>& inputs);

// "yes 0.98, no 0.01": the best classes of an output that is a vector of int8 or float scores.
std::string describe_classes(const Tensor& output, const std::vector<std::string>& labels, const Bytes& bytes);

}  // namespace mote
