// Small models that mutation starts from: between them they hold every operator that mote reads.
#pragma once
#include <string>
#include <vector>

#include "mote/compiler/base/bytes.h"

namespace mote::fuzz {

struct Seed {
  std::string name;
  Bytes bytes;
};

std::vector<Seed> make_seeds();

// Models at the bounds of what the compiler takes, or beyond: long, wide, tall, large, or all of it from a few bytes.
// They are no seeds, but are held to the same limits.
std::vector<Seed> make_large_models();

}  // namespace mote::fuzz
