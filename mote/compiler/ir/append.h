// Graphs that are made here, not read from a file: by sensor blocks, learners, projects.
#pragma once
#include "mote/compiler/base/expected.h"
#include "mote/compiler/ir/graph.h"

namespace mote {

// Appends an op and its output, of the name and quantisation given; what the op infers is its type and shape.
Expected<TensorId> append(Graph& graph, Op op, Tensor out);

}  // namespace mote
