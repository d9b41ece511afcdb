// Mel-frequency cepstral coefficients: the cosine transform of the logarithms of mel bands, normalised along time.
//
//   e[b] = ln(sum_k w[b][k] P_f[k]),  P_f[k] = |X_f[k]|^2 / fft_length, of samples as whole numbers (1 = one step)
//   c[j] = sqrt(2 / B) sum_b cos(pi j (b + 1/2) / B) e[b],  c[0] = ln(sum_k P_f[k])
//   out  = (c - mean) / deviation, over `win_size` frames around each
//
// int16 in steps of 1/4096. The conventions are those of Edge Impulse's block of the same name (its version 4), except
// that the sample before the first is taken for its equal, not for the last one.
#include <fmt/core.h>

#include <cmath>
#include <numbers>

#include "mote/blocks/mel.h"
#include "mote/ops/matrix/matrix.op.h"
#include "mote/ops/sliding_normalize/sliding_normalize.op.h"

namespace mote {

extern const BlockDef mfcc_block;

namespace {

constexpr Setting kCepstral{"num_cepstral", Setting::integer, "", 1, 64, "13", "", "How many coefficients are kept"};
constexpr Setting kBands{"num_filters", Setting::integer, "", 1, 128, "32", "", kFilters.about};
constexpr Setting kNormalize{
    "win_size", Setting::integer,
    "frames",   0,
    4095,       "101",
    "",         "Over how many frames coefficients are normalised, an odd number; 0: they are not"};
constexpr Setting kSettings[] = {kCepstral, kFrameLength, kFrameStride, kFftLength, kWindow, kPreemphasis,
                                 kBands,    kLow,         kHigh,        kNormalize, kMel};

constexpr double kLogStep = std::numbers::ln2 / 512;  // of the spectrogram's output, in natural logarithms

// Rows of the cosine transform over the bands; behind them stands the logarithm of the whole power, which is taken for
// coefficient 0.
std::vector<std::vector<double>> transform(int32_t coefficients, int32_t bands) {
  std::vector<std::vector<double>> rows;
  for (int32_t j = 0; j < coefficients; ++j) {
    std::vector<double> row;
    for (int32_t b = 0; b < bands; ++b)
      row.push_back(j == 0 ? 0 : std::sqrt(2.0 / bands) * std::cos(std::numbers::pi * j * (b + 0.5) / bands));
    row.push_back(j == 0 ? 1 : 0);
    rows.push_back(std::move(row));
  }
  return rows;
}

Tensor features(const char* name, double scale) {
  Tensor t;
  t.name = name;
  t.type = DType::int16;
  t.quant = {{static_cast<float>(scale)}, {0}, 0};
  return t;
}

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(SpectrogramAttrs a, frames_of(signal, settings));
  MOTE_TRY(a.bands, mel_bands(signal, settings));
  const int32_t window = settings.integer("win_size"), coefficients = settings.integer("num_cepstral");
  const auto bands = static_cast<int32_t>(a.bands.size());
  if (coefficients > bands)
    return unsupported(
        fmt::format("{} coefficients of {} bands; num_cepstral can be at most num_filters", coefficients, bands));
  if (window > 0 && window % 2 == 0)
    return unsupported(fmt::format("win_size = {}; an odd number, or 0, is allowed", window));
  a.bands.push_back({0, std::vector<double>(static_cast<size_t>(a.fft / 2 + 1), 1)});
  a.gain = 1 / (signal.scale * signal.scale * a.fft);
  MOTE_TRY(const TensorId log,
           append(graph, make_spectrogram(std::move(a), samples, kNone), features("mel", kLogStep)));
  const TensorId matrix = graph.add(matrix_weights(transform(coefficients, bands)));
  // Logarithms of powers of 16-bit samples are below 32, and coefficients largest where these change their sign with
  // the cosine, whose mean size is 2 / pi.
  const double step = 32 * std::max(1.0, std::sqrt(2.0 * bands) * 2 / std::numbers::pi) / 32768;
  MOTE_TRY(const TensorId cepstrum, append(graph, make_matrix(log, matrix, kNone, kNone), features("cepstrum", step)));
  if (window == 0) return cepstrum;
  using By = SlidingNormalizeAttrs::By;
  MOTE_TRY(const TensorId centred,
           append(graph, make_sliding_normalize({By::mean, window}, cepstrum, kNone), features("centred", step / 4)));
  return append(graph, make_sliding_normalize({By::deviation, window}, centred, kNone), features("mfcc", 1.0 / 4096));
}

}  // namespace

extern const BlockDef mfcc_block{
    "mfcc", 1, "Cepstral coefficients of speech, normalised along time", kSettings, row_of_frames, attach};

}  // namespace mote
