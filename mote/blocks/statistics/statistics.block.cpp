// Statistics of a window, for each axis those that are chosen, in the order of the settings. The first seven are those
// of Edge Impulse's block "flatten", with the same definitions; p5 to p95 are numpy.percentile's.
#include "mote/ops/statistics/statistics.op.h"

#include "mote/blocks/block.h"

namespace mote {

extern const BlockDef statistics_block;

namespace {

using Attrs_ = StatisticsAttrs;

constexpr Setting feature(std::string_view name, std::string_view by_default, std::string_view about) {
  return {name, Setting::choice, "", 0, 0, by_default, "yes no", about};
}

constexpr Setting kSettings[] = {
    feature("mean", "yes", "The mean"),
    feature("minimum", "yes", "The least sample"),
    feature("maximum", "yes", "The greatest sample"),
    feature("rms", "yes", "The root of the mean square"),
    feature("deviation", "yes", "The standard deviation, of the window as the whole population"),
    feature("skewness", "yes", "How lopsided the samples are; 0 for symmetric ones"),
    feature("kurtosis", "yes", "How much of the variance outliers make; 0 as for a normal distribution"),
    feature("zero_crossings", "no", "How often the sign changes"),
    feature("peaks", "no", "How many local maxima are not below the mean"),
    feature("p5", "no", "5 % of the samples are below"),
    feature("p25", "no", "25 % of the samples are below"),
    feature("median", "no", "Half of the samples are below"),
    feature("p75", "no", "75 % of the samples are below"),
    feature("p95", "no", "95 % of the samples are below"),
};
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
static_assert(std::size(kFeatures) == std::size(kSettings));

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  Attrs_ a;
  a.axes = signal.axes;
  for (size_t i = 0; i < std::size(kSettings); ++i)
    if (settings.choice(kSettings[i].name) == "yes") a.features.push_back(kFeatures[i]);
  Tensor out;
  out.name = "statistics";
  out.quant = statistics_quant(a, graph.at(samples).quant);
  return append(graph, make_statistics(std::move(a), samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef statistics_block{
    "statistics", 1, "Mean, extremes, deviation, shape and percentiles of each axis", kSettings, any_row, attach};

}  // namespace mote
