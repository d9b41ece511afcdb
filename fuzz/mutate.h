// Mutants of .tflite models: changes that know the format, so that most mutants get past the FlatBuffers verifier and
// many as far as the planner, and now and then changes that do not.
#pragma once
#include <span>

#include "fuzz/model.h"
#include "mote/compiler/base/rng.h"

namespace mote::fuzz {

// The same mutant for the same model and numbers, on every platform.
Bytes mutate(const tflite::ModelT& model, Rng& rng);

// Changes bytes alone: flips, cuts, words that look like offsets, an archive of labels at the end.
void mutate_bytes(Bytes& bytes, Rng& rng);

}  // namespace mote::fuzz
