// What blocks share that make samples at another rate.
#pragma once
#include <cstdint>
#include <vector>

namespace mote {

// The weight of tap i, from -half to half.
using TapWindow = double (*)(int32_t i, int32_t half);

// A low-pass of linear phase, sin(x) / x times a window: of 20 period + 1 taps, with the cutoff (6 dB) at one half by
// `period` of the rate, for an amplification by `gain`.
std::vector<double> windowed_sinc(int32_t period, TapWindow window, double gain = 1);

// How many samples a row should have: a divisor of those of a window, a multiple of `period`, which divides them, and
// short, so that a window of taps is little more than the taps.
int32_t short_row(int32_t samples, int32_t period);

}  // namespace mote
