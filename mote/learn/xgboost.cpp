// Models of XGBoost: the JSON that it saves (docs: "Introduction to Model IO") and the JSON of dump_model(). Its rule
// is to the left where x < threshold, in single precision.
#include <cmath>
#include <functional>
#include <map>

#include "mote/learn/tree_files.h"

namespace mote {
namespace {

// The largest float below the threshold.
double below(double threshold) { return double{std::nextafter(static_cast<float>(threshold), -INFINITY)}; }

const Json::array_t* array_of(const Json& json, const char* name, size_t length) {
  const Json* found = find_member(json, name);
  return found && found->is_array() && found->size() == length ? found->get_ptr<const Json::array_t*>() : nullptr;
}

Status add_tree(TreeModel& model, const Json& tree) {
  MOTE_TRY(const int64_t leaf_size, [&]() -> Expected<int64_t> {
    const Json* size = find_member(tree, "tree_param/size_leaf_vector");
    return size ? read_integer(size, 0, kMostTreeClasses, "the size of a leaf") : Expected<int64_t>(0);
  }());
  if (leaf_size > 1)
    return unsupported("its leaves hold vectors (multi_output_tree); one_output_per_tree is supported");
  MOTE_TRY(const int64_t nodes,
           read_integer(find_member(tree, "tree_param/num_nodes"), 1, kMostTreeNodes, "its number of nodes"));
  const auto n = static_cast<size_t>(nodes);
  const auto *left = array_of(tree, "left_children", n), *right = array_of(tree, "right_children", n),
             *indices = array_of(tree, "split_indices", n), *conditions = array_of(tree, "split_conditions", n);
  if (!left || !right || !indices || !conditions)
    return malformed(fmt::format(
        "one of left_children, right_children, split_indices, split_conditions does not have {} numbers", n));
  const auto* types = array_of(tree, "split_type", n);
  const auto first = static_cast<int32_t>(model.nodes.size());
  for (size_t i = 0; i < n; ++i) {
    const std::string where = fmt::format("node {}", i);
    MOTE_TRY(const int64_t to_left, read_integer(&(*left)[i], -1, nodes - 1, where + ": its left child"));
    MOTE_TRY(const int64_t to_right, read_integer(&(*right)[i], -1, nodes - 1, where + ": its right child"));
    const std::optional<double> condition = read_number(&(*conditions)[i]);
    if (!condition) return malformed(where + ": its split condition is no number");
    TreeNode node;
    if (to_left < 0) {
      node.row = add_value(model, *condition);
    } else {
      if (types && read_number(&(*types)[i]).value_or(1) != 0)
        return unsupported(where + " splits by categories; numbers are supported: encode them one-hot");
      MOTE_TRY(const int64_t feature, read_integer(&(*indices)[i], 0, model.features - 1, where + ": its feature"));
      node = {static_cast<int32_t>(feature), below(*condition), first + static_cast<int32_t>(to_left),
              first + static_cast<int32_t>(to_right), 0};
    }
    model.nodes.push_back(node);
    if (static_cast<int64_t>(model.nodes.size()) > kMostTreeNodes)
      return unsupported(fmt::format("the trees have more than {} nodes", kMostTreeNodes));
  }
  model.roots.push_back(first);
  return {};
}

// The base score is saved as what the link function makes of the sum.
Expected<double> unlink(const std::string& objective, double base) {
  constexpr std::string_view kPlain[] = {"reg:squarederror",  "reg:squaredlogerror", "reg:pseudohubererror",
                                         "reg:absoluteerror", "reg:linear",          "multi:softmax",
                                         "multi:softprob",    "binary:logitraw",     "binary:hinge",
                                         "rank:pairwise",     "rank:ndcg",           "rank:map",
                                         "reg:quantileerror"};
  if (std::find(std::begin(kPlain), std::end(kPlain), objective) != std::end(kPlain)) return base;
  if (objective == "binary:logistic" || objective == "reg:logistic") {
    if (!(base > 0 && base < 1)) return malformed(fmt::format("the base score is {}, no probability", base));
    return std::log(base / (1 - base));
  }
  return unsupported(fmt::format(
      "the objective \"{}\" is not supported: only logistic ones, softmax and those without a link", objective));
}

// One number for all groups, or one for each: as a number, a text, or an array of either.
Expected<std::vector<double>> base_scores(const Json* json, int32_t groups) {
  std::vector<double> scores;
  if (json && json->is_array())
    for (const Json& v : *json) scores.push_back(read_number(&v).value_or(NAN));
  else if (json && json->is_string()) {
    std::string_view text = json->get_ref<const std::string&>();
    for (size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
      end = std::min(text.find(','), text.size());
      scores.push_back(parse_number(text.substr(0, end)).value_or(NAN));
    }
  } else scores = {read_number(json).value_or(NAN)};
  if (scores.size() == 1) scores.resize(static_cast<size_t>(groups), scores[0]);
  if (scores.size() != static_cast<size_t>(groups))
    return malformed(fmt::format("{} base scores for {} outputs", scores.size(), groups));
  for (double v : scores)
    if (!std::isfinite(v)) return malformed("the base score is missing or no number");
  return scores;
}

Expected<TreeModel> read_model(const Json& json) {
  const Json* booster = find_member(json, "learner/gradient_booster");
  const std::string name = booster ? read_text(find_member(*booster, "name")) : "";
  if (name != "gbtree") return unsupported(fmt::format("its booster is \"{}\"; gbtree is supported", name));
  const Json *trees = find_member(*booster, "model/trees"), *info = find_member(*booster, "model/tree_info");
  if (!trees || !trees->is_array() || !info || !info->is_array() || info->size() != trees->size())
    return malformed("it has no array of trees, or not a number in tree_info for each");
  TreeModel model;
  MOTE_TRY(const int64_t features, read_integer(find_member(json, "learner/learner_model_param/num_feature"), 1,
                                                kMostTreeFeatures, "its number of features"));
  MOTE_TRY(const int64_t classes, read_integer(find_member(json, "learner/learner_model_param/num_class"), 0,
                                               kMostTreeClasses, "its number of classes"));
  model.features = static_cast<int32_t>(features);
  model.groups = static_cast<int32_t>(std::max<int64_t>(classes, 1));
  MOTE_TRY(model.base, base_scores(find_member(json, "learner/learner_model_param/base_score"), model.groups));
  const std::string objective = read_text(find_member(json, "learner/objective/name"));
  for (double& base : model.base) {
    MOTE_TRY(base, unlink(objective, base));
  }
  // Trees in the order of their groups within a round; several of a group in a round (num_parallel_tree) are as good as
  // several rounds.
  std::vector<std::vector<const Json*>> by_group(static_cast<size_t>(model.groups));
  for (size_t i = 0; i < trees->size(); ++i) {
    MOTE_TRY(const int64_t group, read_integer(&(*info)[i], 0, model.groups - 1, fmt::format("tree {}: its class", i)));
    by_group[static_cast<size_t>(group)].push_back(&(*trees)[i]);
  }
  for (size_t t = 0; t < by_group[0].size(); ++t)
    for (const auto& group : by_group) {
      if (group.size() != by_group[0].size()) return malformed("its classes have different numbers of trees");
      if (Status status = add_tree(model, *group[t]); !status)
        return std::move(status.error()).at(fmt::format("tree {}", model.roots.size()));
    }
  MOTE_TRY_STATUS(finish_trees(model));
  return model;
}

// "f12" or one of the names.
std::optional<int32_t> feature_of(const std::string& split, const std::map<std::string, int32_t>& names) {
  if (!names.empty()) {
    const auto found = names.find(split);
    return found == names.end() ? std::nullopt : std::optional(found->second);
  }
  const std::optional<double> index =
      split.size() > 1 && split[0] == 'f' ? parse_number(std::string_view(split).substr(1)) : std::nullopt;
  if (!index || !(*index >= 0 && *index < static_cast<double>(kMostTreeFeatures)) || *index != std::floor(*index))
    return std::nullopt;
  return static_cast<int32_t>(*index);
}

Expected<TreeModel> read_dump(const Json& json, const XgboostDump& dump) {
  if (dump.classes < 1 || dump.classes > kMostTreeClasses) return malformed("a dump of no or too many classes");
  std::map<std::string, int32_t> names;
  for (const std::string& name : dump.feature_names) names.emplace(name, static_cast<int32_t>(names.size()));
  TreeModel model;
  model.groups = dump.classes;
  model.base.assign(static_cast<size_t>(dump.classes), dump.base_score);
  model.features = std::max({1, dump.features, static_cast<int32_t>(dump.feature_names.size())});
  const auto read = [&](const Json& node) -> Expected<NestedNode> {
    if (const std::optional<double> leaf = read_number(find_member(node, "leaf"))) return NestedNode{{}, *leaf};
    const Json* children = find_member(node, "children");
    const std::string split = read_text(find_member(node, "split"));
    const std::optional<int32_t> feature = feature_of(split, names);
    if (!feature) return malformed(fmt::format("the feature \"{}\" is not known; give the names of all", split));
    const Json* condition = find_member(node, "split_condition");
    if (condition && condition->is_array())
      return unsupported("it splits by categories; numbers are supported: encode them one-hot");
    const std::optional<double> threshold = read_number(condition);
    const Json *yes = find_member(node, "yes"), *no = find_member(node, "no");
    if (!threshold || !children || !children->is_array() || children->size() != 2 || !yes || !no)
      return malformed("a node has neither a leaf nor a split_condition, yes, no and two children");
    model.features = std::max(model.features, *feature + 1);
    const Json *first = &(*children)[0], *second = &(*children)[1];
    const Json *first_id = find_member(*first, "nodeid"), *second_id = find_member(*second, "nodeid");
    if (!first_id || !second_id) return malformed("a node has no nodeid");
    if (*first_id == *no && *second_id == *yes) std::swap(first, second);
    else if (*first_id != *yes || *second_id != *no) return malformed("yes and no are not the nodeids of the children");
    return NestedNode{{*feature, below(*threshold), 0, 0, 0}, 0, first, second};
  };
  for (const Json& tree : json)
    if (Status status = add_nested_tree(model, tree, read); !status)
      return std::move(status.error()).at(fmt::format("tree {}", model.roots.size() - 1));
  MOTE_TRY_STATUS(finish_trees(model));
  return model;
}

}  // namespace

bool is_xgboost_dump(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] == '[';
}

Expected<TreeModel> read_xgboost(std::string_view text, const XgboostDump& dump) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_array()) return read_dump(json, dump);
  if (json.is_object()) return read_model(json);
  return malformed("it is no JSON; save the model as .json, or dump it with dump_format=\"json\"");
}

}  // namespace mote
