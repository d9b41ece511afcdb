// Models of LightGBM: the text that it saves (as its source writes it, gbdt_model_text.cpp and tree.cpp) and the JSON
// of dump_model(). Its rule is to the left where x <= threshold.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "mote/learn/tree_files.h"

namespace mote {
namespace {

// What stands before the trees.
struct Header {
  std::string objective;  // "binary sigmoid:1"
  std::optional<double> classes, trees_per_round, last_feature;
  bool average = false;  // a forest
};

// What sums are multiplied by: those of "binary sigmoid:2" are half of a logarithm of chances.
Expected<double> factor_of(const Header& header) {
  const std::string name = header.objective.substr(0, header.objective.find(' '));
  constexpr std::string_view kPlain[] = {"regression", "regression_l1", "regression_l2", "huber",      "fair",
                                         "quantile",   "mape",          "multiclass",    "lambdarank", ""};
  if (std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain)) {
    if (header.objective.find("sqrt") != std::string::npos)
      return unsupported("reg_sqrt squares the sum of the trees; it is not supported");
    return 1;
  }
  if (name != "binary")
    return unsupported(
        fmt::format("the objective \"{}\" is not supported: only binary, multiclass and those without a link", name));
  const size_t at = header.objective.find("sigmoid:");
  if (at == std::string::npos) return 1;
  const std::string rest = header.objective.substr(at + 8);
  const std::optional<double> sigmoid = parse_number(rest.substr(0, rest.find(' ')));
  if (!sigmoid || !(*sigmoid > 0)) return malformed("the sigmoid of its objective is no number above 0");
  return *sigmoid;
}

Expected<TreeModel> start(const Header& header) {
  TreeModel model;
  MOTE_TRY(const int64_t last, to_integer(header.last_feature, 0, kMostTreeFeatures - 1, "max_feature_idx"));
  MOTE_TRY(const int64_t groups, to_integer(header.trees_per_round, 1, kMostTreeClasses, "num_tree_per_iteration"));
  model.features = static_cast<int32_t>(last) + 1;
  model.groups = static_cast<int32_t>(groups);
  model.base.assign(static_cast<size_t>(groups), 0);
  return model;
}

Expected<TreeModel> finish(TreeModel model, const Header& header) {
  MOTE_TRY(double factor, factor_of(header));
  if (header.average)
    factor *= static_cast<double>(model.groups) / static_cast<double>(std::max<size_t>(model.roots.size(), 1));
  for (double& v : model.values) v *= factor;
  MOTE_TRY_STATUS(finish_trees(model));
  return model;
}

// ---- text ----

using Lines = std::map<std::string, std::string_view, std::less<>>;

std::vector<double> numbers(const Lines& lines, std::string_view key) {
  std::vector<double> values;
  const auto found = lines.find(key);
  std::string_view text = found == lines.end() ? std::string_view() : found->second;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) values.push_back(parse_number(text.substr(0, end)).value_or(NAN));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

std::optional<double> number(const Lines& lines, std::string_view key) {
  const std::vector<double> values = numbers(lines, key);
  return values.size() == 1 ? std::optional(values[0]) : std::nullopt;
}

// Bits of a split's decision type: by categories; (where values are missing) to the left; two for which are missing.
constexpr int64_t kCategories = 1;
constexpr int64_t missing_of(int64_t decision) { return decision >> 2 & 3; }
constexpr int64_t kZeroIsMissing = 1;

Status check_zero(bool zero_is_missing) {
  if (zero_is_missing) return unsupported("it takes 0 as missing (zero_as_missing); train it without");
  return {};
}

Status add_tree(TreeModel& model, const Lines& lines) {
  MOTE_TRY(const int64_t leaves, to_integer(number(lines, "num_leaves"), 1, kMostTreeNodes, "num_leaves"));
  if (number(lines, "num_cat").value_or(0) != 0)
    return unsupported("it splits by categories; numbers are supported: encode them one-hot");
  if (number(lines, "is_linear").value_or(0) != 0)
    return unsupported("its leaves hold linear models; numbers are supported");
  const std::vector<double> values = numbers(lines, "leaf_value"), features = numbers(lines, "split_feature"),
                            thresholds = numbers(lines, "threshold"), decisions = numbers(lines, "decision_type"),
                            left = numbers(lines, "left_child"), right = numbers(lines, "right_child");
  const auto splits = static_cast<size_t>(leaves - 1);
  if (values.size() != static_cast<size_t>(leaves) || features.size() != splits || thresholds.size() != splits ||
      decisions.size() != splits || left.size() != splits || right.size() != splits)
    return malformed(fmt::format("a tree of {} leaves does not have as many leaf values, and one split less", leaves));
  if (static_cast<int64_t>(model.nodes.size() + splits + values.size()) > kMostTreeNodes)
    return unsupported(fmt::format("the trees have more than {} nodes", kMostTreeNodes));
  // Splits first, then leaves; a child below 0 is the leaf -child - 1.
  const auto first = static_cast<int32_t>(model.nodes.size());
  const auto child = [&](double index) -> Expected<int32_t> {
    MOTE_TRY(const int64_t i, to_integer(index, -leaves, leaves - 2, "a child"));
    return first + static_cast<int32_t>(i < 0 ? leaves - 1 - i - 1 : i);
  };
  for (size_t i = 0; i < splits; ++i) {
    MOTE_TRY(const int64_t decision, to_integer(decisions[i], 0, 255, "decision_type"));
    if (decision & kCategories)
      return unsupported("it splits by categories; numbers are supported: encode them one-hot");
    MOTE_TRY_STATUS(check_zero(missing_of(decision) == kZeroIsMissing));
    MOTE_TRY(const int64_t feature, to_integer(features[i], 0, model.features - 1, "split_feature"));
    MOTE_TRY(const int32_t to_left, child(left[i]));
    MOTE_TRY(const int32_t to_right, child(right[i]));
    model.nodes.push_back({static_cast<int32_t>(feature), thresholds[i], to_left, to_right, 0});
  }
  for (double v : values) model.nodes.push_back({-1, 0, 0, 0, add_value(model, v)});
  model.roots.push_back(first);
  return {};
}

Expected<TreeModel> read_text_model(std::string_view text) {
  Header header;
  TreeModel model;
  Lines lines;
  bool in_header = true;
  const auto end_section = [&]() -> Status {
    if (std::exchange(in_header, false)) {
      header.objective = lines.count("objective") ? std::string(lines.find("objective")->second) : "";
      header.trees_per_round = number(lines, "num_tree_per_iteration");
      header.last_feature = number(lines, "max_feature_idx");
      header.average = lines.count("average_output") > 0;
      MOTE_TRY(model, start(header));
    } else if (Status status = add_tree(model, lines); !status) {
      return std::move(status.error()).at(fmt::format("tree {}", model.roots.size()));
    }
    lines.clear();
    return {};
  };
  bool ended = false;
  while (!text.empty() && !ended) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
    ended = line == "end of trees";
    if (ended || line.starts_with("Tree=")) MOTE_TRY_STATUS(end_section());
    const size_t equals = std::min(line.find('='), line.size());
    lines[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
  }
  if (!ended) return malformed("it has no line \"end of trees\"; the file is cut off");
  return finish(std::move(model), header);
}

// ---- JSON ----

Expected<TreeModel> read_json_model(const Json& json) {
  Header header;
  header.objective = read_text(find_member(json, "objective"));
  header.trees_per_round = read_number(find_member(json, "num_tree_per_iteration"));
  header.last_feature = read_number(find_member(json, "max_feature_idx"));
  const Json* average = find_member(json, "average_output");
  header.average = average && average->is_boolean() && average->get<bool>();
  MOTE_TRY(TreeModel model, start(header));
  const auto read = [&](const Json& node) -> Expected<NestedNode> {
    if (const std::optional<double> leaf = read_number(find_member(node, "leaf_value"))) {
      if (find_member(node, "leaf_coeff")) return unsupported("its leaves hold linear models; numbers are supported");
      return NestedNode{{}, *leaf};
    }
    if (read_text(find_member(node, "decision_type")) != "<=")
      return unsupported("it splits by categories; numbers are supported: encode them one-hot");
    MOTE_TRY_STATUS(check_zero(read_text(find_member(node, "missing_type")) == "Zero"));
    MOTE_TRY(const int64_t feature,
             read_integer(find_member(node, "split_feature"), 0, model.features - 1, "split_feature"));
    const std::optional<double> threshold = read_number(find_member(node, "threshold"));
    const Json *left = find_member(node, "left_child"), *right = find_member(node, "right_child");
    if (!threshold || !left || !right) return malformed("a split has no threshold or not two children");
    return NestedNode{{static_cast<int32_t>(feature), *threshold, 0, 0, 0}, 0, left, right};
  };
  const Json* trees = find_member(json, "tree_info");
  if (!trees || !trees->is_array()) return malformed("it has no tree_info");
  for (const Json& tree : *trees) {
    const Json* root = find_member(tree, "tree_structure");
    if (!root) return malformed(fmt::format("tree {} has no tree_structure", model.roots.size()));
    if (Status status = add_nested_tree(model, *root, read); !status)
      return std::move(status.error()).at(fmt::format("tree {}", model.roots.size() - 1));
  }
  return finish(std::move(model), header);
}

}  // namespace

Expected<TreeModel> read_lightgbm(std::string_view text) {
  if (text.starts_with("tree")) return read_text_model(text);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) return read_json_model(json);
  return malformed("it begins neither with \"tree\", as LightGBM's text does, nor is it a JSON object");
}

}  // namespace mote
