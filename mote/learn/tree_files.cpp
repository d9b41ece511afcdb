#include "mote/learn/tree_files.h"

#include <charconv>
#include <cmath>

namespace mote {

const Json* find_member(const Json& json, std::string_view path) {
  const Json* at = &json;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (!at->is_object()) return nullptr;
    const auto found = at->find(std::string(path.substr(0, end)));
    if (found == at->end()) return nullptr;
    at = &*found;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at;
}

std::optional<double> parse_number(std::string_view text) {
  while (!text.empty() && (text.front() == '[' || text.front() == ' ' || text.front() == '+')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ']' || text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
  return value;
}

std::optional<double> read_number(const Json* json) {
  if (!json) return std::nullopt;
  if (json->is_number()) return json->get<double>();
  if (json->is_string()) return parse_number(json->get_ref<const std::string&>());
  return std::nullopt;
}

Expected<int64_t> to_integer(std::optional<double> number, int64_t lo, int64_t hi, const std::string& what) {
  if (!number) return malformed(what + " is missing or no number");
  if (!(*number >= static_cast<double>(lo) && *number <= static_cast<double>(hi)) || *number != std::floor(*number))
    return malformed(fmt::format("{} is {}; whole numbers from {} to {} are allowed", what, *number, lo, hi));
  return static_cast<int64_t>(*number);
}

Expected<int64_t> read_integer(const Json* json, int64_t lo, int64_t hi, const std::string& what) {
  return to_integer(read_number(json), lo, hi, what);
}

std::string read_text(const Json* json) { return json && json->is_string() ? json->get<std::string>() : std::string(); }

int32_t add_value(TreeModel& model, double value) {
  model.values.push_back(value);
  return static_cast<int32_t>(model.values.size()) - 1;
}

Status add_nested_tree(TreeModel& model, const Json& root,
                       const std::function<Expected<NestedNode>(const Json&)>& read) {
  std::vector<std::pair<const Json*, size_t>> open{{&root, model.nodes.size()}};
  model.roots.push_back(static_cast<int32_t>(model.nodes.size()));
  model.nodes.emplace_back();
  while (!open.empty()) {
    const auto [json, at] = open.back();
    open.pop_back();
    MOTE_TRY(NestedNode nested, read(*json));
    if (nested.node.feature < 0) {
      nested.node.row = add_value(model, nested.value);
    } else {
      nested.node.left = static_cast<int32_t>(model.nodes.size()), nested.node.right = nested.node.left + 1;
      open.emplace_back(nested.left, model.nodes.size());
      open.emplace_back(nested.right, model.nodes.size() + 1);
      model.nodes.resize(model.nodes.size() + 2);
      if (static_cast<int64_t>(model.nodes.size()) > kMostTreeNodes)
        return unsupported(fmt::format("the trees have more than {} nodes", kMostTreeNodes));
    }
    model.nodes[at] = nested.node;
  }
  return {};
}

Status finish_trees(TreeModel& model) {
  std::vector<TreeNode> sorted;
  std::vector<int32_t> roots;
  const auto count = static_cast<int32_t>(model.nodes.size());
  std::vector<std::pair<int32_t, size_t>> open;  // a node, and its place
  for (int32_t root : model.roots) {
    roots.push_back(static_cast<int32_t>(sorted.size()));
    open = {{root, sorted.size()}};
    sorted.emplace_back();
    while (!open.empty()) {
      const auto [from, to] = open.back();
      open.pop_back();
      if (from < 0 || from >= count) return malformed(fmt::format("a node has the child {} of {} nodes", from, count));
      TreeNode node = model.nodes[static_cast<size_t>(from)];
      if (node.feature >= 0) {
        open.emplace_back(node.left, sorted.size());
        open.emplace_back(node.right, sorted.size() + 1);
        node.left = static_cast<int32_t>(sorted.size()), node.right = node.left + 1;
        sorted.resize(sorted.size() + 2);
        if (sorted.size() > model.nodes.size()) return malformed("a node of a tree has several parents");
      }
      sorted[to] = node;
    }
  }
  model.nodes = std::move(sorted), model.roots = std::move(roots);
  return check_trees(model);
}

}  // namespace mote
