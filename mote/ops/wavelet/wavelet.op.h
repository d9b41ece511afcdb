// One step of a discrete wavelet transform: the approximation or the details of a window at half its rate.
//
//   y[k] = sum_j taps[j] x[2 k + 1 - j],  k < (n + taps.size() - 1) / 2, for n samples
//
// Each axis by itself; the window is continued by its mirror image: x[-1 - i] = x[i], x[n + i] = x[n - 1 - i]. These
// are the conventions of PyWavelets (pywt.dwt, mode "symmetric"), whose dec_lo or dec_hi the taps are.
#pragma once
#include <vector>

#include "mote/compiler/ir/graph.h"

namespace mote {

struct WaveletAttrs {
  std::vector<double> taps;  // 2 to 64; in steps of the output's scale their sizes add up to less than 2
  int32_t axes = 1;
};

// int16 [1, rows, samples of a row * axes] to [1, 1, samples that are left * axes], in steps of its own; what does not
// fit saturates.
Op make_wavelet(WaveletAttrs attrs, TensorId samples, TensorId out);

}  // namespace mote
