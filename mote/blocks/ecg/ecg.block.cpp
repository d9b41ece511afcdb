// Heart rate and its variability, from one lead of an electrocardiogram: a band-pass that leaves the QRS complexes, the
// beats in it, and the statistics of the intervals between them.
#include <fmt/core.h>

#include "mote/blocks/block.h"
#include "mote/blocks/filters.h"
#include "mote/ops/heartbeats/heartbeats.op.h"

namespace mote {

extern const BlockDef ecg_block;

namespace {

constexpr Setting kSettings[] = {
    {"low_cutoff", Setting::number, "Hz", 0.1, 100, "5", "", "Where the band of the QRS complexes begins"},
    {"high_cutoff", Setting::number, "Hz", 1, 200, "15", "", "Where it ends"},
    {"refractory", Setting::number, "s", 0.05, 1, "0.25", "", "Within this time of a beat there is no other one"},
};

Expected<int32_t> any_row(const Signal& signal, const Settings&) {
  if (signal.axes != 1) return unsupported(fmt::format("ecg: the signal has {} axes; choose one lead", signal.axes));
  return signal.samples;
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(const double low, cutoff_of(signal, settings, "low_cutoff"));
  MOTE_TRY(const double high, cutoff_of(signal, settings, "high_cutoff"));
  if (low >= high) return unsupported("ecg: low_cutoff has to be below high_cutoff");
  Tensor band, out;
  band.name = "band";
  band.quant = graph.at(samples).quant;
  MOTE_TRY(const TensorId filtered,
           append(graph, make_iir({butterworth_band(2, low, high), 1, true}, samples, kNone), std::move(band)));
  const HeartbeatsAttrs beats{signal.rate_hz, settings.number("refractory")};
  out.name = "heartbeats";
  out.quant = heartbeats_quant(beats);
  return append(graph, make_heartbeats(beats, filtered, kNone), std::move(out));
}

}  // namespace

extern const BlockDef ecg_block{"ecg",     1,       "Heart rate and its variability (SDNN, RMSSD, pNN50)",
                                kSettings, any_row, attach};

}  // namespace mote
