#include "mote/learn/learned.h"

#include <cmath>

#include "mote/learn/append.h"
#include "mote/learn/tree_files.h"
#include "mote/ops/concat/concat.op.h"
#include "mote/ops/reinterpret/reinterpret.op.h"
#include "mote/ops/rescale/rescale.op.h"

namespace mote {
namespace {

constexpr const char* kMark = "mote_learned";
constexpr int32_t kVersion = 1;
constexpr double kLargest = 1e30;
constexpr DType kComponents = DType::int16;  // of a projection

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// ---- writing ----

Json to_json(const TreeModel& m) {
  Json nodes = Json::array();
  for (const TreeNode& n : m.nodes)
    nodes.push_back(n.feature < 0 ? Json{n.row} : Json{n.feature, n.threshold, n.left, n.right});
  return {{"kind", "trees"}, {"features", m.features}, {"groups", m.groups}, {"width", m.width},
          {"nodes", nodes},  {"roots", m.roots},       {"values", m.values}, {"base", m.base}};
}

Json to_json(const LinearModel& m) {
  return {{"kind", "linear"}, {"features", m.features}, {"weights", m.weights}, {"bias", m.bias}};
}

Json to_json(const Centres& m) {
  return {{"kind", "centres"},  {"features", m.features}, {"triangular", m.triangular}, {"centres", m.centres},
          {"scales", m.scales}, {"offsets", m.offsets},   {"labels", m.labels}};
}

// ---- reading ----

// Members of an object, the first fault of which is kept.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  int32_t integer(const char* name, int64_t low, int64_t high) {
    auto value = read_integer(find_member(json_, name), low, high, name);
    if (!value) return fail(value.error()), static_cast<int32_t>(low);
    return static_cast<int32_t>(*value);
  }
  double number(const char* name) { return to_number(find_member(json_, name), name); }
  bool flag(const char* name) {
    const Json* member = find_member(json_, name);
    if (member && member->is_boolean()) return member->get<bool>();
    return fail(malformed(fmt::format("{} is missing or neither true nor false", name))), false;
  }
  std::vector<double> numbers(const char* name) {
    std::vector<double> values;
    for (const Json& each : list(name)) values.push_back(to_number(&each, name));
    return values;
  }
  std::vector<int32_t> integers(const char* name, int64_t low, int64_t high) {
    std::vector<int32_t> values;
    for (const Json& each : list(name)) values.push_back(to_index(each, low, high, name));
    return values;
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> values;
    for (const Json& each : list(name))
      each.is_string() ? values.push_back(each.get<std::string>())
                       : fail(malformed(fmt::format("{} holds something that is no text", name)));
    return values;
  }
  const Json& list(const char* name) {
    static const Json kNone = Json::array();
    const Json* member = find_member(json_, name);
    if (member && member->is_array()) return *member;
    fail(malformed(fmt::format("{} is missing or no list", name)));
    return kNone;
  }
  int32_t to_index(const Json& json, int64_t low, int64_t high, const char* name) {
    auto value = read_integer(&json, low, high, name);
    if (!value) return fail(value.error()), static_cast<int32_t>(low);
    return static_cast<int32_t>(*value);
  }
  double to_number(const Json* json, const char* name) {
    const auto value = read_number(json);
    if (value && std::abs(*value) < kLargest) return *value;
    return fail(malformed(fmt::format("{} is missing, or no number of ordinary size", name))), 0.0;
  }
  void fail(Error error) {
    if (status_) status_ = std::move(error);
  }
  Status status() const { return status_; }

 private:
  const Json& json_;
  Status status_;
};

Status require_size(const char* name, size_t found, size_t wanted) {
  if (found == wanted) return {};
  return malformed(fmt::format("{} has {} values; {} are needed", name, found, wanted));
}

Expected<Learner> read_trees(const Json& json) {
  Members from(json);
  TreeModel m;
  m.features = from.integer("features", 1, kMostTreeFeatures);
  m.groups = from.integer("groups", 1, kMostTreeClasses);
  m.width = from.integer("width", 1, kMostTreeClasses);
  for (const Json& node : from.list("nodes")) {
    TreeNode n;
    if (!node.is_array() || (node.size() != 1 && node.size() != 4))
      return malformed("a node is neither [row] nor [feature, threshold, left, right]");
    if (node.size() == 1) {
      n.row = from.to_index(node[0], 0, kMostTreeNodes, "row");
    } else {
      n.feature = from.to_index(node[0], 0, m.features - 1, "feature");
      n.threshold = from.to_number(&node[1], "threshold");
      n.left = from.to_index(node[2], 0, kMostTreeNodes, "left");
      n.right = from.to_index(node[3], 0, kMostTreeNodes, "right");
    }
    m.nodes.push_back(n);
  }
  m.roots = from.integers("roots", 0, kMostTreeNodes);
  m.values = from.numbers("values");
  m.base = from.numbers("base");
  MOTE_TRY_STATUS(from.status());
  MOTE_TRY_STATUS(check_trees(m));
  return Learner(std::move(m));
}

Expected<LinearModel> read_linear(const Json& json) {
  Members from(json);
  LinearModel m;
  m.features = from.integer("features", 1, kMostTreeFeatures);
  m.weights = from.numbers("weights");
  m.bias = from.numbers("bias");
  MOTE_TRY_STATUS(from.status());
  m.outputs = static_cast<int32_t>(m.bias.size());
  if (m.bias.empty()) return malformed("bias is empty");
  MOTE_TRY_STATUS(require_size("weights", m.weights.size(), m.bias.size() * static_cast<size_t>(m.features)));
  return m;
}

Expected<Projection> read_projection(const Json& json) {
  Members from(json);
  Projection projection;
  projection.reach = from.number("reach");
  MOTE_TRY_STATUS(from.status());
  const Json* map = find_member(json, "map");
  if (!map) return malformed("the projection has no map");
  MOTE_TRY(projection.map, read_linear(*map));
  return projection;
}

Expected<Centres> read_centres(const Json& json) {
  Members from(json);
  Centres m;
  m.features = from.integer("features", 1, kMostTreeFeatures);
  m.triangular = from.flag("triangular");
  m.centres = from.numbers("centres");
  m.scales = from.numbers("scales");
  m.offsets = from.numbers("offsets");
  m.labels = from.integers("labels", 0, kMostTreeClasses);
  MOTE_TRY_STATUS(from.status());
  const auto n = static_cast<size_t>(m.features), per_centre = m.triangular ? n * (n + 1) / 2 : n;
  if (m.count() == 0) return malformed("offsets is empty");
  MOTE_TRY_STATUS(require_size("centres", m.centres.size(), m.count() * n));
  if (m.scales.size() != per_centre) MOTE_TRY_STATUS(require_size("scales", m.scales.size(), m.count() * per_centre));
  if (!m.labels.empty()) MOTE_TRY_STATUS(require_size("labels", m.labels.size(), m.count()));
  return m;
}

Expected<Learner> read_learner(const Json& json) {
  const std::string kind = read_text(find_member(json, "kind"));
  if (kind == "trees") return read_trees(json);
  if (kind == "linear") {
    MOTE_TRY(LinearModel m, read_linear(json));
    return Learner(std::move(m));
  }
  if (kind == "centres") {
    MOTE_TRY(Centres m, read_centres(json));
    return Learner(std::move(m));
  }
  return unsupported(fmt::format("the learner is of kind \"{}\"; trees, linear and centres are known", kind));
}

int32_t inputs_of(const Learner& learner) {
  return std::visit([](const auto& m) { return m.features; }, learner);
}

// How many scores it has.
size_t outputs_of(const LearnedModel& model) {
  return std::visit(Overloaded{[](const TreeModel& m) { return static_cast<size_t>(m.outputs()); },
                               [](const LinearModel& m) { return static_cast<size_t>(m.outputs); },
                               [&](const Centres&) { return model.neighbours > 0 ? model.classes.size() : 1; }},
                    model.learner);
}

// Whether its one score is the logarithm of the odds of the second of two classes.
bool is_log_odds(const LearnedModel& model) {
  return model.are_logarithms && model.classes.size() == 2 && outputs_of(model) == 1;
}

// Not what is ordinary, nor a number.
bool tells_classes(const LearnedModel& model) {
  return !model.classes.empty() && (!std::holds_alternative<Centres>(model.learner) || model.neighbours > 0);
}

Status check_classes(const LearnedModel& model) {
  const size_t scores = outputs_of(model), classes = model.classes.size();
  if (classes == 0 ? scores != 1 : scores != classes && !(scores == 1 && classes == 2))
    return malformed(fmt::format("{} classes do not go with {} scores", classes, scores));
  if (model.novelty && !(tells_classes(model) && (scores == classes || is_log_odds(model))))
    return malformed("a distance goes with probabilities of classes alone");
  const auto* centres = std::get_if<Centres>(&model.learner);
  if (!centres) return {};
  if (model.neighbours > static_cast<int32_t>(centres->count()))
    return malformed(fmt::format("{} neighbours of {} prototypes", model.neighbours, centres->count()));
  for (int32_t label : centres->labels)
    if (static_cast<size_t>(label) >= classes)
      return malformed(fmt::format("a prototype of class {}; there are {}", label, classes));
  return {};
}

const Quant kChances{{1.0f / 256}, {-128}, 0};

// Scores of classes, or a number.
OutputSpec spec_of(const LearnedModel& model) {
  if (model.classes.empty()) return {DType::int16, {}};
  if (!model.are_logarithms) return {DType::int8, kChances};
  return {DType::int8, {}};
}

Tensor make_chances(std::string name) {
  Tensor t;
  t.name = std::move(name);
  t.quant = kChances;
  return t;
}

Expected<TensorId> join(Graph& graph, std::vector<TensorId> parts, Tensor out) {
  return append(graph, make_concat(-1, std::move(parts), kNone), std::move(out));
}

// A score z of the second of two classes as scores of both, 0 and z: the softmax of these is the logistic function.
Expected<TensorId> append_first_class(Graph& graph, TensorId second) {
  Tensor both = graph.at(second);
  const auto zero = static_cast<int8_t>(both.quant.zero_at(0));
  Tensor first = make_constant(both.name + "/first", DType::int8, both.shape, make_blob(std::vector<int8_t>{zero}));
  first.quant = both.quant;
  both.name += "/both";
  return join(graph, {graph.add(std::move(first)), second}, std::move(both));
}

// The distance from what was learned, as a score of 0.5 at the limit.
Expected<TensorId> append_novelty(Graph& graph, TensorId features, const Centres& novelty) {
  MOTE_TRY(const TensorId distance, append_distances(graph, features, novelty, true));
  Tensor in_steps = make_chances("distance_int8"), score = make_chances(std::string(kNoveltyScore));
  in_steps.quant.scale[0] *= static_cast<float>(2 * kNoveltyLimit);
  MOTE_TRY(const TensorId steps, append(graph, make_rescale({}, distance, kNone), std::move(in_steps)));
  return append(graph, make_reinterpret(steps, kNone), std::move(score));
}

Expected<TensorId> as_chances(Graph& graph, TensorId scores) {
  if (graph.at(scores).quant == kChances) return scores;
  Op op;
  op.def = find_op("quantize"), op.type = "QUANTIZE", op.in = {scores};
  return append(graph, std::move(op), make_chances(graph.at(scores).name + "/chances"));
}

}  // namespace

int32_t features_of(const LearnedModel& model) {
  return model.projection ? model.projection->map.features : inputs_of(model.learner);
}

Samples project_samples(const Projection& projection, const Samples& samples) {
  const double step = double{symmetric_quant(kComponents, projection.reach).scale[0]};
  Samples projected{projection.map.outputs, {}, samples.labels, samples.targets};
  for (size_t i = 0; i < samples.count(); ++i)
    for (double y : predict(projection.map, samples.sample(i)))
      projected.values.push_back(static_cast<float>(step * std::round(y / step)));
  return projected;
}

bool is_learned(std::string_view text) { return text.substr(0, 64).find(kMark) != std::string_view::npos; }

std::string write_learned(const LearnedModel& model) {
  // In this order, so that the mark comes first.
  nlohmann::ordered_json j{{kMark, kVersion},
                           {"classes", model.classes},
                           {"are_logarithms", model.are_logarithms},
                           {"neighbours", model.neighbours},
                           {"reach", model.reach},
                           {"made_from", model.made_from}};
  if (model.novelty) j["novelty"] = to_json(*model.novelty);
  if (const auto& projection = model.projection)
    j["projection"] = {{"reach", projection->reach}, {"map", to_json(projection->map)}};
  j["learner"] = std::visit([](const auto& learner) { return to_json(learner); }, model.learner);
  return j.dump() + "\n";
}

Expected<LearnedModel> read_learned(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return malformed("this is no JSON, or it is cut off");
  Members from(json);
  const int32_t version = from.integer(kMark, 1, INT32_MAX);
  MOTE_TRY_STATUS(from.status());
  if (version != kVersion)
    return unsupported(fmt::format("the model's format is version {}; {} is known. Train it again", version, kVersion));
  LearnedModel model;
  model.classes = from.texts("classes");
  model.are_logarithms = from.flag("are_logarithms");
  model.neighbours = from.integer("neighbours", 0, 1 << 20);
  model.reach = from.number("reach");
  const Json* made_from = find_member(json, "made_from");
  if (!made_from || !made_from->is_object()) return malformed("made_from is missing or no object");
  for (const auto& [key, value] : made_from->items()) model.made_from[key] = read_text(&value);
  MOTE_TRY_STATUS(from.status());
  const Json* learner = find_member(json, "learner");
  if (!learner) return malformed("there is no learner");
  MOTE_TRY(model.learner, read_learner(*learner));
  if (const Json* projection = find_member(json, "projection")) {
    MOTE_TRY(model.projection, read_projection(*projection));
    if (model.projection->map.outputs != inputs_of(model.learner))
      return malformed(fmt::format("a projection of {} components goes with a learner of {}",
                                   model.projection->map.outputs, inputs_of(model.learner)));
  }
  if (const Json* novelty = find_member(json, "novelty")) {
    MOTE_TRY(model.novelty, read_centres(*novelty));
    if (model.novelty->features != inputs_of(model.learner))
      return malformed(fmt::format("a distance of {} features goes with a learner of {}", model.novelty->features,
                                   inputs_of(model.learner)));
  }
  MOTE_TRY_STATUS(check_classes(model));
  return model;
}

std::vector<std::string> score_names(const LearnedModel& model) {
  std::vector<std::string> names = model.classes;
  if (model.novelty) names.emplace_back(kNoveltyScore);
  return names;
}

namespace {

// Of the features that the learner takes.
Expected<TensorId> append_scores(Graph& graph, TensorId features, const LearnedModel& model, bool every_class) {
  if (const auto* centres = std::get_if<Centres>(&model.learner)) {
    if (model.neighbours == 0) return append_distances(graph, features, *centres, true);
    return append_votes(graph, features, *centres, model.neighbours, static_cast<int32_t>(model.classes.size()));
  }
  OutputSpec spec = spec_of(model);
  TensorId scores = kNone;
  if (const auto* trees = std::get_if<TreeModel>(&model.learner)) {
    MOTE_TRY(scores, append_trees(graph, features, *trees, spec));
  } else {
    if (!spec.quant.is_set()) spec.quant = symmetric_quant(spec.type, model.reach);
    MOTE_TRY(scores, append_linear(graph, features, std::get<LinearModel>(model.learner), spec, {}));
  }
  if (every_class && is_log_odds(model)) {
    MOTE_TRY(scores, append_first_class(graph, scores));
  }
  return model.are_logarithms ? append_probabilities(graph, scores) : scores;
}

}  // namespace

Expected<TensorId> append_learned(Graph& graph, TensorId features, const LearnedModel& model, bool every_class) {
  if (const auto& projection = model.projection) {
    const OutputSpec spec{kComponents, symmetric_quant(kComponents, projection->reach)};
    MOTE_TRY(features, append_linear(graph, features, projection->map, spec, {}));
  }
  MOTE_TRY(TensorId scores, append_scores(graph, features, model, every_class || model.novelty));
  if (!model.novelty) return scores;
  MOTE_TRY(scores, as_chances(graph, scores));
  MOTE_TRY(const TensorId distance, append_novelty(graph, features, *model.novelty));
  return join(graph, {scores, distance}, make_chances("scores"));
}

}  // namespace mote
