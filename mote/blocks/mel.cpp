#include "mote/blocks/mel.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdlib>
#include <numeric>

namespace mote {
namespace {

double mel_of(double hz, bool htk) {
  if (htk) return 2595 * std::log10(1 + hz / 700);
  return hz < 1000 ? hz * 3 / 200 : 15 + 27 * std::log(hz / 1000) / std::log(6.4);
}

double hz_of(double mel, bool htk) {
  if (htk) return 700 * (std::pow(10, mel / 2595) - 1);
  return mel < 15 ? mel * 200 / 3 : 1000 * std::exp((mel - 15) * std::log(6.4) / 27);
}

int32_t fft_of(const Settings& settings) { return std::atoi(settings.choice("fft_length").c_str()); }

}  // namespace

int32_t samples_of(double seconds, double rate_hz) {
  return static_cast<int32_t>(std::max(1.0, std::ceil(seconds * rate_hz - 0.001)));
}

Expected<int32_t> row_of_frames(const Signal& signal, const Settings& settings) {
  if (signal.axes != 1)
    return unsupported(fmt::format("it takes one axis, and the signal has {}; choose one of them", signal.axes));
  const int32_t frame = samples_of(settings.number("frame_length"), signal.rate_hz);
  if (frame > signal.samples)
    return unsupported(
        fmt::format("a frame of {} s is {} samples, and a window has {}; make frame_length shorter or "
                    "the window longer",
                    settings.number("frame_length"), frame, signal.samples));
  return samples_of(settings.number("frame_stride"), signal.rate_hz);
}

Expected<SpectrogramAttrs> frames_of(const Signal& signal, const Settings& settings) {
  SpectrogramAttrs a;
  a.frame = samples_of(settings.number("frame_length"), signal.rate_hz);
  a.stride = samples_of(settings.number("frame_stride"), signal.rate_hz);
  a.fft = fft_of(settings);
  a.preemphasis = settings.number("preemphasis");
  const std::string& window = settings.choice("window");
  if (window == "hann") a.window = SpectrogramAttrs::Window::hann;
  if (window == "hamming") a.window = SpectrogramAttrs::Window::hamming;
  return a;
}

Expected<std::vector<SpectrogramAttrs::Band>> mel_bands(const Signal& signal, const Settings& settings) {
  const double half = signal.rate_hz / 2, low = settings.number("low_frequency");
  const double high = settings.number("high_frequency") > 0 ? settings.number("high_frequency") : half;
  if (!(low < high) || high > half)
    return unsupported(
        fmt::format("bands from {} to {} Hz; low_frequency has to be below high_frequency, and that at "
                    "most half the rate, {} Hz",
                    low, high, half));
  const bool htk = settings.choice("mel") != "slaney", on_bins = settings.choice("mel") == "htk_bins";
  const int32_t n = fft_of(settings), filters = settings.integer("num_filters");
  const double first = mel_of(low, htk), last = mel_of(high, htk);
  std::vector<double> hz, corners;
  for (int32_t i = 0; i < filters + 2; ++i) hz.push_back(hz_of(first + (last - first) * i / (filters + 1), htk));
  // Half the rate itself would be the bin behind the last one.
  if (on_bins) hz.back() -= 0.001;
  for (double f : hz) corners.push_back(on_bins ? std::floor((n + 1) * f / signal.rate_hz) : n * f / signal.rate_hz);
  std::vector<SpectrogramAttrs::Band> bands = triangles(corners);
  for (size_t b = 0; b < bands.size(); ++b) {
    std::vector<double>& weights = bands[b].weights;
    while (bands[b].first + static_cast<int32_t>(weights.size()) > n / 2 + 1) weights.pop_back();
    if (!htk)
      for (double& w : weights) w *= 2 / (hz[b + 2] - hz[b]);
  }
  return bands;
}

}  // namespace mote
