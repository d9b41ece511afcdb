#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/ops/concat/concat.op.h"
#include "mote/ops/rescale/rescale.op.h"
#include "mote/project/project.h"

namespace mote {
namespace {

std::string describe(const Tensor& t) { return fmt::format("{} {}", print(t.shape), name_of(t.type)); }

Expected<TensorId> reshape(Graph& graph, TensorId in, Tensor out) {
  Op op;
  op.def = find_op("reshape"), op.type = "RESHAPE", op.in = {in};
  return append(graph, std::move(op), std::move(out));
}

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
  return reshape(graph, features, input);
}

// As [1, n], where scales per channel repeat themselves.
Expected<TensorId> flatten(Graph& graph, TensorId id) {
  Tensor flat = graph.at(id);
  const auto n = static_cast<size_t>(element_count(flat.shape));
  flat.name += "_vector", flat.shape = {1, static_cast<int32_t>(n)};
  if (const Quant from = flat.quant; from.scale.size() > 1) {
    flat.quant = {std::vector<float>(n), std::vector<int32_t>(n), 1};
    for (size_t i = 0; i < n; ++i)
      flat.quant.scale[i] = from.scale_at(i % from.scale.size()),
      flat.quant.zero[i] = from.zero_at(i % from.scale.size());
  }
  return reshape(graph, id, std::move(flat));
}

// The outputs of several blocks as one vector, each value in the unit that it had.
Expected<TensorId> join_features(Graph& graph) {
  if (graph.outputs.size() == 1) return graph.outputs[0];
  std::vector<TensorId> vectors;
  for (TensorId id : graph.outputs) {
    MOTE_TRY(const TensorId vector, flatten(graph, id));
    vectors.push_back(vector);
  }
  Tensor joined;
  joined.name = "features", joined.type = DType::int16, joined.quant = joined_quant(graph, 1, vectors);
  return append(graph, make_concat(1, vectors, kNone), std::move(joined));
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

Expected<int32_t> hop_rows_of(const Project& project) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const int32_t hop, hop_of(project));
  if (hop == 0) return 0;
  MOTE_TRY(const Graph graph, make_feature_graph(signal, project.blocks, hop));
  return hop / (graph.at(graph.inputs[0]).shape[2] / signal.axes);
}

Expected<Graph> make_block_graph(const Project& project, size_t block) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const int32_t hop, hop_of(project));
  std::vector<BlockConfig> chain{project.blocks[block]};
  auto by_name = [&](const std::string& name) {
    return std::find_if(project.blocks.begin(), project.blocks.end(),
                        [&](const BlockConfig& b) { return (b.name.empty() ? b.block : b.name) == name; });
  };
  // A chain that leads back to itself is refused below.
  for (auto at = by_name(chain[0].input); at != project.blocks.end() && chain.size() < project.blocks.size();
       at = by_name(at->input))
    chain.push_back(*at);
  return make_feature_graph(signal, chain, hop);
}

Expected<Graph> make_project_graph(const Project& project) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const int32_t hop, hop_of(project));
  if (project.blocks.empty()) return unsupported("there is no [[block]]: nothing is computed from the samples");
  MOTE_TRY(Graph graph, make_feature_graph(signal, project.blocks, hop));
  MOTE_TRY(const TensorId features, join_features(graph));
  graph.outputs = {features};
  const std::string& name = project.section("project").choice("name");
  graph.name = name.empty() ? std::filesystem::weakly_canonical(project.folder).filename().string() : name;
  const std::string& file = project.section("model").choice("file");
  if (file.empty()) return graph;
  const std::string path = (project.folder / file).string();
  MOTE_TRY(const Bytes bytes, read_file(path));
  auto model = import_model(bytes, file);
  if (!model) return std::move(model.error()).at(path);
  if (model->inputs.size() != 1)
    return unsupported(fmt::format("{} takes {} inputs; one is supported", path, model->inputs.size()));
  MOTE_TRY(const TensorId input, fit_features(graph, features, model->at(model->inputs[0])));
  append_model(graph, *model, input);
  return graph;
}

}  // namespace mote
