// Runs the kernel calls of an op as the planner may: with all rows lying together, or each row alone in a block of its
// own of exactly its size, present only while a step may read it.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

enum class RowForm {
  together,  // whole tensors, rows one after another
  alone,     // each row in its own block; a step sees only the rows of its windows
  in_place,  // alone, and the output row starts where the overlapping input row does
};

struct HarnessResult {
  Bytes output;
  std::string complaint;  // guard bytes overwritten, rows of the output not made, ...: empty if all is well
};

// Random bytes for the inputs of a graph. `kind`: 0 random, 1 all minimum, 2 all maximum, 3 alternating extremes, 4
// random (int16: from -2 to 2, where equal values are frequent).
std::vector<Bytes> random_inputs(const Graph& graph, Rng& rng, int kind);

// Runs a graph of one op. `rows_per_step`: false makes one row at a time even where the kernel may be handed more.
HarnessResult run_calls(const Graph& graph, const std::vector<KernelCall>& calls, const std::vector<Bytes>& inputs,
                        RowForm form, bool rows_per_step);

}  // namespace mote
