#include <fmt/core.h>

#include "mote/cli/model.h"

namespace mote {
namespace {

Json describe_tensor(const Tensor& t, const Shape& shape) {
  Json j{{"name", t.name}, {"type", name_of(t.type)}, {"shape", shape}};
  if (t.quant.is_set()) {
    j["scale"] = t.quant.scale;
    j["zero_point"] = t.quant.zero;
    if (t.quant.scale.size() > 1) j["axis"] = t.quant.axis;
  }
  return j;
}

std::string print_tensor(const Tensor& t, const Shape& shape) {
  std::string text = fmt::format("{} {}", print(shape), name_of(t.type));
  if (t.quant.scale.size() == 1)
    text += fmt::format(", scale {:.9g}, zero point {}", t.quant.scale[0], t.quant.zero_at(0));
  if (t.quant.scale.size() > 1) text += fmt::format(", {} scales", t.quant.scale.size());
  return text;
}

int64_t op_macs(const Op& op, const Graph& g) { return op.def->macs ? op.def->macs(op, g) : 0; }

int64_t op_weights(const Op& op, const Graph& g) {
  int64_t bytes = 0;
  for (TensorId id : op.in)
    if (id != kNone && g.at(id).is_constant()) bytes += static_cast<int64_t>(g.at(id).data.size());
  return bytes;
}

Json inspect_json(const Graph& g, const std::string& path) {
  Json j{{"model", path}};
  int64_t macs = 0, weights = 0;
  for (size_t i = 0; i < g.inputs.size(); ++i)
    j["inputs"].push_back(describe_tensor(g.at(g.inputs[i]), g.input_shape(i)));
  for (size_t i = 0; i < g.outputs.size(); ++i)
    j["outputs"].push_back(describe_tensor(g.at(g.outputs[i]), g.output_shape(i)));
  j["labels"] = g.labels;
  j["ops"] = Json::array();
  for (const Op& op : g.ops) {
    Json o{{"index", op.source},
           {"type", op.type},
           {"name", g.out(op).name},
           {"macs", op_macs(op, g)},
           {"weights_bytes", op_weights(op, g)}};
    for (TensorId id : op.in) o["inputs"].push_back(id == kNone ? Json() : describe_tensor(g.at(id), g.at(id).shape));
    for (TensorId id : op.out) o["outputs"].push_back(describe_tensor(g.at(id), g.at(id).shape));
    macs += op_macs(op, g), weights += op_weights(op, g);
    j["ops"].push_back(std::move(o));
  }
  j["macs"] = macs;
  j["weights_bytes"] = weights;
  return j;
}

void print_model(const Graph& g, const std::string& path) {
  fmt::print("{}\n", path);
  for (size_t i = 0; i < g.inputs.size(); ++i)
    fmt::print("  input {}   \"{}\" {}\n", i, g.at(g.inputs[i]).name,
               print_tensor(g.at(g.inputs[i]), g.input_shape(i)));
  for (size_t i = 0; i < g.outputs.size(); ++i)
    fmt::print("  output {}  \"{}\" {}\n", i, g.at(g.outputs[i]).name,
               print_tensor(g.at(g.outputs[i]), g.output_shape(i)));
  if (!g.labels.empty()) fmt::print("  labels    {} classes\n", g.labels.size());
  fmt::print("\n{:>4}  {:<24} {:<16} {:<16} {:>12} {:>10}  {}\n", "op", "type", "input", "output", "MACs", "constants",
             "output quantisation");
  int64_t macs = 0, weights = 0;
  for (const Op& op : g.ops) {
    const Tensor& out = g.out(op);
    fmt::print("{:>4}  {:<24} {:<16} {:<16} {:>12} {:>10}  {}\n", op.source, op.type,
               g.in(op, 0) ? print(g.in(op, 0)->shape) : "", print(out.shape), op_macs(op, g), op_weights(op, g),
               out.quant.is_set() ? fmt::format("{:.6g}, {}", out.quant.scale[0], out.quant.zero_at(0)) : "-");
    macs += op_macs(op, g), weights += op_weights(op, g);
  }
  fmt::print("\n  {} MACs, {} bytes of weights and other constants\n", macs, weights);
}

}  // namespace

void add_inspect(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "inspect", "Show what is in a model: inputs, outputs, ops, shapes, quantisation, MACs, weights");
  auto path = std::make_shared<std::string>();
  verb->add_option("model", *path, "The model: a .tflite file")->required();
  add_json(*verb, chosen);
  verb->callback([&chosen, path] {
    chosen.run = [&chosen, path]() -> Expected<int> {
      MOTE_TRY(const Graph graph, load_model(*path));
      if (chosen.json) fmt::print("{}", dump(inspect_json(graph, *path)));
      else print_model(graph, *path);
      return 0;
    };
  });
}

}  // namespace mote
