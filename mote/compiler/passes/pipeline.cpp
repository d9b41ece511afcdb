#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/inputs.h"
#include "mote/compiler/passes/passes.h"

namespace mote {
namespace {

struct Pass {
  const char* name;
  Status (*run)(Graph&);
};

// The order is a decision:
constexpr Pass kPipeline[] = {
    {"fold_constants", fold_constants},  // first: it makes operands constant that the others look for
    {"absorb_reshapes",
     absorb_reshapes},       // before the fusions: a reshape between two ops would hide them from each other
    {"fuse_pad", fuse_pad},  // before fuse_clamp: PAD -> CONV_2D -> RELU takes both
    {"fuse_clamp", fuse_clamp},
    {"prove_ranges", prove_ranges},    // after fuse_clamp: a clamp is what makes most channels constant
    {"remove_unused", remove_unused},  // last: the passes above leave ops that nobody reads
};

Status compare(const Graph& before, const Graph& after, const char* pass) {
  Rng rng(1);
  for (int kind = 0; kind < 4; ++kind) {
    const std::vector<Bytes> inputs = make_inputs(before, rng, static_cast<InputKind>(kind));
    const Values want = evaluate(before, inputs), got = evaluate(after, inputs);
    for (size_t i = 0; i < before.outputs.size(); ++i)
      if (want[static_cast<size_t>(before.outputs[i])] != got[static_cast<size_t>(after.outputs[i])])
        return internal_error(fmt::format("the pass {} changes output {} of \"{}\"", pass, i, before.name));
  }
  return {};
}

}  // namespace

Status run_passes(Graph& graph, const PassOptions& options) {
  for (const Pass& pass : kPipeline) {
    const Graph before = options.check ? graph : Graph();
    MOTE_TRY_STATUS(pass.run(graph));
    if (Status status = validate(graph); !status)
      return internal_error(fmt::format("the pass {} left an invalid graph: {}", pass.name, status.error().text()));
    if (options.check) MOTE_TRY_STATUS(compare(before, graph, pass.name));
  }
  return {};
}

}  // namespace mote
