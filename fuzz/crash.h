// What a fuzzer does about crashes, and what it measures: the mutant at hand is saved before the process is lost.
#pragma once
#include <string>

#include "mote/compiler/base/bytes.h"

namespace mote::fuzz {

constexpr unsigned kStuckSeconds = 60;

// The mutant being tried; an empty name: it is not to be saved.
struct AtHand {
  Bytes bytes;
  std::string save_as;
};
extern AtHand at_hand;

void save_mutant();

// From here on crashes, aborts and alarms save the mutant; the messages name the program.
void catch_crashes(const char* program);

int64_t peak_megabytes();
void forget_peak();  // lets the peak start anew from what is used now

}  // namespace mote::fuzz
