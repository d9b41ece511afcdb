// Streams of scores that a decision is tuned on: a project's long recordings, or clips laid over its background.
#pragma once
#include "mote/calibrate/calibrate.h"
#include "mote/cli/judge.h"

namespace mote {

// Recordings that say when there is something and when nothing; those of the exam that do not are left out.
Expected<std::vector<ScoredStream>> score_recordings(const Exam& exam);

// What is made up where there are none of these.
struct Simulation {
  double hours = 1;
  double every_s = 20;  // an event, on average
  uint64_t seed = 1;
};

// Background recordings one after another in a random order, and over them recordings of event classes at random times:
// the gaps between them are a window at least and otherwise distributed exponentially. Sound is added; of other sensors
// the event takes the place of what was there. Refuses an exam without background or without events.
Expected<std::vector<ScoredStream>> simulate_streams(const Exam& exam, const Simulation& simulation);

}  // namespace mote
