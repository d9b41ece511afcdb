#include <fmt/core.h>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/ops/rescale/rescale.op.h"
#include "mote/project/project.h"

namespace mote {
namespace {

std::string describe(const Tensor& t) { return fmt::format("{} {}", print(t.shape), name_of(t.type)); }

// The features in the type, quantisation and shape of the model's input: real values stay what they are.
Expected<TensorId> fit_features(Graph& graph, TensorId features, const Tensor& input) {
  const Tensor& t = graph.at(features);
  if (element_count(t.shape) != element_count(input.shape))
    return unsupported(fmt::format("the blocks make {} features ({}), the model takes {} ({})", element_count(t.shape),
                                   print(t.shape), element_count(input.shape), print(input.shape)));
  if (t.type != input.type || !(t.quant == input.quant)) {
    if (t.type != DType::int16 || !input.quant.is_set())
      return unsupported(
          fmt::format("the blocks' features are {}, the model takes {}; int16 to a quantised input, or "
                      "twice the same, is supported",
                      describe(t), describe(input)));
    Tensor quantised;
    quantised.name = "quantised_features";
    quantised.type = input.type, quantised.quant = input.quant;
    MOTE_TRY(features, append(graph, make_rescale({}, features, kNone), std::move(quantised)));
  }
  if (graph.at(features).shape == input.shape) return features;
  Op reshape;
  reshape.def = find_op("reshape"), reshape.type = "RESHAPE", reshape.in = {features};
  Tensor shaped = input;
  return append(graph, std::move(reshape), std::move(shaped));
}

// Appends a model, its first input being `features`.
void append_model(Graph& graph, const Graph& model, TensorId features) {
  std::vector<TensorId> ids;
  for (size_t i = 0; i < model.tensors.size(); ++i)
    ids.push_back(static_cast<TensorId>(i) == model.inputs[0] ? features : graph.add(model.tensors[i]));
  auto renumber = [&](std::vector<TensorId>& all) {
    for (TensorId& id : all)
      if (id != kNone) id = ids[static_cast<size_t>(id)];
  };
  for (Op op : model.ops) {
    renumber(op.in), renumber(op.out);
    op.source = static_cast<int32_t>(graph.ops.size());
    graph.ops.push_back(std::move(op));
  }
  graph.outputs = model.outputs;
  renumber(graph.outputs);
  graph.labels = model.labels;
}

}  // namespace

Expected<Graph> make_project_graph(const Project& project) {
  MOTE_TRY(const Signal signal, signal_of(project));
  if (project.blocks.empty()) return unsupported("there is no [[block]]: nothing is computed from the samples");
  MOTE_TRY(Graph graph, make_feature_graph(signal, project.blocks));
  const std::string& name = project.section("project").choice("name");
  graph.name = name.empty() ? std::filesystem::weakly_canonical(project.folder).filename().string() : name;
  const std::string& file = project.section("model").choice("file");
  if (file.empty()) return graph;
  const std::string path = (project.folder / file).string();
  MOTE_TRY(const Bytes bytes, read_file(path));
  auto model = import_model(bytes, file);
  if (!model) return std::move(model.error()).at(path);
  if (model->inputs.size() != 1 || graph.outputs.size() != 1)
    return unsupported(fmt::format("{} blocks for a model of {} inputs; one for one is supported", graph.outputs.size(),
                                   model->inputs.size()));
  MOTE_TRY(const TensorId features, fit_features(graph, graph.outputs[0], model->at(model->inputs[0])));
  append_model(graph, *model, features);
  return graph;
}

}  // namespace mote
