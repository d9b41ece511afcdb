// Designs of recursive filters, as cascades of second-order sections for the op `iir`.
//
// Butterworth filters are the analogue ones turned digital by the bilinear transform, cutoffs (3 dB) prewarped: the
// same transfer functions as scipy.signal.butter(order, cutoff, btype, fs = rate) and Edge Impulse's. Cutoffs are in
// parts of the sample rate, above 0 and below 1/2; sections of low quality come first.
#pragma once
#include <vector>

#include "mote/blocks/block.h"
#include "mote/ops/iir/iir.op.h"

namespace mote {

using Sections = std::vector<IirAttrs::Section>;

Sections butterworth_low(int32_t order, double cutoff);
Sections butterworth_high(int32_t order, double cutoff);
// `order` poles on each side: `order` sections.
Sections butterworth_band(int32_t order, double low, double high);

// Takes out one frequency; quality = frequency / width at 3 dB. As scipy.signal.iirnotch.
Sections notch(double frequency, double quality);

// y[i] = x[i] - x[i-1] + r y[i-1], r = exp(-2 pi cutoff): removes what is constant.
Sections dc_blocker(double cutoff);

// The value of a setting in Hz in parts of the signal's rate, if a filter can have that cutoff.
Expected<double> cutoff_of(const Signal& signal, const Settings& settings, std::string_view name);

}  // namespace mote
