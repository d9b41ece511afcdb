// Spectrogram: frames of samples to logarithms of powers, one row per frame.
//
// Input: samples, int16 [1, rows, samples per row]; output: int16 [1, frames, bins or bands], whose value q stands for
// log2(power) = q / 512. What unit that is in (natural, decibels) is a matter of the output's scale.
//
// A held spectrum is one row for the whole window, int16 [1, 1, axes, bins]: the greatest power that a bin has in any
// frame. The window's mean is taken away first; frames begin at every stride as long as there are samples, and where
// they run out zeros follow. The samples of a row are interleaved by axis.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct SpectrogramAttrs {
  enum class Window { none, hann, hamming };
  struct Band {  // a weighted sum of bins
    int32_t first = 0;
    std::vector<double> weights;
  };
  int32_t frame = 0;             // samples in a frame
  int32_t stride = 0;            // from frame to frame, a multiple of the samples in an input row
  int32_t fft = 0;               // length of the transform, a power of two from 16 to 2048; a longer frame is cut off
  double preemphasis = 0;        // x[i] - preemphasis * x[i - 1], from 0 to below 1
  Window window = Window::none;  // periodic, over min(frame, fft) samples
  std::vector<Band> bands;       // none: every bin from 0 to fft / 2
  bool hold = false;             // a held spectrum: frames as long as the transform, as they are; nothing is added
  int32_t axes = 1;              // more than one for a held spectrum alone
  int32_t first_bin = 0, bins = 0;  // of a held spectrum: those that are outputs
  double gain = 1;                  // of the powers |X|^2, whose samples are the input's real values
  double added = 0;                 // power that is added to each sum
  double floor = 1e-10;             // the least power
};

// Bands of triangles whose corners are `corners` (in bins, not decreasing, `count` + 2 of them): weights rise from 0 at
// corner b to 1 at corner b + 1 and fall to 0 at corner b + 2.
std::vector<SpectrogramAttrs::Band> triangles(const std::vector<double>& corners);

Op make_spectrogram(SpectrogramAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
