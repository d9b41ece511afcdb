// Tilt: what of an acceleration is along gravity (1 g at rest, however the sensor is turned) and what across it.
// Gravity is what remains of the samples below a low cutoff; it begins with the window's first sample.
//
// Source of the idea: D. Mizell, Using gravity to estimate accelerometer orientation, ISWC 2003.
#include <fmt/core.h>

#include "mote/blocks/block.h"
#include "mote/blocks/filters.h"
#include "mote/ops/tilt/tilt.op.h"

namespace mote {

extern const BlockDef tilt_block;

namespace {

constexpr Setting kSettings[] = {
    {"cutoff", Setting::number, "Hz", 1e-6, 1e6, "0.3", "", "Below it samples count as gravity"},
};

Expected<int32_t> any_row(const Signal& signal, const Settings&) {
  if (signal.axes != 3)
    return unsupported(fmt::format("tilt: the signal has {} axes; an acceleration has 3", signal.axes));
  return signal.samples;
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(const double cutoff, cutoff_of(signal, settings, "cutoff"));
  Tensor gravity, out;
  gravity.name = "gravity", out.name = "tilt";
  gravity.quant = out.quant = graph.at(samples).quant;
  out.quant.scale[0] *= 2;
  const IirAttrs low{butterworth_low(2, cutoff), signal.axes, true};
  MOTE_TRY(const TensorId g, append(graph, make_iir(low, samples, kNone), std::move(gravity)));
  return append(graph, make_tilt(samples, g, kNone), std::move(out));
}

Expected<Signal> two_axes(const Signal& signal, const Settings&) {
  return Signal{signal.rate_hz, signal.samples, 2, 2 * signal.scale};
}

}  // namespace

extern const BlockDef tilt_block{"tilt", 1,       "What is along gravity, and what across it", kSettings, any_row,
                                 attach, two_axes};

}  // namespace mote
