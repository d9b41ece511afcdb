// What goes wrong with sensors in the field, done to a recording. Values are real ones, in the unit of the sensor; what
// no longer fits its range is cut off where samples become integers.
#pragma once
#include "mote/compiler/base/rng.h"
#include "mote/data/dataset.h"
#include "mote/data/samples.h"

namespace mote {

// A recording and what is true of it.
struct Take {
  Recording recording;
  std::vector<TimeRange> ranges;
};

// Another amplifier, another distance: times 10^(db / 20).
void apply_gain(Take& take, double db);

// A constant on every axis, in the unit.
void add_offset(Take& take, double offset);

// White Gaussian noise on each axis, its power so far below the variance of that axis: SNR = 10 log10(variance /
// power). An axis that does not move gets none.
void add_noise(Take& take, double snr_db, Rng& rng);

// Frames never arrive, each with the chance `share`, and those behind move up: a queue that ran over. At least one is
// left. Ranges keep what they are about.
void drop_frames(Take& take, double share, Rng& rng);

// The clock of the sensor is fast by `share` (slow, where it is negative), so that a second has more frames than it is
// said to have. By band-limited interpolation; ranges keep what they are about.
void drift_clock(Take& take, double share);

// An axis says 0 all the time: a wire that is off, a register that is not read.
void stick_axis(Take& take, size_t axis);

// The sensor sits otherwise: every three axes are turned by `degrees` about one direction, drawn evenly from all
// (Rodrigues' formula). Recordings without a multiple of three axes stay as they are.
void rotate_axes(Take& take, double degrees, Rng& rng);

}  // namespace mote
