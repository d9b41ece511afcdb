// Logarithms of mel bands, as most small speech networks take them.
//
//   out[f][b] = gain ln(sum_k w[b][k] |X_f[k]|^2 + added), int16 in steps of gain ln(2) / 512
#include <numbers>

#include "mote/blocks/mel.h"

namespace mote {

extern const BlockDef log_mel_block;

namespace {

constexpr Setting kNoPreemphasis{"preemphasis", Setting::number, "", 0, 0.999, "0", "", kPreemphasis.about};
constexpr Setting kHann{"window", Setting::choice, "", 0, 0, "hann", kWindow.choices, kWindow.about};
constexpr Setting kExact{"mel", Setting::choice, "", 0, 0, "htk", kMel.choices, kMel.about};
constexpr Setting kAdded{
    "added", Setting::number,
    "",      0,
    1,       "1e-6",
    "",      "What is added to a band before its logarithm is taken: below, silence is all the same"};
constexpr Setting kGain{"gain", Setting::number, "", 1e-3, 1e3, "1", "", "What logarithms are multiplied by"};
constexpr Setting kSettings[] = {kFrameLength, kFrameStride, kFftLength, kHann,  kNoPreemphasis, kFilters,
                                 kLow,         kHigh,        kExact,     kAdded, kGain};

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  MOTE_TRY(SpectrogramAttrs a, frames_of(signal, settings));
  MOTE_TRY(a.bands, mel_bands(signal, settings));
  a.added = settings.number("added");
  Tensor out;
  out.name = "log_mel";
  out.quant = {{static_cast<float>(settings.number("gain") * std::numbers::ln2 / 512)}, {0}, 0};
  return append(graph, make_spectrogram(std::move(a), samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef log_mel_block{"log_mel",     1,     "Logarithms of bands of equal width in mel", kSettings,
                                    row_of_frames, attach};

}  // namespace mote
