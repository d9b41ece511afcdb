// What the audio blocks share: frames, and bands of equal width in mel.
#pragma once
#include "mote/blocks/block.h"
#include "mote/ops/spectrogram/spectrogram.op.h"

namespace mote {

// Seconds as samples: rounded up, unless less than a thousandth above a whole number.
int32_t samples_of(double seconds, double rate_hz);

// What a row of samples has to divide: the stride, and the frame where one fits into a window.
Expected<int32_t> row_of_frames(const Signal& signal, const Settings& settings);

// Frames, stride, transform, pre-emphasis and window as set; every bin. The names of those settings are kFrame below.
Expected<SpectrogramAttrs> frames_of(const Signal& signal, const Settings& settings);

// Bands from `low` to `high` Hz (0: half the rate), equally wide in mel.
//   htk        mel = 2595 log10(1 + f / 700), weights 1 in the middle
//   htk_bins   the same, corners moved down to bins, floor((n + 1) f / rate), as Edge Impulse and speechpy do it
//   slaney     linear below 1 kHz, logarithmic above, weights 2 / (right - left) in the middle, in 1 / Hz, as librosa
//              and the Auditory Toolbox do it
Expected<std::vector<SpectrogramAttrs::Band>> mel_bands(const Signal& signal, const Settings& settings);

// The settings, for tables of blocks. Values of samples are real values of the signal: -1 to 1 for 16-bit audio.
inline constexpr Setting kFrameLength{"frame_length",
                                      Setting::number,
                                      "s",
                                      0.0005,
                                      10,
                                      "0.02",
                                      "",
                                      "How long a frame is; what is longer than fft_length samples is cut off"};
inline constexpr Setting kFrameStride{
    "frame_stride", Setting::number, "s", 0.0001, 10, "0.02", "", "How far a frame begins after the one before"};
inline constexpr Setting kFftLength{"fft_length",
                                    Setting::choice,
                                    "samples",
                                    0,
                                    0,
                                    "256",
                                    "16 32 64 128 256 512 1024 2048",
                                    "The length of the Fourier transform; a shorter frame is filled up with zeros"};
inline constexpr Setting kWindow{
    "window", Setting::choice, "", 0, 0, "none", "none hann hamming", "What a frame is weighed with"};
inline constexpr Setting kPreemphasis{
    "preemphasis", Setting::number, "", 0,
    0.999,         "0.98",          "", "How much of each sample is taken from the next one; 0: nothing"};
inline constexpr Setting kFilters{"num_filters", Setting::integer, "", 1, 256, "40", "", "How many bands there are"};
inline constexpr Setting kLow{"low_frequency", Setting::number, "Hz", 0, 1e6, "0", "", "Where the lowest band begins"};
inline constexpr Setting kHigh{
    "high_frequency", Setting::number, "Hz", 0, 1e6, "0", "", "Where the highest band ends; 0: at half the rate"};
inline constexpr Setting kMel{
    "mel",
    Setting::choice,
    "",
    0,
    0,
    "htk_bins",
    "htk htk_bins slaney",
    "Which scale and weights: htk_bins as in Edge Impulse and speechpy, slaney as in librosa"};

}  // namespace mote
