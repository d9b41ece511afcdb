// Spectrogram: the power of every frequency in every frame, in decibels.
//
//   out[f][k] = max(noise_floor, 10 log10(|X_f[k]|^2 / fft_length)) dB, int16 in steps of 10 log10(2) / 512 dB
#include <cmath>

#include "mote/blocks/mel.h"

namespace mote {

extern const BlockDef spectrogram_block;

namespace {

constexpr Setting kNoiseFloor{"noise_floor",
                              Setting::number,
                              "dB",
                              -190,
                              0,
                              "-52",
                              "",
                              "What is below counts as this much; 0 dB is a power of 1"};
constexpr Setting kNoPreemphasis{"preemphasis", Setting::number, "", 0, 0.999, "0", "", kPreemphasis.about};
constexpr Setting kSettings[] = {kFrameLength, kFrameStride, kFftLength, kWindow, kNoPreemphasis, kNoiseFloor};

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(SpectrogramAttrs a, frames_of(signal, settings));
  a.gain = 1.0 / a.fft;
  a.floor = std::pow(10, settings.number("noise_floor") / 10);
  Tensor out;
  out.name = "spectrogram";
  out.quant = {{static_cast<float>(10 * std::log10(2) / 512)}, {0}, 0};
  return append(graph, make_spectrogram(std::move(a), samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef spectrogram_block{
    "spectrogram", 1, "The power of every frequency in every frame, in decibels", kSettings, row_of_frames, attach};

}  // namespace mote
