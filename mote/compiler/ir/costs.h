// What kernels cost on a core: the table by which the planner chooses among an op's ways. One JSON file per core in
// targets/costs/; bench/fit_costs holds its factors to exact instruction counts, and fits them.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "mote/compiler/ir/op_def.h"

namespace mote {

// Instructions of a kernel: the sum of each count of Work times its factor.
struct KernelCost {
  double step = 0, pixel = 0, value = 0, output = 0, mac = 0;
  double rest_mac = 0;    // in addition to `mac`
  double code_bytes = 0;  // of the kernel and what it calls

  double instructions(const Work& work) const;
};

// By the kernel's name. A kernel that is not listed is not used on the core, unless it is an op's first way.
using Costs = std::map<std::string, KernelCost, std::less<>>;

Expected<Costs> parse_costs(const std::string& core, const std::string& json);

}  // namespace mote
