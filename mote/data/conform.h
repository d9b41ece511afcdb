// Makes a recording keep a contract, or tells why it cannot: axes in its order, values in its units, frames at its
// rate.
#pragma once
#include "mote/data/samples.h"

namespace mote {

struct Conforming {
  bool resample = false;  // change rates, and put frames with uneven times onto an even grid; else refuse both
  double max_gap_s = 0;   // with resample: longer gaps are refused all the same; 0: three steps
};

// Values by times become evenly spaced ones by linear interpolation; another rate is reached by a windowed sinc (see
// resample), units are multiplied, axes are told by their names, or in their order where a file names none. Missing
// values are refused. Where the contract leaves something open, the recording keeps its own.
Expected<std::unique_ptr<SampleReader>> conform(std::unique_ptr<SampleReader> reader, const Sensor& contract,
                                                const Conforming& how);

// Band-limited interpolation (J. O. Smith, "Digital Audio Resampling Home Page", CCRMA): a sinc of 16 zero crossings to
// each side under a Kaiser window (beta 8: images lie 80 dB down), narrowed where the new rate is the lower one. Frames
// beyond the ends are left out and the weights scaled, so that a constant stays what it is.
std::unique_ptr<SampleReader> resample(std::unique_ptr<SampleReader> reader, double rate_hz);

}  // namespace mote
