// Filter: samples to samples, each axis by itself, through a recursive filter. Its output feeds other blocks.
#include <fmt/core.h>

#include "mote/blocks/block.h"
#include "mote/blocks/filters.h"

namespace mote {

extern const BlockDef filter_block;

namespace {

constexpr Setting kSettings[] = {
    {"kind", Setting::choice, "", 0, 0, "low", "low high band notch dc",
     "What passes: below or above the cutoff, between the two, all but one frequency, all but what is constant"},
    {"cutoff", Setting::number, "Hz", 1e-6, 1e6, "3", "",
     "Where 3 dB are lost (dc: about there); the lower end of a band; the frequency of a notch"},
    {"cutoff_high", Setting::number, "Hz", 1e-6, 1e6, "10", "", "The upper end of a band"},
    {"order", Setting::integer, "", 1, 8, "6", "",
     "How steep a Butterworth filter is: 6 dB per octave and order; a band has as many poles on each side"},
    {"quality", Setting::number, "", 0.5, 200, "30", "", "How narrow a notch is: its frequency by its width at 3 dB"},
    {"start", Setting::choice, "", 0, 0, "zero", "zero steady",
     "What was there before the window: zeros, or samples like its first one"},
};

Expected<Sections> design(const Signal& signal, const Settings& settings) {
  const std::string& kind = settings.choice("kind");
  const int32_t order = settings.integer("order");
  MOTE_TRY(const double cutoff, cutoff_of(signal, settings, "cutoff"));
  if (kind == "low") return butterworth_low(order, cutoff);
  if (kind == "high") return butterworth_high(order, cutoff);
  if (kind == "notch") return notch(cutoff, settings.number("quality"));
  if (kind == "dc") return dc_blocker(cutoff);
  MOTE_TRY(const double high, cutoff_of(signal, settings, "cutoff_high"));
  if (high <= cutoff)
    return unsupported(fmt::format("a band from {} to {} Hz; cutoff_high has to be above cutoff",
                                   settings.number("cutoff"), settings.number("cutoff_high")));
  return butterworth_band(order, cutoff, high);
}

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(Sections sections, design(signal, settings));
  Tensor out;
  out.name = "filtered";
  out.quant = graph.at(samples).quant;
  return append(graph,
                make_iir({std::move(sections), signal.axes, settings.choice("start") == "steady"}, samples, kNone),
                std::move(out));
}

Expected<Signal> same_signal(const Signal& signal, const Settings&) { return signal; }

}  // namespace

extern const BlockDef filter_block{
    "filter", 1, "Samples less the frequencies that do not matter", kSettings, any_row, attach, same_signal};

}  // namespace mote
