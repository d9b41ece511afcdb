#include "mote/blocks/features.h"

namespace mote {
namespace {

using Attrs_ = StatisticsAttrs;

constexpr uint16_t kFeatures[] = {Attrs_::mean,
                                  Attrs_::minimum,
                                  Attrs_::maximum,
                                  Attrs_::rms,
                                  Attrs_::deviation,
                                  Attrs_::skewness,
                                  Attrs_::kurtosis,
                                  Attrs_::zero_crossings,
                                  Attrs_::peaks,
                                  Attrs_::percentile + 5,
                                  Attrs_::percentile + 25,
                                  Attrs_::percentile + 50,
                                  Attrs_::percentile + 75,
                                  Attrs_::percentile + 95};
static_assert(std::size(kFeatures) == std::size(kStatistics));

}  // namespace

StatisticsAttrs chosen_statistics(const Signal& signal, const Settings& settings) {
  StatisticsAttrs chosen;
  chosen.axes = signal.axes;
  for (size_t i = 0; i < std::size(kStatistics); ++i)
    if (settings.choice(kStatistics[i].name) == "yes") chosen.features.push_back(kFeatures[i]);
  return chosen;
}

Expected<TensorId> append_statistics(Graph& graph, StatisticsAttrs chosen, TensorId samples) {
  Tensor out;
  out.name = "statistics";
  out.quant = statistics_quant(chosen, graph.at(samples).quant);
  return append(graph, make_statistics(std::move(chosen), samples, kNone), std::move(out));
}

}  // namespace mote
