// How near a sound is to the one that it should be, whatever its level: the scale-invariant signal-to-distortion ratio,
//
//   SI-SDR = 10 log10(|a s|^2 / |e - a s|^2) dB,  a = <e, s> / |s|^2
//
// of an estimate e and its reference s, their means taken off (J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey,
// "SDR - half-baked or well done?", ICASSP 2019).
#pragma once
#include <span>

namespace mote {

constexpr double kMostSiSdr = 100;  // dB, and as much below 0: what is the same has no distortion to be divided by

// Of two sounds of one length. A silent estimate has the least there is. NaN: the reference is silent.
double si_sdr(std::span<const float> estimate, std::span<const float> reference);

}  // namespace mote
