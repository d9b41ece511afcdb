// The trade between memory, flash and time of a model on a target: what `mote profile --pareto` shows.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mote/cli/model.h"

namespace mote {

// A model compiled with some options, and what it takes.
struct ParetoPoint {
  ModelOptions options;
  Ways ways;  // of its ops
  int64_t arena_bytes = 0;
  int64_t flash_bytes = 0;  // of the firmware; predicted: of weights, tables and kernels
  int64_t table_bytes = 0;  // weights and tables of the kernels
  double instructions = 0;  // of an inference, or a hop; predicted: of the ops that have several ways
  double predicted = 0;     // the same by the core's cost table
  std::optional<double> cycles = {}, latency_ms = {};  // nominal, where they can be predicted
};

struct ParetoFront {
  std::vector<ParetoPoint> points;  // the fastest first; none is as good as another one, or better, in every respect
  bool measured = false;            // flash and instructions: built and counted, or by the cost table
  bool is_whole = true;             // the search came to its end
};

// Compiles the model with every setting and with budgets that get smaller and smaller, within those of `options`.
Expected<ParetoFront> find_pareto(const ModelOptions& options);

// The options of `mote compile` that make this point: "--optimize speed --ram 4096".
std::string describe_budgets(const ModelOptions& options);

// Memory to the right, time upwards, flash as colour; a list of the points below. SVG.
std::string draw_pareto(const ParetoFront& front, const std::string& title);

}  // namespace mote
