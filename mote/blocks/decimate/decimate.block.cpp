// Decimation: samples at a lower rate, after a low-pass of linear phase and without delay.
//
// The filter is a windowed sinc (Hamming) of 20 factor + 1 taps with the cutoff at half the new rate: that of
// scipy.signal.decimate(ftype = "fir"). At the ends of a window samples like the first and the last one continue it.
#include <fmt/core.h>

#include <cmath>
#include <numbers>

#include "mote/blocks/block.h"
#include "mote/ops/fir/fir.op.h"

namespace mote {

extern const BlockDef decimate_block;

namespace {

constexpr Setting kSettings[] = {
    {"factor", Setting::integer, "", 2, 100, "3", "", "Of how many samples one remains"},
};
constexpr int32_t kTapsPerSample = 20, kRow = 32;

std::vector<double> low_pass(int32_t factor) {
  using std::numbers::pi;
  const int32_t half = kTapsPerSample * factor / 2;
  std::vector<double> taps;
  double sum = 0;
  for (int32_t i = -half; i <= half; ++i) {
    const double at = pi * i / factor, sinc = i == 0 ? 1 : std::sin(at) / at;
    taps.push_back(sinc * (0.54 + 0.46 * std::cos(pi * i / half)));
    sum += taps.back();
  }
  for (double& t : taps) t /= sum;
  return taps;
}

Expected<Signal> slower(const Signal& signal, const Settings& settings) {
  const int32_t factor = settings.integer("factor");
  if (signal.samples % factor != 0)
    return unsupported(
        fmt::format("a window of {} samples for a factor of {}; it has to be a multiple", signal.samples, factor));
  return Signal{signal.rate_hz / factor, signal.samples / factor, signal.axes, signal.scale};
}

// Short rows: a window of taps is then little more than the taps.
Expected<int32_t> short_row(const Signal& signal, const Settings& settings) {
  MOTE_TRY(const Signal made, slower(signal, settings));
  const int32_t factor = settings.integer("factor");
  int32_t samples = std::max(1, kRow / factor);
  while (made.samples % samples != 0) --samples;
  return samples * factor;
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  const int32_t factor = settings.integer("factor");
  Tensor out;
  out.name = "decimated";
  out.quant = graph.at(samples).quant;
  return append(graph, make_fir({low_pass(factor), factor, signal.axes}, samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef decimate_block{"decimate", 1, "Samples at a lower rate", kSettings, short_row, attach, slower};

}  // namespace mote
