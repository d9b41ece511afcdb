#include "mote/device/decide.h"

namespace mote {
namespace {

constexpr uint16_t kLongest = 65535;

uint16_t one_more(uint16_t n) { return n == kLongest ? n : static_cast<uint16_t>(n + 1); }

// The scores replace those of `average` hops ago, and the sums follow.
void take_scores(const Decider& d, const int8_t* scores) {
  StreamState& stream = *d.stream;
  stream.newest = stream.newest + 1 < d.params.average ? static_cast<uint8_t>(stream.newest + 1) : 0;
  const bool full = stream.filled == d.params.average;
  if (!full) ++stream.filled;
  int8_t* kept = d.scores + stream.newest * d.params.classes;
  for (int32_t c = 0; c < d.params.classes; ++c) {
    const int32_t gone = full ? kept[c] + 128 : 0;
    d.classes[c].sum = static_cast<uint16_t>(d.classes[c].sum + scores[c] + 128 - gone);
    kept[c] = scores[c];
  }
}

void smooth(const Decider& d, bool is_first) {
  const uint32_t n = d.stream->filled;
  for (int32_t c = 0; c < d.params.classes; ++c) {
    ClassState& state = d.classes[c];
    const auto mean = static_cast<int32_t>(((uint32_t{state.sum} << kLevelBits) + (n >> 1)) / n);
    state.level = is_first ? mean : state.level + (((mean - state.level) * d.params.weight + 128) >> 8);
  }
}

struct Ranking {
  int32_t best = kNoClass;
  int32_t highest = 0, second = 0;  // levels; 0 where there is none
};

Ranking rank(const Decider& d) {
  Ranking r;
  for (int32_t c = 0; c < d.params.classes; ++c) {
    if (c == d.params.distance) continue;
    const int32_t level = d.classes[c].level;
    if (r.best == kNoClass || level > r.highest) r.second = r.highest, r.highest = level, r.best = c;
    else if (level > r.second) r.second = level;
  }
  return r;
}

bool is_unknown(const Decider& d, const Ranking& r) {
  const DecideParams& p = d.params;
  return r.highest - r.second < p.margin || (p.distance != kNoClass && d.classes[p.distance].level > p.distance_limit);
}

int32_t count_bits(uint32_t v) {
  int32_t n = 0;
  for (; v != 0; v &= v - 1) ++n;
  return n;
}

// Hysteresis, votes and how long they have held.
void follow(const Decider& d, int32_t c, bool unknown) {
  ClassState& state = d.classes[c];
  const DecideClass& t = d.thresholds[c];
  const bool above = !unknown && t.is_event && state.level >= ((state.above & 1) ? t.off : t.on);
  state.above = state.above << 1 | (above ? 1u : 0u);
  const uint32_t voters = state.above << (kMaxVoters - d.params.voters);
  const bool voted = count_bits(voters) >= d.params.votes;
  state.held = voted ? one_more(state.held) : uint16_t{0};
  if (!voted) state.had_event = 0;
  if (state.wait > 0) --state.wait;
}

// Events that are no longer among the last rate_hops hops are forgotten.
void forget_old(const Decider& d, int32_t c) {
  ClassState& state = d.classes[c];
  const uint16_t* times = d.times + c * d.params.rate_most;
  if (state.rate == 0 || static_cast<uint16_t>(d.stream->clock - times[state.first]) < d.params.rate_hops) return;
  state.first = state.first + 1 < d.params.rate_most ? static_cast<uint8_t>(state.first + 1) : 0;
  --state.rate;
}

void remember(const Decider& d, int32_t c) {
  ClassState& state = d.classes[c];
  state.had_event = 1;
  state.wait = static_cast<uint16_t>(d.params.refractory);
  if (state.count != UINT32_MAX) ++state.count;
  const int32_t most = d.params.rate_most;
  if (most == 0 || d.params.rate_hops == 0) return;
  int32_t at = state.first + state.rate;
  if (at >= most) at -= most;
  d.times[c * most + at] = d.stream->clock;
  if (state.rate < most) ++state.rate;
  else state.first = state.first + 1 < most ? static_cast<uint8_t>(state.first + 1) : 0;
}

uint8_t* copy_bytes(const void* from, uint32_t count, uint8_t* to) {
  const auto* bytes = static_cast<const uint8_t*>(from);
  for (; count > 0; --count) *to++ = *bytes++;
  return to;
}

bool is_higher(const Decider& d, int32_t c, int32_t than) {
  return than == kNoClass || d.classes[c].level > d.classes[than].level;
}

}  // namespace

void reset(const Decider& d) {
  *d.stream = {};
  for (int32_t c = 0; c < d.params.classes; ++c) d.classes[c] = {};
}

uint8_t* save_state(const Decider& d, uint8_t* to) {
  const DecideParams& p = d.params;
  to = copy_bytes(d.stream, sizeof *d.stream, to);
  to = copy_bytes(d.classes, static_cast<uint32_t>(p.classes) * sizeof *d.classes, to);
  to = copy_bytes(d.times, static_cast<uint32_t>(p.classes * p.rate_most) * sizeof *d.times, to);
  return copy_bytes(d.scores, static_cast<uint32_t>(p.classes * p.average), to);
}

Decision decide(const Decider& d, const int8_t* scores) {
  const bool is_first = d.stream->filled == 0;
  ++d.stream->clock;
  take_scores(d, scores);
  smooth(d, is_first);
  const Ranking ranking = rank(d);
  const bool unknown = is_unknown(d, ranking);
  int32_t active = kNoClass, event = kNoClass;
  for (int32_t c = 0; c < d.params.classes; ++c) {
    follow(d, c, unknown);
    forget_old(d, c);
    const ClassState& state = d.classes[c];
    if (state.held < d.params.duration) continue;
    if (is_higher(d, c, active)) active = c;
    if (!state.had_event && state.wait == 0 && is_higher(d, c, event)) event = c;
  }
  if (event != kNoClass) remember(d, event);
  const ClassState& subject = d.classes[event != kNoClass ? event : ranking.best];
  Decision decision = {};
  decision.best = static_cast<int16_t>(ranking.best);
  decision.active = static_cast<int16_t>(active);
  decision.event = static_cast<int16_t>(event);
  decision.score = static_cast<int8_t>(((ranking.highest + (1 << (kLevelBits - 1))) >> kLevelBits) - 128);
  decision.unknown = unknown;
  decision.count = subject.count;
  decision.rate = subject.rate;
  decision.held = active != kNoClass ? d.classes[active].held : uint16_t{0};
  return decision;
}

}  // namespace mote
