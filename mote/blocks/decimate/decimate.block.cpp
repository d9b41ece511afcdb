// Decimation: samples at a lower rate, after a low-pass of linear phase and without delay.
//
// The filter is a windowed sinc (Hamming) of 20 factor + 1 taps with the cutoff at half the new rate: that of
// scipy.signal.decimate(ftype = "fir"). At the ends of a window samples like the first and the last one continue it.
#include <fmt/core.h>

#include <cmath>
#include <numbers>

#include "mote/blocks/block.h"
#include "mote/blocks/rates.h"
#include "mote/ops/fir/fir.op.h"

namespace mote {

extern const BlockDef decimate_block;

namespace {

constexpr Setting kSettings[] = {
    {"factor", Setting::integer, "", 2, 100, "3", "", "Of how many samples one remains"},
};
double hamming(int32_t i, int32_t half) { return 0.54 + 0.46 * std::cos(std::numbers::pi * i / half); }

Expected<Signal> slower(const Signal& signal, const Settings& settings) {
  const int32_t factor = settings.integer("factor");
  if (signal.samples % factor != 0)
    return unsupported(
        fmt::format("a window of {} samples for a factor of {}; it has to be a multiple", signal.samples, factor));
  return Signal{signal.rate_hz / factor, signal.samples / factor, signal.axes, signal.scale};
}

Expected<int32_t> row(const Signal& signal, const Settings& settings) {
  MOTE_TRY_STATUS(slower(signal, settings));
  return short_row(signal.samples, settings.integer("factor"));
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  const int32_t factor = settings.integer("factor");
  Tensor out;
  out.name = "decimated";
  out.quant = graph.at(samples).quant;
  return append(graph, make_fir({windowed_sinc(factor, hamming), factor, signal.axes}, samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef decimate_block{"decimate", 1, "Samples at a lower rate", kSettings, row, attach, slower};

}  // namespace mote
