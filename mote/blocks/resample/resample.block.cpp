// Resampling: samples at a rate that is any fraction of the sensor's, after a low-pass of linear phase and without
// delay, in one filter that makes no sample which does not stay.
//
// The filter is that of scipy.signal.resample_poly: a windowed sinc of 20 max(up, down) + 1 taps at the rate times
// `up`, its cutoff at half the lower one of both rates, the window Kaiser's with a beta of 5: what would alias is 53 dB
// down. At the ends of a window samples like the first and the last one continue it.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/blocks/block.h"
#include "mote/blocks/rates.h"
#include "mote/ops/polyphase/polyphase.op.h"

namespace mote {

extern const BlockDef resample_block;

namespace {

constexpr Setting kSettings[] = {
    {"rate_hz", Setting::number, "Hz", 1e-6, 1e6, "50", "",
     "How many samples a second there are then: a fraction of the sensor's rate, of numbers up to 1024"},
};
constexpr double kBeta = 5, kExact = 1e-9;  // of a rate
constexpr int64_t kMostSamples = 1 << 24;   // of a window

struct Fraction {
  int32_t up = 1, down = 1;
};

// The nearest one to `ratio`, with the least numbers.
Fraction nearest_fraction(double ratio) {
  Fraction best;
  double least = HUGE_VAL;
  for (int32_t down = 1; down <= kMaxPhases; ++down) {
    const auto up = static_cast<int32_t>(std::clamp<double>(std::round(ratio * down), 1, kMaxPhases));
    const double off = std::abs(up / (ratio * down) - 1);
    if (off < least - kExact) best = {up, down}, least = off;
  }
  return best;
}

Expected<Fraction> find_fraction(const Signal& signal, const Settings& settings) {
  const double rate = settings.number("rate_hz"), ratio = rate / signal.rate_hz;
  const Fraction found = nearest_fraction(ratio);
  const double made = signal.rate_hz * found.up / found.down;
  if (std::abs(made / rate - 1) > kExact)
    return unsupported(fmt::format(
        "rate_hz = {} at a rate of {} Hz; allowed are fractions of numbers up to {}, the nearest is {:.12g}", rate,
        signal.rate_hz, kMaxPhases, made));
  if (signal.samples % found.down != 0)
    return unsupported(
        fmt::format("a window of {0} samples, of which every {1} become {2}; it has to be a multiple of {1}",
                    signal.samples, found.down, found.up));
  if (const int64_t made_samples = int64_t{signal.samples} / found.down * found.up; made_samples > kMostSamples)
    return unsupported(fmt::format("a window of {} samples becomes one of {}; at most {} are supported", signal.samples,
                                   made_samples, kMostSamples));
  return found;
}

Expected<Signal> resampled(const Signal& signal, const Settings& settings) {
  MOTE_TRY(const Fraction f, find_fraction(signal, settings));
  return Signal{settings.number("rate_hz"), signal.samples / f.down * f.up, signal.axes, signal.scale};
}

Expected<int32_t> row(const Signal& signal, const Settings& settings) {
  MOTE_TRY(const Fraction f, find_fraction(signal, settings));
  return short_row(signal.samples, f.down);
}

// The modified Bessel function of the first kind and order 0: sum_k ((x / 2)^k / k!)^2.
double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int32_t k = 1; term > 1e-17 * sum; ++k) {
    const double factor = x / (2 * k);
    sum += term *= factor * factor;
  }
  return sum;
}

double kaiser(int32_t i, int32_t half) {
  const double x = static_cast<double>(i) / half;
  return bessel_i0(kBeta * std::sqrt(1 - x * x)) / bessel_i0(kBeta);
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(const Fraction f, find_fraction(signal, settings));
  PolyphaseAttrs a{windowed_sinc(std::max(f.up, f.down), kaiser, f.up), f.up, f.down, signal.axes};
  Tensor out;
  out.name = "resampled";
  out.quant = graph.at(samples).quant;
  return append(graph, make_polyphase(std::move(a), samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef resample_block{
    "resample", 1, "Samples at another rate, any fraction of the sensor's", kSettings, row, attach, resampled};

}  // namespace mote
