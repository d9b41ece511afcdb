// Judges a model again and again while something is wrong with the sensor or the memory.
#pragma once
#include "mote/cli/judge.h"
#include "mote/evaluate/verdict.h"

namespace mote {

// Gain, offset, noise, lost frames and drifting clocks; of several axes each one stuck, of three the sensor turned;
// bits flipped in the numbers that the model has learned, as a share of all of their bits (see ir/flip_bits.h).
// Coefficients of blocks lie in flash as well, but are the same for every model of these features, and stay. All levels
// of a kind share their random numbers, and so differ by nothing else.
Expected<std::vector<Trial>> stress(const Exam& exam, const Resampling& how);

}  // namespace mote
