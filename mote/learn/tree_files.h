// What the readers of other libraries' tree files share. Everything here comes from outside: nothing is assumed.
#pragma once
#include <fmt/core.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "mote/learn/trees.h"

namespace mote {

constexpr int64_t kMostTreeNodes = 1 << 22, kMostTreeFeatures = 65534, kMostTreeClasses = 1000;

using Json = nlohmann::json;

// A member by its path, "learner/objective/name", or null.
const Json* find_member(const Json& json, std::string_view path);

// A number, or the text of one as "5E-1" or "[5E-1]".
std::optional<double> parse_number(std::string_view text);
std::optional<double> read_number(const Json* json);
// A whole number from lo to hi; `what` names it in the refusal.
Expected<int64_t> read_integer(const Json* json, int64_t lo, int64_t hi, const std::string& what);
Expected<int64_t> to_integer(std::optional<double> number, int64_t lo, int64_t hi, const std::string& what);
std::string read_text(const Json* json);  // empty if it is none

// Builds a tree of nested objects, each of which `read` turns into a node: a split with its two children, or a leaf.
struct NestedNode {
  TreeNode node;
  double value = 0;  // of a leaf
  const Json *left = nullptr, *right = nullptr;
};
Status add_nested_tree(TreeModel& model, const Json& root,
                       const std::function<Expected<NestedNode>(const Json&)>& read);

// Adds a leaf's value as a row of its own.
int32_t add_value(TreeModel& model, double value);

// Sorts nodes so that children are behind their parents, and refuses what is no tree.
Status finish_trees(TreeModel& model);

}  // namespace mote
