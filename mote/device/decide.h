// From class scores to a decision: what becomes of a model's int8 scores, hop after hop, before anything is done about
// them. Whole numbers throughout; no division but one of 32 bits per class and hop.
//
// At hop t = 0, 1, 2, ... each class c has a score s(c, t) from -128 to 127. Then, where averages and windows hold
// fewer hops at the beginning of a stream, and "level" is a score plus 128, with 14 fractional bits:
//
//   smoothing    mean(c, t)  = floor((2^14 sum of (s + 128) over the last n hops + floor(n / 2)) / n), n = min(average,
//   t + 1)
//                level(c, 0) = mean(c, 0)
//                level(c, t) = level(c, t - 1) + floor(((mean(c, t) - level(c, t - 1)) weight + 128) / 256)
//   best         the class of the highest level, the first of equals; a distance (below) is no class
//   unknown      level(best) - level of the second (0 without one) < margin, or level(distance) > distance_limit
//   hysteresis   above(c, t) = not unknown and level(c, t) >= (above(c, t - 1) ? off(c) : on(c)), for an event class;
//                false for a class of the background
//   debounce     voted(c, t) = above in at least `votes` of the last `voters` hops
//   duration     held(c, t)  = how many hops voted has been true without a break, up to t
//   event        of c at t, where held(c, t) >= duration, this stretch has had none yet, and the last one of c is at
//                least `refractory` hops ago; of several classes that of the highest level, the first of equals: the
//                others have theirs at later hops, if they are still held
//   count, rate  events of c since the stream began (up to 2^32 - 1), and among the last `rate_hops` hops (up to
//                `rate_most`)
//
// Where the terms are from: the mean over a growing window, for scores of keywords, G. Chen, C. Parada, G. Heigold,
// "Small-footprint keyword spotting using deep neural networks", ICASSP 2014; the weighted one is exponential smoothing
// (R. G. Brown, 1956); two thresholds are O. H. Schmitt's trigger (1938); votes are radar's m-of-n detection (J. V.
// Harrington, 1955); the refractory time is that of neurons.
#pragma once
#include <stdint.h>

#include "mote/device/rows.h"

namespace mote {

constexpr int32_t kLevelBits = 14;  // 255 << 14 times a weight of 256 has 30 bits
constexpr int32_t kHighestLevel = 255 << kLevelBits;
constexpr int32_t kNoClass = -1;
constexpr int32_t kMaxVoters = 32, kMaxAverage = 255, kFullWeight = 256;

struct DecideClass {
  int32_t on, off;   // levels, off <= on
  int32_t is_event;  // 0: of the background
};

struct DecideParams {
  int32_t classes;         // scores of a hop; one at least is no distance
  int32_t average;         // hops, 1 to kMaxAverage
  int32_t weight;          // of the newest mean, 1 to kFullWeight
  int32_t votes, voters;   // 1 <= votes <= voters <= kMaxVoters
  int32_t duration;        // hops, 1 to 65,535
  int32_t refractory;      // hops, up to 65,535; 0 and 1 are no limit
  int32_t rate_hops;       // up to 65,535
  int32_t rate_most;       // 0 to 255
  int32_t margin;          // a level; 0: nothing is unknown for lack of one
  int32_t distance;        // which score is a distance from all that was learned; kNoClass: none
  int32_t distance_limit;  // a level
};

// What is kept of a class from hop to hop. A stream begins with all of the state zero.
struct ClassState {
  int32_t level;
  uint32_t above;  // bit i: i hops ago
  uint32_t count;
  uint16_t sum;   // of the scores in the mean, each plus 128
  uint16_t held;  // up to 65,535
  uint16_t wait;  // hops until the refractory time is over
  uint8_t rate;   // events in `times`
  uint8_t first;  // which of `times` is the oldest
  uint8_t had_event;
  uint8_t spare[3];  // 0: no byte of the state is left to the compiler
};

struct StreamState {
  uint16_t clock;  // hops, wrapping
  uint8_t newest;  // place in `scores`
  uint8_t filled;  // hops in `scores`
};

// Parameters in flash, and where the state lies: ClassState[classes], int8_t[classes * average] with the scores of a
// hop together, uint16_t[classes * rate_most] with the hops of the latest events; the last may be null where it is
// empty.
struct Decider {
  DecideParams params;
  const DecideClass* thresholds;
  StreamState* stream;
  ClassState* classes;
  int8_t* scores;
  uint16_t* times;
};

constexpr int32_t state_bytes(const DecideParams& p) {
  return static_cast<int32_t>(sizeof(StreamState)) +
         p.classes * (static_cast<int32_t>(sizeof(ClassState)) + p.average + 2 * p.rate_most);
}

// What is known after a hop. Classes are indices of scores.
struct Decision {
  int16_t best;     // the class of the highest level
  int16_t active;   // the event class of the highest level among those held for `duration`, or kNoClass
  int16_t event;    // the class whose event begins at this hop, or kNoClass
  int8_t score;     // the level of `best`, rounded to a score
  uint8_t unknown;  // 1: `best` is not to be trusted
  uint32_t count;   // of the class `event`, or of `best` where there is none
  uint16_t rate;    // likewise
  uint16_t held;    // of the class `active`: hops; 0 where there is none
};

static_assert(sizeof(Decision) == 16, "the same bytes everywhere");

// Begins a new stream: all of the state becomes zero, as it is when a program starts.
void reset(const Decider& decider);

// Copies the state: StreamState, ClassState[], times, scores; state_bytes() in all. Returns the end.
uint8_t* save_state(const Decider& decider, uint8_t* to);

// Takes the scores of the next hop.
Decision decide(const Decider& decider, const int8_t* scores);

}  // namespace mote
