#include "mote/compiler/ir/decision.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace mote {

DecisionRunner::DecisionRunner(DecisionRule rule)
    : rule_(std::move(rule)),
      classes_(static_cast<size_t>(rule_.params.classes)),
      scores_(static_cast<size_t>(rule_.params.classes * rule_.params.average)),
      times_(static_cast<size_t>(rule_.params.classes * rule_.params.rate_most)),
      decider_{rule_.params, rule_.classes.data(), &stream_, classes_.data(), scores_.data(), times_.data()} {}

namespace {

// Levels and sums within what scores make of them, and places within their rings.
bool is_possible(const DecideParams& p, const StreamState& stream, std::span<const ClassState> classes,
                 std::span<const int8_t> scores) {
  if (stream.newest >= p.average || stream.filled > p.average) return false;
  for (size_t c = 0; c < classes.size(); ++c) {
    const ClassState& state = classes[c];
    int32_t sum = 0;
    for (int32_t i = 0, at = stream.newest; i<stream.filled; ++i, at = at> 0 ? at - 1 : p.average - 1)
      sum += scores[static_cast<size_t>(at * p.classes) + c] + 128;
    if (state.sum != sum || state.level < 0 || state.level > kHighestLevel) return false;
    if (state.rate > p.rate_most || state.first >= std::max(p.rate_most, 1)) return false;
  }
  return true;
}

// The next elements of `from`, which are then gone.
template <class T>
void take(std::span<const uint8_t>& from, T* to, size_t count) {
  if (count > 0) std::memcpy(to, from.data(), count * sizeof(T));
  from = from.subspan(count * sizeof(T));
}

}  // namespace

Bytes DecisionRunner::save() const {
  Bytes state(static_cast<size_t>(state_bytes(rule_.params)));
  save_state(decider_, state.data());
  return state;
}

bool DecisionRunner::load(std::span<const uint8_t> state) {
  if (state.size() != static_cast<size_t>(state_bytes(rule_.params))) return false;
  StreamState stream;
  std::vector<ClassState> classes(classes_.size());
  std::vector<uint16_t> times(times_.size());
  std::vector<int8_t> scores(scores_.size());
  take(state, &stream, 1);
  take(state, classes.data(), classes.size());
  take(state, times.data(), times.size());
  take(state, scores.data(), scores.size());
  if (!is_possible(rule_.params, stream, classes, scores)) return false;
  stream_ = stream;
  std::copy(classes.begin(), classes.end(), classes_.begin());
  std::copy(times.begin(), times.end(), times_.begin());
  std::copy(scores.begin(), scores.end(), scores_.begin());
  return true;
}

bool operator==(const Decision& a, const Decision& b) {
  return a.best == b.best && a.active == b.active && a.event == b.event && a.score == b.score &&
         a.unknown == b.unknown && a.count == b.count && a.rate == b.rate && a.held == b.held;
}

std::string print(const Decision& d) {
  return fmt::format("best {} active {} event {} score {} unknown {} count {} rate {} held {}", d.best, d.active,
                     d.event, d.score, d.unknown, d.count, d.rate, d.held);
}

}  // namespace mote
