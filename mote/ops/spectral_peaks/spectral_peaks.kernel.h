// The highest peaks of spectra.
//
// A value is a peak where the one before it is smaller, and the next one that differs; the first and the last value are
// none. Of a plateau it is the first value. For each vector of n values, int16: bin and value of its highest peaks in
// turn, the highest first, of equal ones the lower bin; 0 and `floor` where there are no more.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct SpectralPeaks {
  int32_t n;        // values of a vector
  int32_t vectors;  // in a row
  int32_t peaks;    // of a vector
  int32_t first_bin;
  int32_t floor;
};
static_assert(sizeof(SpectralPeaks) == 5 * 4);

void spectral_peaks_s16(const KernelArgs& args);

}  // namespace mote
