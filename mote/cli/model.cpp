#include "mote/cli/model.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/cli/npy.h"
#include "mote/cli/recordings.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/import/labels.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/run.h"
#include "mote/compiler/verify/compare.h"
#include "mote/project/decision.h"

namespace mote {

int64_t board_bytes(const Target& target, const std::string& kind) {
  uint64_t sum = 0;
  for (const Region& r : target.board.regions)
    if (r.kind == kind) sum += r.bytes;
  return static_cast<int64_t>(sum);
}

namespace {

Optimize parse_optimize(const std::string& text) {
  return text == "ram" ? Optimize::ram : text == "speed" ? Optimize::speed : Optimize::balanced;
}

Status check_labels(const Graph& model, const std::vector<std::string>& labels) {
  const int64_t classes = element_count(model.at(model.outputs[0]).shape);
  const bool are_two = labels.size() == 2 && classes == 1;
  if (!labels.empty() && static_cast<int64_t>(labels.size()) != classes && !are_two)
    return malformed(fmt::format("there are {} labels for the {} values of output 0", labels.size(), classes));
  return {};
}

// Leading ones do not matter, nor does a leading count of steps; a flat array is taken as it is.
bool is_shape_of(const Shape& given, const Shape& wanted, int64_t steps) {
  auto without_ones = [](const Shape& shape) {
    return Shape(std::find_if(shape.begin(), shape.end(), [](int32_t d) { return d != 1; }), shape.end());
  };
  Shape shape = without_ones(given);
  if (shape.size() <= 1 || shape == without_ones(wanted)) return true;
  if (steps > 1 && shape[0] == steps) shape.erase(shape.begin());
  return without_ones(shape) == without_ones(wanted) || shape.size() <= 1;
}

Error too_large(const char* what, int64_t got, int64_t allowed, const std::string& who, const CompiledModel& model) {
  std::vector<std::pair<int64_t, std::string>> blame;
  for (const KernelCall& call : model.plan.calls) {
    int64_t bytes = 0;
    for (const Table& t : call.tables) bytes += static_cast<int64_t>(t.data.size());
    blame.push_back({bytes, describe(model.plan.graph.ops[static_cast<size_t>(call.op)], model.plan.graph)});
  }
  std::sort(blame.rbegin(), blame.rend());
  std::string text =
      fmt::format("the smallest firmware found takes {} bytes of {}; {} allows {}\n", got, what, who, allowed);
  for (size_t i = 0; i < std::min<size_t>(blame.size(), 5); ++i)
    text += fmt::format("  {:>9} bytes of weights and tables in {}\n", blame[i].first, blame[i].second);
  return {
      Code::does_not_fit,
      text + "  what may help: --optimize ram (smaller code), fewer channels in the layers named, or a larger board"};
}

Expected<FirmwareRun> run_within_budgets(const CompiledModel& model, const ModelOptions& options,
                                         const std::vector<std::vector<Bytes>>& inputs) {
  CompiledModel fitting = model;
  show_progress("building the firmware");
  MOTE_TRY(const BuiltFirmware built, build_model(fitting, options));
  show_progress("running it in the emulator");
  return run_firmware(fitting.plan, built, *fitting.target, inputs, {.count = false});
}

// What --flash and the board allow the firmware.
std::optional<int64_t> allowed_flash(const ModelOptions& o, const Target* target) {
  std::optional<int64_t> allowed = o.flash_bytes;
  if (target && !target->board.name.empty())
    if (const int64_t flash = board_bytes(*target, "flash"); flash > 0)
      allowed = std::min(allowed.value_or(flash), flash);
  return allowed;
}

// `flash_bytes`: what weights, tables and kernels may take.
Expected<CompiledModel> compile_within(const ModelOptions& o, std::optional<int64_t> flash_bytes);

}  // namespace

void add_model_options(CLI::App& verb, ModelOptions& o) {
  verb.add_option("model", o.path, "The model: a .tflite file, or a project: its mote.toml")->required();
  verb.add_option("--target,-t", o.target, "A core or board, as `mote targets` lists them");
  verb.add_option("--optimize", o.optimize,
                  "What to spend: ram (least memory and code), balanced, speed. This, --target, --stream, --ram and\n"
                  "--flash are, where they are left out, as a project says; else balanced, and no limits")
      ->check(CLI::IsMember({"ram", "balanced", "speed"}));
  verb.add_option("--feed", o.feed,
                  "How the input arrives: whole, or rows (one row at a time, and only the rows still needed are kept)")
      ->check(CLI::IsMember({"whole", "rows"}))
      ->capture_default_str();
  verb.add_option(
          "--stream", o.stream,
          "The model's window slides along the rows of its input, this many at a time: a result for every so many\n"
          "new rows, which alone are computed; 0: each window by itself")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--ram", o.ram_bytes, "Choose kernels so that the arena takes at most so many bytes, or refuse")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--flash", o.flash_bytes,
                  "Choose kernels so that the firmware takes at most so many bytes of flash, or refuse")
      ->check(CLI::NonNegativeNumber);
  verb.add_option(
      "--labels", o.labels,
      "A text file with the name of each class, one a line (else as a project says, or those in the model)");
}

Expected<int32_t> stream_rows(const Project& project, const std::string& path) {
  PlanOptions options;
  MOTE_TRY(options.hop, hop_rows_of(project));
  if (options.hop == 0) return 0;
  MOTE_TRY(Graph graph, load_model(path));
  MOTE_TRY_STATUS(run_passes(graph, {}));
  return make_plan(std::move(graph), options) ? options.hop : 0;
}

Expected<ModelOptions> complete(ModelOptions o) {
  if (std::filesystem::exists(project_file(o.path))) o.path = project_file(o.path);  // other folders are suites
  if (is_project(o.path)) {
    MOTE_TRY(const Project project, read_project(o.path));
    const Settings& target = project.section("target");
    if (o.target.empty()) o.target = target.choice("name");
    if (o.optimize.empty()) o.optimize = target.choice("optimize");
    if (o.labels.empty()) o.labels = label_file(project);
    if (!o.stream) {
      MOTE_TRY(o.stream, has_decision(project) ? stream_rows(project, o.path) : hop_rows_of(project));
    }
    for (const auto& [key, bytes] : {std::pair{"ram_bytes", &o.ram_bytes}, {"flash_bytes", &o.flash_bytes}})
      if (!*bytes && target.number(key) > 0) *bytes = static_cast<int64_t>(target.number(key));
    o.hop_ms = 1000 * seconds_per_window(project);
    o.latency_ms = target.number("latency_ms") > 0 ? target.number("latency_ms") : o.hop_ms;
  }
  if (o.optimize.empty()) o.optimize = "balanced";
  o.hop = o.stream.value_or(0);
  return o;
}

bool lacks_target(const ModelOptions& o, const char* verb) {
  if (!o.target.empty() && o.target != "host") return false;
  fmt::print(stderr, "mote: {} needs a --target (a core or board, see `mote targets`)\n", verb);
  return true;
}

Expected<Graph> load_model(const std::string& path) {
  if (is_project(path)) {
    MOTE_TRY(const Project project, read_project(path));
    auto graph = make_project_graph(project);
    if (!graph) return std::move(graph.error()).at(path);
    return graph;
  }
  MOTE_TRY(const Bytes bytes, read_file(path));
  auto graph = import_model(bytes, make_name(path));
  if (!graph) return std::move(graph.error()).at(path);
  return graph;
}

std::string project_file(const std::string& path) {
  return std::filesystem::is_directory(path) ? (std::filesystem::path(path) / "mote.toml").string() : path;
}

std::string label_file(const Project& project) {
  const std::string& labels = project.section("model").choice("labels");
  return labels.empty() ? "" : (project.folder / labels).string();
}

Expected<std::vector<std::string>> find_labels(const std::string& file, const Graph& model) {
  if (file.empty()) return check_labels(model, model.labels) ? model.labels : std::vector<std::string>();
  MOTE_TRY(const Bytes text, read_file(file));
  std::vector<std::string> labels = parse_labels({reinterpret_cast<const char*>(text.data()), text.size()});
  if (Status status = check_labels(model, labels); !status) return std::move(status.error()).at(file);
  return labels;
}

Expected<CompiledModel> compile_model(const ModelOptions& o) {
  const Target* target = nullptr;
  if (!o.target.empty() && o.target != "host") {
    MOTE_TRY(target, find_target(o.target));
  }
  return compile_within(o, allowed_flash(o, target));
}

Expected<BuiltFirmware> build_model(CompiledModel& model, const ModelOptions& o) {
  const std::optional<int64_t> allowed = allowed_flash(o, model.target);
  for (;;) {
    MOTE_TRY(BuiltFirmware built, build_firmware(model.plan, model.firmware, *model.target));
    const Sizes sizes = measure_sizes(model, built, 0);
    const int64_t over = allowed ? sizes.flash.total - *allowed : 0;
    if (over > 0) {
      // What the estimate leaves out (start of the runtime, descriptors) is now known.
      const double estimate = model.plan.choice.all_flash_bytes();
      auto smaller = compile_within(o, static_cast<int64_t>(estimate) - over);
      if (smaller && smaller->plan.choice.all_flash_bytes() < estimate) {
        model = std::move(*smaller);
        continue;
      }
    }
    MOTE_TRY_STATUS(check_budgets(model, o, sizes));
    return built;
  }
}

namespace {

// What a project decides of the scores, and that the plan can be fed for it.
Expected<std::optional<DecisionPlan>> decision_of(const ModelOptions& o, const CompiledModel& model) {
  if (!is_project(o.path)) return std::optional<DecisionPlan>();
  MOTE_TRY(const Project project, read_project(o.path));
  MOTE_TRY(auto decision, find_decision(project, model.original));
  if (decision) MOTE_TRY_STATUS(check_decision_feed(model.plan, *decision));
  return decision;
}

Expected<CompiledModel> compile_within(const ModelOptions& o, std::optional<int64_t> flash_bytes) {
  CompiledModel model;
  if (!o.target.empty() && o.target != "host") {
    MOTE_TRY(model.target, find_target(o.target));
  }
  MOTE_TRY(model.original, load_model(o.path));
  model.name = make_name(is_project(o.path) ? model.original.name : o.path);
  MOTE_TRY(model.original.labels, find_labels(o.labels, model.original));
  Graph graph = model.original;
  MOTE_TRY_STATUS(run_passes(graph, {}));
  PlanOptions plan{parse_optimize(o.optimize),
                   o.feed == "rows" ? Feed::rows : Feed::whole,
                   o.ram_bytes,
                   model.target ? model.target->costs : host_costs(),
                   o.hop,
                   flash_bytes};
  if (model.target && !model.target->board.name.empty()) {
    const int64_t ram = board_bytes(*model.target, "ram");
    if (ram > 0 && (!plan.ram_bytes || *plan.ram_bytes > ram)) plan.ram_bytes = ram;
  }
  auto made = make_plan(std::move(graph), plan);
  if (!made) return std::move(made.error()).at(o.path);
  model.plan = std::move(*made);
  FirmwareOptions firmware{model.name,
                           model.target ? model.target->name : "host",
                           model.original.labels,
                           self_test_inputs(model.original),
                           {}};
  MOTE_TRY(model.decision, decision_of(o, model));
  firmware.decision = model.decision;
  if (model.target) firmware.compile_flag = optimize_flag(plan.optimize, model.target->toolchain);
  if (o.hop > 0) {
    const Bytes stream = self_test_stream(model.plan, 2);
    MOTE_TRY_STATUS(compare_host_stream(model.original, model.plan, stream));
    firmware.test_inputs = {window_of(model.plan, stream, 1)};
  }
  const Values values = evaluate(model.original, firmware.test_inputs);
  for (TensorId id : model.original.outputs) firmware.test_outputs.push_back(values[static_cast<size_t>(id)]);
  if (o.hop == 0) MOTE_TRY_STATUS(compare_host_to(model.plan, firmware.test_inputs, firmware.test_outputs));
  if (model.target) model.firmware = make_firmware(model.plan, firmware);
  model.made_with = std::move(firmware);
  return model;
}

}  // namespace

Sizes measure_sizes(const CompiledModel& model, const BuiltFirmware& built, uint32_t stack_bytes) {
  Sizes s;
  const Graph& g = model.plan.graph;
  s.arena = model.plan.arena_bytes;
  for (TensorId id : g.inputs) s.input += model.plan.places[static_cast<size_t>(id)].slots * row_bytes(g.at(id));
  s.statics = static_cast<int64_t>(built.elf.data_bytes + built.elf.bss_bytes) - s.arena;
  s.stack = stack_bytes;
  s.flash = measure_flash(model.plan, built, model.name);
  return s;
}

Status check_budgets(const CompiledModel& model, const ModelOptions& o, const Sizes& s) {
  if (o.flash_bytes && s.flash.total > *o.flash_bytes)
    return too_large("flash", s.flash.total, *o.flash_bytes, "--flash", model);
  if (!model.target || model.target->board.name.empty()) return {};
  const int64_t flash = board_bytes(*model.target, "flash"), ram = board_bytes(*model.target, "ram");
  if (flash > 0 && s.flash.total > flash) return too_large("flash", s.flash.total, flash, model.target->name, model);
  if (ram > 0 && s.ram() > ram) return too_large("RAM", s.ram(), ram, model.target->name, model);
  return {};
}

std::string describe(const CompiledModel& model, const ModelOptions& o, const Sizes& s) {
  const auto with_share = [](int64_t bytes, std::optional<int64_t> allowed) {
    if (!allowed) return fmt::format("{} bytes", bytes);
    return fmt::format("{} of {} bytes ({:.3g} %)", bytes, *allowed,
                       100 * static_cast<double>(bytes) / static_cast<double>(*allowed));
  };
  const int64_t ram = model.target ? board_bytes(*model.target, "ram") : 0;
  return fmt::format(
      "ram          {}: arena {} (input {}), static {}, stack {}\n"
      "flash        {}: code {}, weights {}, tables {}\n",
      with_share(s.ram(), ram > 0 ? std::optional(ram) : std::nullopt), s.arena, s.input, s.statics, s.stack,
      with_share(s.flash.total, allowed_flash(o, model.target)), s.flash.code(), s.flash.weights, s.flash.tables);
}

Json to_json(const Sizes& s) {
  return {{"ram",
           {{"arena_bytes", s.arena},
            {"input_bytes", s.input},
            {"static_bytes", s.statics},
            {"stack_bytes", s.stack},
            {"total_bytes", s.ram()}}},
          {"flash",
           {{"code_bytes", s.flash.code()},
            {"weights_bytes", s.flash.weights},
            {"tables_bytes", s.flash.tables},
            {"total_bytes", s.flash.total}}}};
}

int64_t table_bytes(const Plan& plan) {
  int64_t bytes = 0;
  for (const Table* t : collect_tables(plan).tables) bytes += static_cast<int64_t>(t->data.size());
  return bytes;
}

std::vector<std::vector<Bytes>> profile_inputs(const CompiledModel& model) {
  if (model.plan.stream.hop > 0) return {{self_test_stream(model.plan, 1 + kProfiledHops)}};
  return {self_test_inputs(model.original)};
}

Expected<std::vector<std::vector<Bytes>>> read_inputs(const std::string& path, const Graph& graph,
                                                      const std::vector<std::string>& files, int64_t steps) {
  if (is_project(path) && files.size() == 1 && is_recording(files[0])) {
    MOTE_TRY(const Project project, read_project(path));
    MOTE_TRY(const Signal signal, signal_of(project));
    MOTE_TRY(const Bytes samples, read_samples(project, files[0]));
    std::vector<std::vector<Bytes>> windows;
    for (Bytes& window : cut_windows(samples, signal)) windows.push_back({std::move(window)});
    return windows;
  }
  if (files.size() != graph.inputs.size())
    return malformed(
        fmt::format("{} --input files are given; the model has {} inputs", files.size(), graph.inputs.size()));
  std::vector<std::vector<Bytes>> inputs(static_cast<size_t>(steps));
  for (size_t i = 0; i < files.size(); ++i) {
    const Tensor& t = graph.at(graph.inputs[i]);
    MOTE_TRY(Bytes bytes, read_file(files[i]));
    if (is_npy(bytes)) {
      auto array = parse_npy(bytes);
      if (!array) return std::move(array.error()).at(files[i]);
      if (array->type != t.type)
        return Error{Code::malformed,
                     fmt::format("holds {}; input {} \"{}\" is {}", name_of(array->type), i, t.name, name_of(t.type)),
                     files[i]};
      if (!is_shape_of(array->shape, graph.input_shape(i), steps))
        return Error{Code::malformed,
                     fmt::format("has the shape {}; input {} \"{}\" is {}{}", print(array->shape), i, short_name(t),
                                 print(graph.input_shape(i)), steps > 1 ? fmt::format(", {} times", steps) : ""),
                     files[i]};
      bytes = std::move(array->data);
    }
    const auto size = static_cast<size_t>(byte_count(t));
    if (bytes.size() != size * inputs.size())
      return Error{Code::malformed,
                   fmt::format("holds {} bytes; input {} \"{}\" is {} {}: {} bytes{}", bytes.size(), i, t.name,
                               print(graph.input_shape(i)), name_of(t.type), size,
                               steps > 1 ? fmt::format(" for each of {} steps", steps) : ""),
                   files[i]};
    for (size_t s = 0; s < inputs.size(); ++s)
      inputs[s].emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(s * size),
                             bytes.begin() + static_cast<std::ptrdiff_t>((s + 1) * size));
  }
  return inputs;
}

Expected<std::vector<std::vector<Bytes>>> run_model(const CompiledModel& model, const ModelOptions& options,
                                                    const std::vector<std::vector<Bytes>>& inputs) {
  std::vector<std::vector<Bytes>> outputs;
  if (model.plan.stream.hop > 0) {
    const int64_t window = row_count(model.plan.graph.at(model.plan.graph.inputs[0])), hop = model.plan.stream.hop;
    if (window % hop != 0)
      return unsupported(
          fmt::format("--stream {}: inputs of {} rows after one another are windows of a stream only where "
                      "the hop divides them",
                      hop, window));
    Bytes stream;
    for (const auto& input : inputs) stream.insert(stream.end(), input[0].begin(), input[0].end());
    MOTE_TRY(auto all, run_stream(model, options, stream));
    for (size_t k = 0; k < all.size(); k += static_cast<size_t>(window / hop)) outputs.push_back(std::move(all[k]));
    return outputs;
  }
  if (!model.target) {
    PlanRunner runner(model.plan);
    for (const auto& input : inputs) outputs.push_back(runner.run(input));
    return outputs;
  }
  MOTE_TRY(FirmwareRun run, run_within_budgets(model, options, inputs));
  return std::move(run.outputs);
}

Expected<Bytes> read_stream(const std::string& path, const CompiledModel& model, const std::string& file) {
  const Tensor& t = model.plan.graph.at(model.plan.graph.inputs[0]);
  if (is_project(path) && is_recording(file)) {
    MOTE_TRY(const Project project, read_project(path));
    MOTE_TRY(Bytes samples, read_samples(project, file));
    samples.resize(samples.size() - samples.size() % static_cast<size_t>(row_bytes(t)));
    return samples;
  }
  MOTE_TRY(Bytes bytes, read_file(file));
  if (is_npy(bytes)) {
    auto array = parse_npy(bytes);
    if (!array) return std::move(array.error()).at(file);
    if (array->type != t.type)
      return Error{
          Code::malformed,
          fmt::format("holds {}; the input \"{}\" is {}", name_of(array->type), short_name(t), name_of(t.type)), file};
    bytes = std::move(array->data);
  }
  const auto row = static_cast<size_t>(row_bytes(t));
  if (bytes.size() % row != 0 || bytes.size() < static_cast<size_t>(byte_count(t)))
    return Error{Code::malformed,
                 fmt::format("holds {} bytes; a stream is rows of {} bytes, at least the {} rows of a window",
                             bytes.size(), row, row_count(t)),
                 file};
  return bytes;
}

Expected<std::vector<std::vector<Bytes>>> run_stream(const CompiledModel& model, const ModelOptions& options,
                                                     const Bytes& stream) {
  std::vector<std::vector<Bytes>> outputs;
  if (!model.target) {
    PlanRunner runner(model.plan);
    const auto hop =
        static_cast<size_t>(model.plan.stream.hop * row_bytes(model.plan.graph.at(model.plan.graph.inputs[0])));
    for (int64_t k = 0; k < count_windows(model.plan, stream.size()); ++k) {
      const Bytes window = window_of(model.plan, stream, k);
      outputs.push_back(k == 0 ? runner.run({window}) : runner.run_hop(std::span(window).last(hop)));
    }
    return outputs;
  }
  MOTE_TRY(FirmwareRun run, run_within_budgets(model, options, {{stream}}));
  return std::move(run.outputs);
}

std::string describe_feed(const ModelOptions& o) {
  return o.hop > 0 ? fmt::format("--stream {}", o.hop) : "--feed " + o.feed;
}

void add_feed(Json& json, const ModelOptions& o, const Plan* plan) {
  json["feed"] = o.hop > 0 ? "rows" : o.feed;
  if (o.hop == 0) return;
  json["stream"] = o.hop;
  if (!plan) return;
  const HopWork work = count_hop_work(*plan);
  json["hop"] = {{"macs", work.macs},
                 {"window_macs", work.all_macs},
                 {"rows", work.rows},
                 {"window_rows", work.all_rows},
                 {"kept_bytes", work.kept_bytes},
                 {"moved_bytes", work.moved_bytes},
                 {"running_sums", plan->stream.slides.size()}};
}

std::string describe_classes(const Tensor& output, const std::vector<std::string>& labels, const Bytes& bytes) {
  const auto n = static_cast<size_t>(element_count(output.shape));
  if (labels.size() != n || (output.type != DType::int8 && output.type != DType::float32)) return "";
  std::vector<std::pair<double, std::string>> classes;
  for (size_t i = 0; i < n; ++i) {
    const double score = output.type == DType::float32 ? double{view_as<float>(std::span(bytes))[i]}
                                                       : double{output.quant.scale_at(0)} *
                                                             (static_cast<int8_t>(bytes[i]) - output.quant.zero_at(0));
    classes.push_back({score, labels[i]});
  }
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(n, 3); ++i)
    text += fmt::format("{}\"{}\" {:.3f}", i ? ", then " : "", classes[i].second, classes[i].first);
  return text;
}

}  // namespace mote
