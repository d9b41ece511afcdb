// Spectral features of motion: for each axis the deviation, skewness and kurtosis of the (filtered) window, then the
// logarithms of the greatest power that each frequency has in any frame.
//
//   log10(max_f |X_f[k]|^2 / fft_length), k from 1 on, of the samples less their mean, at least 1e-10
//
// With `peaks`, frequency (Hz) and height of the highest peaks of these spectra follow.
//
// The features and their order are those of Edge Impulse's spectral analysis of the type FFT (its versions 2 and 3);
// decimation is a block of its own.
#include <fmt/core.h>

#include <cmath>
#include <cstdlib>

#include "mote/blocks/block.h"
#include "mote/blocks/filters.h"
#include "mote/ops/concat/concat.op.h"
#include "mote/ops/spectral_peaks/spectral_peaks.op.h"
#include "mote/ops/spectrogram/spectrogram.op.h"
#include "mote/ops/statistics/statistics.op.h"

namespace mote {

extern const BlockDef spectral_block;

namespace {

constexpr Setting kSettings[] = {
    {"filter_type", Setting::choice, "", 0, 0, "none", "none low high",
     "Which frequencies matter: those below or above the cutoff"},
    {"filter_cutoff", Setting::number, "Hz", 1e-6, 1e6, "8", "", "Where the Butterworth filter loses 3 dB"},
    {"filter_order", Setting::integer, "", 0, 8, "6", "",
     "How steep it is; 0: no filter, other frequencies are left out"},
    {"fft_length", Setting::choice, "samples", 0, 0, "16", "16 32 64 128 256 512 1024 2048",
     "The length of the Fourier transform, and of a frame"},
    {"fft_overlap", Setting::choice, "", 0, 0, "yes", "yes no", "Whether frames begin at every half frame"},
    {"peaks", Setting::integer, "", 0, 16, "0", "",
     "Frequency in Hz and height of so many peaks of each axis's spectrum, the highest first; 0 Hz where there are fewer"},
};

constexpr int32_t kAxis = 3;  // the dimension of features

Tensor features(const char* name, Quant quant) {
  Tensor t;
  t.name = name;
  t.type = DType::int16;
  t.quant = std::move(quant);
  return t;
}

// The samples that matter.
Expected<TensorId> attach_filter(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  const std::string& type = settings.choice("filter_type");
  if (type == "none") return samples;
  MOTE_TRY(const double cutoff, cutoff_of(signal, settings, "filter_cutoff"));
  const int32_t order = settings.integer("filter_order");
  if (order == 0) return samples;
  IirAttrs a{type == "low" ? butterworth_low(order, cutoff) : butterworth_high(order, cutoff), signal.axes};
  Tensor filtered = features("filtered", graph.at(samples).quant);
  return append(graph, make_iir(std::move(a), samples, kNone), std::move(filtered));
}

// Bins that the filter lets pass, without the first one, which the mean fills alone.
Expected<SpectrogramAttrs> spectrum_of(const Signal& signal, const Settings& settings) {
  SpectrogramAttrs a;
  a.hold = true;
  a.axes = signal.axes;
  a.fft = a.frame = std::atoi(settings.choice("fft_length").c_str());
  a.stride = settings.choice("fft_overlap") == "yes" ? a.fft / 2 : a.fft;
  a.gain = 1.0 / a.fft;
  const std::string& type = settings.choice("filter_type");
  const double cutoff = settings.number("filter_cutoff") * a.fft / signal.rate_hz;
  int32_t last = a.fft / 2;
  a.first_bin = 1;
  if (type == "low") last = std::min(last, static_cast<int32_t>(std::floor(cutoff + 0.5)));
  if (type == "high") a.first_bin = std::max(1, static_cast<int32_t>(std::floor(cutoff - 0.5)) + 1);
  a.bins = last - a.first_bin + 1;
  if (a.bins < 1)
    return unsupported(
        fmt::format("a cutoff of {} Hz leaves none of the frequencies, which are {} Hz apart; make "
                    "fft_length longer",
                    settings.number("filter_cutoff"), signal.rate_hz / a.fft));
  return a;
}

Expected<TensorId> attach_peaks(Graph& graph, TensorId spectra, int32_t first_bin, const Signal& signal,
                                const Settings& settings) {
  constexpr double kFloor = -10;  // the logarithm of no power
  const double bin_hz = signal.rate_hz / std::atoi(settings.choice("fft_length").c_str());
  const Tensor& t = graph.at(spectra);
  const SpectralPeaksAttrs a{settings.integer("peaks"), first_bin,
                             static_cast<int32_t>(std::lround(kFloor / double{t.quant.scale[0]}))};
  Tensor peaks = features("peaks", spectral_peaks_quant(a.peaks, static_cast<float>(bin_hz), t));
  return append(graph, make_spectral_peaks(a, spectra, kNone), std::move(peaks));
}

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(SpectrogramAttrs spectrum, spectrum_of(signal, settings));
  const int32_t first_bin = spectrum.first_bin;
  MOTE_TRY(const TensorId in, attach_filter(graph, samples, signal, settings));
  StatisticsAttrs shape{{StatisticsAttrs::deviation, StatisticsAttrs::skewness, StatisticsAttrs::kurtosis},
                        signal.axes};
  Tensor moments = features("moments", statistics_quant(shape, graph.at(in).quant));
  MOTE_TRY(const TensorId first, append(graph, make_statistics(std::move(shape), in, kNone), std::move(moments)));
  Tensor powers = features("powers", {{static_cast<float>(std::log10(2) / 512)}, {0}, 0});
  MOTE_TRY(const TensorId second, append(graph, make_spectrogram(std::move(spectrum), in, kNone), std::move(powers)));
  std::vector<TensorId> parts{first, second};
  if (settings.integer("peaks") > 0) {
    MOTE_TRY(const TensorId third, attach_peaks(graph, second, first_bin, signal, settings));
    parts.push_back(third);
  }
  return append(graph, make_concat(kAxis, parts, kNone), features("spectral", joined_quant(graph, kAxis, parts)));
}

}  // namespace

extern const BlockDef spectral_block{"spectral", 1,       "Deviation, shape and spectrum of each axis",
                                     kSettings,  any_row, attach};

}  // namespace mote
