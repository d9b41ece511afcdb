#include <fmt/core.h>

#include "mote/cli/model.h"

namespace mote {
namespace {

struct RunVerb {
  ModelOptions model;
  std::vector<std::string> inputs;
  std::string output_dir;
  int64_t steps = 1;
};

std::string print_value(DType type, std::span<const uint8_t> bytes, size_t i) {
  switch (type) {
    case DType::float32: return fmt::format("{:.6g}", view_as<float>(bytes)[i]);
    case DType::int8: return fmt::format("{}", static_cast<int8_t>(bytes[i]));
    case DType::int16: return fmt::format("{}", view_as<int16_t>(bytes)[i]);
    case DType::int32: return fmt::format("{}", view_as<int32_t>(bytes)[i]);
    case DType::int64: return fmt::format("{}", view_as<int64_t>(bytes)[i]);
    default: return fmt::format("{}", bytes[i]);
  }
}

std::string print_values(const Tensor& t, const Bytes& bytes) {
  const auto n = static_cast<size_t>(element_count(t.shape));
  std::string values;
  for (size_t k = 0; k < std::min<size_t>(n, 16); ++k) values += " " + print_value(t.type, bytes, k);
  return n > 16 ? values + " ..." : values;
}

// A result for each window of a stream.
Expected<int> run_windows(const RunVerb& verb, const CompiledModel& model, bool json) {
  if (verb.inputs.size() != 1)
    return malformed(fmt::format("{} --input files are given; a stream is one", verb.inputs.size()));
  MOTE_TRY(const Bytes stream, read_stream(verb.model.path, model, verb.inputs[0]));
  MOTE_TRY(const auto windows, run_stream(model, verb.model, stream));
  const Graph& g = model.original;
  const int32_t rows = row_count(model.plan.graph.at(model.plan.graph.inputs[0]));
  Json j{{"model", verb.model.path}, {"target", model.target ? model.target->name : "host"}};
  add_feed(j, verb.model, &model.plan);
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    Bytes all;
    for (const auto& window : windows) all.insert(all.end(), window[i].begin(), window[i].end());
    const std::string file = verb.output_dir.empty() ? "" : fmt::format("{}/output_{}.bin", verb.output_dir, i);
    if (!file.empty()) MOTE_TRY_STATUS(write_file(file, all.data(), all.size()));
    const Tensor& t = g.at(g.outputs[i]);
    j["outputs"].push_back({{"name", t.name}, {"type", name_of(t.type)}, {"shape", g.output_shape(i)}, {"file", file}});
  }
  for (size_t k = 0; k < windows.size(); ++k) {
    const auto begin = static_cast<int64_t>(k) * model.plan.stream.hop;
    Json window{{"first_row", begin}, {"last_row", begin + rows - 1}};
    if (!json) fmt::print("rows {} to {}\n", begin, begin + rows - 1);
    for (size_t i = 0; i < g.outputs.size(); ++i) {
      const Tensor& t = g.at(g.outputs[i]);
      const std::string values = print_values(t, windows[k][i]);
      const std::string classes = i == 0 ? describe_classes(t, g.labels, windows[k][0]) : "";
      window["values"].push_back(values.substr(values.empty() ? 0 : 1));
      if (!classes.empty()) window["classes"] = classes;
      if (!json) fmt::print("  output {}:{}{}\n", i, values, classes.empty() ? "" : "  " + classes);
    }
    j["windows"].push_back(std::move(window));
  }
  if (json) fmt::print("{}", dump(j));
  return 0;
}

// The first output of each window of a recording.
void list_windows(const Graph& g, const std::vector<std::vector<Bytes>>& outputs, bool json, Json& j) {
  const Tensor& t = g.at(g.outputs[0]);
  for (size_t k = 0; k < outputs.size(); ++k) {
    const std::string values = print_values(t, outputs[k][0]), classes = describe_classes(t, g.labels, outputs[k][0]);
    j["windows"].push_back({{"values", values.substr(values.empty() ? 0 : 1)}, {"classes", classes}});
    if (!json) fmt::print("window {}:{}{}\n", k, values, classes.empty() ? "" : "  " + classes);
  }
}

Expected<int> run(RunVerb verb, bool json) {
  if (verb.model.target.empty()) verb.model.target = "host";  // whatever a project is for
  MOTE_TRY(verb.model, complete(verb.model));
  MOTE_TRY(const CompiledModel model, compile_model(verb.model));
  if (verb.model.hop > 0) return run_windows(verb, model, json);
  MOTE_TRY(const auto inputs, read_inputs(verb.model.path, model.original, verb.inputs, verb.steps));
  MOTE_TRY(const auto outputs, run_model(model, verb.model, inputs));
  const Graph& g = model.original;
  Json j{{"model", verb.model.path}, {"target", model.target ? model.target->name : "host"}, {"steps", verb.steps}};
  if (outputs.size() > static_cast<size_t>(verb.steps)) list_windows(g, outputs, json, j);
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    const Tensor& t = g.at(g.outputs[i]);
    Bytes all;
    for (const auto& step : outputs) all.insert(all.end(), step[i].begin(), step[i].end());
    const std::string file = verb.output_dir.empty() ? "" : fmt::format("{}/output_{}.bin", verb.output_dir, i);
    if (!file.empty()) MOTE_TRY_STATUS(write_file(file, all.data(), all.size()));
    const std::string classes = i == 0 ? describe_classes(t, g.labels, outputs.back()[0]) : "";
    Json o{{"name", t.name}, {"type", name_of(t.type)}, {"shape", g.output_shape(i)}, {"file", file}};
    if (!classes.empty()) o["classes"] = classes;
    if (!json)
      fmt::print("output {} \"{}\" {} {}:{}\n", i, t.name, print(g.output_shape(i)), name_of(t.type),
                 print_values(t, outputs.back()[i]));
    if (!json && !classes.empty()) fmt::print("  {}\n", classes);
    if (!json && !file.empty()) fmt::print("  {} bytes written to {}\n", all.size(), file);
    j["outputs"].push_back(std::move(o));
  }
  if (json) fmt::print("{}", dump(j));
  return 0;
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand("run", "Run a model on inputs from files, on the host or on an emulated target");
  auto v = std::make_shared<RunVerb>();
  add_model_options(*verb, v->model);
  verb->add_option("--input,-i", v->inputs, "One file per model input: raw little-endian values, or .npy")->required();
  verb->add_option("--output-dir", v->output_dir,
                   "Write output_0.bin, output_1.bin ... (raw little-endian) into this folder");
  verb->add_option("--steps", v->steps, "The files hold this many inputs, one after another; outputs likewise")
      ->check(CLI::Range(1, 100000));
  add_json(*verb, chosen);
  verb->footer("Example: mote run kws.tflite --input features.npy --labels labels.txt");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return run(*v, chosen.json); }; });
}

}  // namespace mote
