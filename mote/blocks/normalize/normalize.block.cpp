// Normalise: each axis of a window less its mean, in units of its deviation, or from 0 to 1: how strong a sensor's
// signal is, or where its zero lies, does not matter then.
#include "mote/blocks/block.h"
#include "mote/ops/normalize/normalize.op.h"

namespace mote {

extern const BlockDef normalize_block;

namespace {

constexpr Setting kSettings[] = {
    {"by", Setting::choice, "", 0, 0, "deviation", "deviation range mean",
     "deviation: less the mean, divided by the standard deviation; range: the least sample becomes 0, the greatest 1; "
     "mean: less the mean"},
};

NormalizeAttrs attrs_of(const Signal& signal, const Settings& settings) {
  using By = NormalizeAttrs::By;
  const std::string& by = settings.choice("by");
  return {by == "mean" ? By::mean : by == "range" ? By::range : By::deviation, signal.axes};
}

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  const NormalizeAttrs a = attrs_of(signal, settings);
  Tensor out;
  out.name = "normalized";
  out.quant = normalize_quant(a, graph.at(samples).quant);
  return append(graph, make_normalize(a, samples, kNone), std::move(out));
}

Expected<Signal> in_other_units(const Signal& signal, const Settings& settings) {
  const Quant samples{{static_cast<float>(signal.scale)}, {0}, 0};
  return Signal{signal.rate_hz, signal.samples, signal.axes,
                double{normalize_quant(attrs_of(signal, settings), samples).scale[0]}};
}

}  // namespace

extern const BlockDef normalize_block{
    "normalize", 1, "Samples whose mean and size do not matter", kSettings, any_row, attach, in_other_units};

}  // namespace mote
