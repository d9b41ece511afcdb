#include "mote/data/split.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "mote/compiler/base/sha256.h"

namespace mote {
namespace {

using Counts = std::map<std::string, double>;  // items per label

struct Group {
  std::string name;  // for the order
  std::vector<size_t> items;
  Counts labels;
};

// Sets of items, joined pair by pair (union-find).
class Sets {
 public:
  explicit Sets(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t find(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(size_t a, size_t b) { parent_[std::max(find(a), find(b))] = std::min(find(a), find(b)); }

 private:
  std::vector<size_t> parent_;
};

// The label counts for the shares; files with ranges count as one label of their own.
const std::string& label_of(const Item& item) { return item.ranges.empty() ? item.label : item.ranges[0].label; }

std::vector<Group> gather_groups(const Dataset& d, const std::vector<std::pair<size_t, size_t>>& together) {
  Sets sets(d.items.size());
  std::map<std::string, size_t> first;
  for (size_t i = 0; i < d.items.size(); ++i)
    if (!d.items[i].group.empty()) sets.join(i, first.try_emplace(d.items[i].group, i).first->second);
  for (const auto& [a, b] : together) sets.join(a, b);
  std::map<size_t, Group> groups;
  for (size_t i = 0; i < d.items.size(); ++i) {
    Group& g = groups[sets.find(i)];
    if (g.items.empty()) g.name = sha256(d.items[i].group.empty() ? d.items[i].file : d.items[i].group);
    g.items.push_back(i);
    g.labels[label_of(d.items[i])] += 1;
  }
  std::vector<Group> list;
  for (auto& [root, group] : groups) list.push_back(std::move(group));
  std::sort(list.begin(), list.end(), [](const Group& a, const Group& b) {
    return a.items.size() != b.items.size() ? a.items.size() > b.items.size() : a.name < b.name;
  });
  return list;
}

// How much further from (negative: closer to) the aim the counts of a part come by a group.
double cost_of(const Counts& group, const Counts& part, const Counts& total, double share) {
  double cost = 0;
  for (const auto& [label, n] : group) {
    const double aim = share * total.at(label), at = part.count(label) ? part.at(label) : 0;
    cost += ((at + n - aim) * (at + n - aim) - (at - aim) * (at - aim)) / std::max(aim, 1e-9);
  }
  return cost;
}

}  // namespace

void split_by_group(Dataset& d, const std::vector<Part>& parts,
                    const std::vector<std::pair<size_t, size_t>>& together) {
  Counts total;
  std::map<std::string, Counts> filled;
  for (const Item& item : d.items) {
    total[label_of(item)] += 1;
    if (!item.split.empty()) filled[item.split][label_of(item)] += 1;
  }
  for (const Group& group : gather_groups(d, together)) {
    std::string name;
    for (size_t i : group.items)
      if (name.empty()) name = d.items[i].split;
    if (name.empty()) {
      const auto best = std::min_element(parts.begin(), parts.end(), [&](const Part& a, const Part& b) {
        return cost_of(group.labels, filled[a.name], total, a.share) <
               cost_of(group.labels, filled[b.name], total, b.share);
      });
      name = best->name;
    }
    for (size_t i : group.items) {
      if (!d.items[i].split.empty()) continue;
      d.items[i].split = name;
      filled[name][label_of(d.items[i])] += 1;
    }
  }
}

std::vector<Part> default_parts() { return {{"train", 0.6}, {"val", 0.2}, {"test", 0.2}}; }

std::vector<Part> equal_folds(size_t k) {
  std::vector<Part> parts;
  for (size_t i = 0; i < k; ++i) parts.push_back({fmt::format("fold{}", i), 1.0 / static_cast<double>(k)});
  return parts;
}

Status split_into_folds(Dataset& d, size_t k, const std::vector<std::pair<size_t, size_t>>& together) {
  for (const Item& item : d.items)
    if (!item.split.empty())
      return malformed(fmt::format("{} is in the split \"{}\" already; folds are made of all files anew: --again",
                                   item.file, item.split));
  const size_t groups = gather_groups(d, together).size();
  if (groups < k)
    return malformed(
        fmt::format("there are {} groups that may be parted (copies are together) for {} folds", groups, k));
  split_by_group(d, equal_folds(k), together);
  return {};
}

void split_each_group(Dataset& d, const std::vector<std::pair<size_t, size_t>>& together) {
  for (const Group& group : gather_groups(d, together)) {
    const Item& first = d.items[group.items[0]];
    const std::string name = first.group.empty() ? first.file : first.group;
    for (size_t i : group.items) d.items[i].split = name;
  }
}

Status leave_one_group_out(Dataset& d, const std::vector<std::pair<size_t, size_t>>& together) {
  for (const Item& item : d.items)
    if (item.group.empty())
      return malformed(fmt::format(
          "{} has no group; leaving one group out needs a column of groups, which --group names", item.file));
  for (const auto& [a, b] : together)
    if (d.items[a].group != d.items[b].group)
      return malformed(fmt::format(
          "{} of the group \"{}\" is a copy of {} of \"{}\": a group left out would be learned all the same; leave one of "
          "the files out, or give both one group",
          d.items[b].file, d.items[b].group, d.items[a].file, d.items[a].group));
  split_each_group(d, {});
  return {};
}

std::map<std::string, std::vector<std::string>> leaking_groups(const Dataset& d) {
  std::map<std::string, std::set<std::string>> splits;
  for (const Item& item : d.items)
    if (!item.group.empty() && !item.split.empty()) splits[item.group].insert(item.split);
  std::map<std::string, std::vector<std::string>> leaking;
  for (const auto& [group, in] : splits)
    if (in.size() > 1) leaking[group] = {in.begin(), in.end()};
  return leaking;
}

}  // namespace mote
