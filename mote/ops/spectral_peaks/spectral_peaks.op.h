// The highest peaks of spectra: where they are, and how high.
#pragma once
#include "mote/compiler/ir/graph.h"

namespace mote {

struct SpectralPeaksAttrs {
  int32_t peaks = 1;      // 1 to 64
  int32_t first_bin = 0;  // the frequency of the first value, in bins
  int32_t floor = 0;      // the height of a peak that is not there, as the input has it
};

// int16 [..., bins] with one scale to int16 [..., 2 peaks]: bin and height in turn, the highest first, and of equal
// ones that of the lower frequency. The scales of `out` are, in turn, the hertz of a bin and the input's scale.
Op make_spectral_peaks(SpectralPeaksAttrs attrs, TensorId spectra, TensorId out);

// These scales.
Quant spectral_peaks_quant(int32_t peaks, float bin_hz, const Tensor& spectra);

}  // namespace mote
