#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/import/labels.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/ops/concat/concat.op.h"
#include "mote/ops/dequantize/dequantize.op.h"
#include "mote/ops/rescale/rescale.op.h"
#include "mote/project/decision.h"
#include "mote/project/training.h"

namespace mote {
namespace {

std::string describe(const Tensor& t) { return fmt::format("{} {}", print(t.shape), name_of(t.type)); }

bool is_picture(const Graph& graph) { return graph.at(graph.inputs[0]).type == DType::uint8; }

// Bytes for bytes.
Expected<TensorId> requantize(Graph& graph, TensorId in, Tensor out) {
  Op op;
  op.def = find_op("quantize"), op.type = "QUANTIZE", op.in = {in};
  return append(graph, std::move(op), std::move(out));
}

Expected<TensorId> reshape(Graph& graph, TensorId in, Tensor out) {
  Op op;
  op.def = find_op("reshape"), op.type = "RESHAPE", op.in = {in};
  return append(graph, std::move(op), std::move(out));
}

// The features in the type and quantisation of the model's input. Where the last op only says in which unit its operand
// is (block raw), both are one.
Expected<TensorId> requantize_features(Graph& graph, TensorId features, const Tensor& input) {
  Op& last = graph.ops.back();
  Tensor quantised;
  quantised.name = "quantised_features";
  quantised.type = input.type, quantised.quant = input.quant;
  if (is_picture(graph)) return requantize(graph, features, std::move(quantised));
  if (last.def != find_op("reinterpret") || last.out[0] != features)
    return append(graph, make_rescale({}, features, kNone), std::move(quantised));
  Tensor& made = graph.at(features);
  const double gain = double{made.quant.scale[0]} / double{graph.in(last, 0)->quant.scale[0]};
  const int32_t source = last.source;
  last = make_rescale({{0}, {gain}}, last.in[0], features);
  last.source = source;
  made.type = input.type, made.quant = input.quant;
  if (auto types = last.def->infer(last, graph); !types) return types.error();
  return features;
}

// The features as float32, in their units.
Expected<TensorId> dequantize_features(Graph& graph, TensorId features) {
  Tensor real;
  real.name = "real_features", real.type = DType::float32;
  return append(graph, make_dequantize(features, kNone), std::move(real));
}

// The features in the type, quantisation and shape of the model's input: real values stay what they are.
Expected<TensorId> fit_features(Graph& graph, TensorId features, const Tensor& input) {
  const Tensor& t = graph.at(features);
  if (element_count(t.shape) != element_count(input.shape))
    return unsupported(fmt::format("the blocks make {} features ({}), the model takes {} ({})", element_count(t.shape),
                                   print(t.shape), element_count(input.shape), print(input.shape)));
  if (input.type == DType::float32) {
    MOTE_TRY(features, dequantize_features(graph, features));
  } else if (t.type != input.type || !(t.quant == input.quant)) {
    if ((t.type != DType::int16 && !is_picture(graph)) || !input.quant.is_set())
      return unsupported(
          fmt::format("the blocks' features are {}, the model takes {}; int16 or a picture to a quantised input, "
                      "twice the same, or an input of floats is supported",
                      describe(t), describe(input)));
    MOTE_TRY(features, requantize_features(graph, features, input));
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

Expected<TensorId> as_vector(Graph& graph, TensorId id) {
  if (graph.at(id).shape.size() == 2 && graph.at(id).shape[0] == 1) return id;
  return flatten(graph, id);
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
  joined.name = "features", joined.type = graph.at(vectors[0]).type, joined.quant = joined_quant(graph, 1, vectors);
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

Status append_network(Graph& graph, const Bytes& bytes, const std::string& file) {
  MOTE_TRY(const Graph model, import_model(bytes, file));
  if (model.inputs.size() != 1)
    return unsupported(fmt::format("the model takes {} inputs; one is supported", model.inputs.size()));
  MOTE_TRY(const TensorId input, fit_features(graph, graph.outputs[0], model.at(model.inputs[0])));
  append_model(graph, model, input);
  return {};
}

// What is no network: trained here, or by others.
enum class Form { learned, xgboost, lightgbm };

std::optional<Form> learned_form(std::string_view text) {
  if (is_learned(text)) return Form::learned;
  if (text.starts_with("tree\n") || text.starts_with("tree\r\n")) return Form::lightgbm;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos || (text[first] != '{' && text[first] != '[')) return std::nullopt;
  const bool is_xgboost = text[first] == '[' || text.substr(first, 64).find("\"learner\"") != text.npos;
  return is_xgboost ? Form::xgboost : Form::lightgbm;
}

// What is recognised, and refused with what to do instead.
Status refuse_other_forms(std::string_view text) {
  const bool is_text_dump = text.starts_with("booster[") || text.starts_with("0:["),
             is_binary = text.size() > 1 && text[0] == '{' && std::string_view("LiUIl").find(text[1]) != text.npos;
  if (!is_text_dump && !is_binary) return {};
  return unsupported(fmt::format("this is {} of XGBoost; JSON is supported: save_model(\"model.json\")",
                                 is_text_dump ? "a dump as text" : "binary JSON"));
}

// What a dump of XGBoost does not say.
Expected<XgboostDump> dump_of(const Project& project, int32_t features) {
  const Settings& model = project.section("model");
  const std::string& base = model.choice("base_score");
  XgboostDump dump{model.integer("outputs"), features};
  const auto [end, error] = std::from_chars(base.data(), base.data() + base.size(), dump.base_score);
  if (dump.classes == 0 || error != std::errc() || end != base.data() + base.size())
    return malformed(
        "a dump of XGBoost says neither its base score nor how many outputs it has: give them as [model] base_score (what "
        "sums begin with: 0 for a base_score of 0.5 of binary:logistic) and outputs, or take "
        "save_model(\"model.json\"), which holds both");
  return dump;
}

// Scores of other libraries' trees are as those add them up: logarithms of chances, or numbers.
Expected<LearnedModel> read_classic(Form form, std::string_view text, const Project& project, int32_t features) {
  if (form == Form::learned) return read_learned(text);
  LearnedModel model;
  XgboostDump dump;
  if (form == Form::xgboost && is_xgboost_dump(text)) {
    MOTE_TRY(dump, dump_of(project, features));
  }
  MOTE_TRY(TreeModel trees, form == Form::xgboost ? read_xgboost(text, dump) : read_lightgbm(text));
  model.learner = std::move(trees);
  return model;
}

// Refuses features that are not those which the model has learned from.
Status check_features(const Project& project, const LearnedModel& model) {
  if (model.made_from.empty()) return {};
  const auto now = describe_features(project);
  auto value = [](const std::map<std::string, std::string>& all, const std::string& key) {
    const auto at = all.find(key);
    return at == all.end() ? std::string("not there") : fmt::format("\"{}\"", at->second);
  };
  for (const auto* keys : {&model.made_from, &now})
    for (const auto& [key, unused] : *keys)
      if (value(model.made_from, key) != value(now, key))
        return malformed(fmt::format("{} was {} when this model was trained, and is {}; mote train makes it anew", key,
                                     value(model.made_from, key), value(now, key)));
  return {};
}

// Refuses a model without the distance that the project asks for, and one whose distance would be taken for a class.
Status check_distance(const Project& project, const LearnedModel& model) {
  if (has_novelty(project) && !model.novelty)
    return malformed("[learn] distance: was \"none\" when this model was trained; mote train makes it anew");
  if (model.novelty && distance_score(project) != kNoveltyScore)
    return malformed(
        fmt::format("this model was trained with a score that is no class, \"{0}\"; [decision] distance = "
                    "\"{0}\" says so, or mote train makes the model anew, without",
                    kNoveltyScore));
  return {};
}

// What a learner tells of ordinary windows lies between 0 and minus this: the limit, as far as a distance can fall
// below it.
double limit_of(const LearnedModel& model) {
  const auto* centres = std::get_if<Centres>(&model.learner);
  return centres && !centres->offsets.empty() ? -*std::min_element(centres->offsets.begin(), centres->offsets.end())
                                              : 0;
}

// Decisions are made of int8. Numbers keep their whole range, in 255 steps; distances from a limit, which is 0, are
// told up to twice as far beyond it as anything ordinary lies within.
Status quantize_scores(Graph& graph, const Project& project, double limit) {
  constexpr int kStepsWithin = 63;
  const Tensor scores = graph.at(graph.outputs[0]);
  if (!has_decision(project) || scores.quant.scale.size() != 1 || scores.quant.zero_at(0) != 0) return {};
  const bool are_distances = scores.type == DType::int32 && limit > 0;
  if (scores.type != DType::int16 && !are_distances) return {};
  Tensor quantised;
  quantised.name = scores.name + "/int8";
  const double step = are_distances ? std::max(limit / kStepsWithin, 4 * double{scores.quant.scale[0]})
                                    : double{scores.quant.scale[0]} * 32767 / 127;
  quantised.quant = {{static_cast<float>(step)}, {0}, 0};
  MOTE_TRY(graph.outputs[0], append(graph, make_rescale({}, graph.outputs[0], kNone), std::move(quantised)));
  return {};
}

// Whether the first class may be an event, which takes a score of its own.
bool is_first_event(const Project& project, const std::vector<std::string>& classes) {
  const std::vector<std::string> background = lines_of(project.section("model").choice("background"));
  return has_decision(project) && !classes.empty() &&
         std::find(background.begin(), background.end(), classes[0]) == background.end();
}

Status append_classic(Graph& graph, const Project& project, const LearnedModel& model) {
  MOTE_TRY(const TensorId vector, as_vector(graph, graph.outputs[0]));
  if (const int32_t there = graph.at(vector).shape[1]; there != features_of(model))
    return unsupported(fmt::format("the blocks make {} features, the model takes {}", there, features_of(model)));
  MOTE_TRY(graph.outputs[0], append_learned(graph, vector, model, is_first_event(project, model.classes)));
  graph.labels = score_names(model);
  return quantize_scores(graph, project, limit_of(model));
}

Status append_classic(Graph& graph, const Project& project, Form form, std::string_view text) {
  const auto features = static_cast<int32_t>(element_count(graph.at(graph.outputs[0]).shape));
  MOTE_TRY(const LearnedModel model, read_classic(form, text, project, features));
  MOTE_TRY_STATUS(check_features(project, model));
  MOTE_TRY_STATUS(check_distance(project, model));
  return append_classic(graph, project, model);
}

// The features alone.
Expected<Graph> make_features(const Project& project) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const int32_t hop, hop_of(project));
  if (project.blocks.empty()) return unsupported("there is no [[block]]: nothing is computed from the samples");
  MOTE_TRY(Graph graph, make_feature_graph(signal, project.blocks, hop));
  MOTE_TRY(const TensorId features, join_features(graph));
  graph.outputs = {features};
  const std::string& name = project.section("project").choice("name");
  graph.name = name.empty() ? std::filesystem::weakly_canonical(project.folder).filename().string() : name;
  return graph;
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
  std::set<std::string> names{chain[0].name.empty() ? chain[0].block : chain[0].name};
  for (auto at = by_name(chain[0].input); at != project.blocks.end(); at = by_name(at->input)) {
    if (!names.insert(at->name.empty() ? at->block : at->name).second) break;
    chain.push_back(*at);
  }
  return make_feature_graph(signal, chain, hop);
}

Expected<Graph> make_vector_graph(const Project& project) {
  MOTE_TRY(Graph graph, make_features(project));
  MOTE_TRY(graph.outputs[0], as_vector(graph, graph.outputs[0]));
  return graph;
}

Expected<Graph> make_project_graph(const Project& project, const LearnedModel& model) {
  MOTE_TRY(Graph graph, make_features(project));
  MOTE_TRY_STATUS(append_classic(graph, project, model));
  return graph;
}

Expected<Graph> make_project_graph(const Project& project) {
  MOTE_TRY(Graph graph, make_features(project));
  const std::string& file = project.section("model").choice("file");
  const bool floats = project.section("model").choice("features") == "float32";
  if (file.empty()) {
    if (floats) {
      MOTE_TRY(graph.outputs[0], dequantize_features(graph, graph.outputs[0]));
    }
    return graph;
  }
  if (floats)
    return malformed(fmt::format(
        "[model] features = \"float32\" is for features without a model, and file = \"{}\" names one, which "
        "gets what it takes; leave one of the two out",
        file));
  const std::filesystem::path path = project.folder / file;
  std::error_code error;
  if (learns(project) && !std::filesystem::exists(path, error))
    return Error{Code::io, "is not there yet; mote train makes it", path.string()};
  MOTE_TRY(const Bytes bytes, read_file(path.string()));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (Status status = refuse_other_forms(text); !status) return std::move(status.error()).at(path.string());
  const auto form = learned_form(text);
  Status status = form ? append_classic(graph, project, *form, text) : append_network(graph, bytes, file);
  if (!status) return std::move(status.error()).at(path.string());
  return graph;
}

}  // namespace mote
