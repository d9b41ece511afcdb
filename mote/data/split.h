// Splits that do not leak: whatever belongs together (a person, a machine, a day; copies of a recording) goes into one
// part, and the parts have the labels in the shares asked for, as far as whole groups allow.
#pragma once
#include <map>
#include <utility>

#include "mote/data/dataset.h"

namespace mote {

struct Part {
  std::string name;
  double share = 0;
};

// Gives every item without a split one of `parts`; what has one keeps it, and its group goes there. Items in
// `together` (indices) are one group, as are those with the same Item::group; an item without a group is one of its
// own. Largest groups first, each goes where it brings the counts of labels closest to the shares (squared distance
// over the count aimed at); equal ones in the order of the SHA-256 of their names, so that the outcome is the same
// everywhere.
void split_by_group(Dataset& dataset, const std::vector<Part>& parts,
                    const std::vector<std::pair<size_t, size_t>>& together);

std::vector<Part> default_parts();        // train 60 %, val 20 %, test 20 %
std::vector<Part> equal_folds(size_t k);  // fold0, fold1, …

// The same for k folds of a set without splits. Refused where there are fewer groups than folds.
Status split_into_folds(Dataset& dataset, size_t k, const std::vector<std::pair<size_t, size_t>>& together);

// Every group is a part, and every item without one, of those names; what is `together` is one.
void split_each_group(Dataset& dataset, const std::vector<std::pair<size_t, size_t>>& together);

// Every group is a part: leave one out, train on the others. The names are those of the groups, which all items need;
// items of two groups may not be `together`.
Status leave_one_group_out(Dataset& dataset, const std::vector<std::pair<size_t, size_t>>& together);

// Groups that lie in more than one split, with these splits.
std::map<std::string, std::vector<std::string>> leaking_groups(const Dataset& dataset);

}  // namespace mote
