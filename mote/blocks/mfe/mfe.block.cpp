// Mel filterbank energies: the power of bands of equal width in mel, in decibels, from the noise floor (0) to 12 dB
// (1).
//
//   out[f][b] = clip((10 log10(sum_k w[b][k] |X_f[k]|^2 / fft_length) - noise_floor) / (12 dB - noise_floor), 0, 1)
//
// int8 in steps of 1/256 with the zero point -128. With its defaults, frames of 20 ms every 10 ms, the features are
// those of Edge Impulse's block of the same name from its version 3 on (which takes signals as -1 to 1, as mote does).
#include <cmath>

#include "mote/blocks/mel.h"
#include "mote/ops/rescale/rescale.op.h"

namespace mote {

extern const BlockDef mfe_block;

namespace {

constexpr double kTop = 12;  // dB
constexpr Setting kStride{"frame_stride", Setting::number, "s", 0.0001, 10, "0.01", "", kFrameStride.about};
constexpr Setting kNoiseFloor{
    "noise_floor", Setting::number, "dB", -190, 0, "-52", "", "What is below counts as this much"};
constexpr Setting kSettings[] = {kFrameLength, kStride, kFftLength, kWindow,     kPreemphasis,
                                 kFilters,     kLow,    kHigh,      kNoiseFloor, kMel};

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(SpectrogramAttrs a, frames_of(signal, settings));
  MOTE_TRY(a.bands, mel_bands(signal, settings));
  const double floor = settings.number("noise_floor");
  a.gain = 1.0 / a.fft;
  a.floor = std::pow(10, floor / 10);
  Tensor decibels;
  decibels.name = "mel_decibels";
  decibels.quant = {{static_cast<float>(10 * std::log10(2) / 512)}, {0}, 0};
  MOTE_TRY(const TensorId db, append(graph, make_spectrogram(std::move(a), samples, kNone), std::move(decibels)));
  Tensor out;
  out.name = "mfe";
  out.type = DType::int8;
  out.quant = {{1.0f / 256}, {-128}, 0};
  return append(graph, make_rescale({{floor}, {1 / (kTop - floor)}}, db, kNone), std::move(out));
}

}  // namespace

extern const BlockDef mfe_block{
    "mfe",         1,     "The power of bands of equal width in mel, from the noise floor to 12 dB", kSettings,
    row_of_frames, attach};

}  // namespace mote
