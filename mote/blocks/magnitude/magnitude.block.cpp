// Magnitude: the length of the vector that two or three axes are, or of its change per second (jerk, of an
// acceleration). It does not depend on how the sensor is turned.
#include <fmt/core.h>

#include "mote/blocks/block.h"
#include "mote/ops/iir/iir.op.h"
#include "mote/ops/magnitude/magnitude.op.h"

namespace mote {

extern const BlockDef magnitude_block;

namespace {

constexpr Setting kSettings[] = {
    {"of", Setting::choice, "", 0, 0, "samples", "samples change",
     "Whose length: that of the samples, or of their change per second"},
};

Expected<int32_t> any_row(const Signal& signal, const Settings&) {
  if (signal.axes < 2 || signal.axes > 3)
    return unsupported(fmt::format("magnitude: the signal has {} axes; 2 or 3 make a vector", signal.axes));
  return signal.samples;
}

bool of_change(const Settings& settings) { return settings.choice("of") == "change"; }

// A change of all that a sample can be, from one to the next, is the largest that fits.
double scale_of(const Signal& signal, const Settings& settings) {
  return signal.scale * (of_change(settings) ? signal.rate_hz : 1);
}

Tensor vectors(const char* name, double scale) {
  Tensor t;
  t.name = name;
  t.quant = {{static_cast<float>(scale)}, {0}, 0};
  return t;
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  TensorId in = samples;
  const double scale = scale_of(signal, settings);
  if (of_change(settings)) {
    const IirAttrs difference{{{signal.rate_hz, -signal.rate_hz, 0, 0, 0}}, signal.axes, true};
    MOTE_TRY(in, append(graph, make_iir(difference, samples, kNone), vectors("change", scale)));
  }
  return append(graph, make_magnitude({signal.axes}, in, kNone), vectors("magnitude", 2 * scale));
}

Expected<Signal> one_axis(const Signal& signal, const Settings& settings) {
  return Signal{signal.rate_hz, signal.samples, 1, 2 * scale_of(signal, settings)};
}

}  // namespace

extern const BlockDef magnitude_block{
    "magnitude", 1, "The length of the vector that the axes are", kSettings, any_row, attach, one_axis};

}  // namespace mote
