// Statistics of a window, for each axis those that are chosen, in the order of the settings. The first seven are those
// of Edge Impulse's block "flatten", with the same definitions; p5 to p95 are numpy.percentile's.
#include "mote/blocks/features.h"

namespace mote {

extern const BlockDef statistics_block;

namespace {

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  return append_statistics(graph, chosen_statistics(signal, settings), samples);
}

}  // namespace

extern const BlockDef statistics_block{
    "statistics", 1, "Mean, extremes, deviation, shape and percentiles of each axis", kStatistics, any_row, attach};

}  // namespace mote
