#include "tests/define_decision.h"

#include <algorithm>
#include <optional>

namespace mote {
namespace {

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

struct History {
  const DecisionRule& rule;
  const ScoreStream& scores;
  std::vector<std::vector<int64_t>> level;  // by hop, by class
  std::vector<bool> unknown;
  std::vector<std::vector<bool>> above;
  std::vector<std::optional<int32_t>> events;

  int64_t mean(size_t t, int32_t c) const {
    const int64_t n = std::min<int64_t>(rule.params.average, static_cast<int64_t>(t) + 1);
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += scores[t - static_cast<size_t>(i)][static_cast<size_t>(c)] + 128;
    return floor_div(16384 * sum + floor_div(n, 2), n);
  }

  int64_t level_at(size_t t, int32_t c) const {
    if (t == 0) return mean(t, c);
    const int64_t before = level[t - 1][static_cast<size_t>(c)];
    return before + floor_div((mean(t, c) - before) * rule.params.weight + 128, 256);
  }

  std::vector<int32_t> ranked(size_t t) const {
    std::vector<int32_t> order;
    for (int32_t c = 0; c < rule.params.classes; ++c)
      if (c != rule.params.distance) order.push_back(c);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return level[t][static_cast<size_t>(a)] > level[t][static_cast<size_t>(b)];
    });
    return order;
  }

  bool unknown_at(size_t t) const {
    const auto order = ranked(t);
    const int64_t best = level[t][static_cast<size_t>(order[0])];
    const int64_t second = order.size() > 1 ? level[t][static_cast<size_t>(order[1])] : 0;
    const int32_t d = rule.params.distance;
    return best - second < rule.params.margin ||
           (d != kNoClass && level[t][static_cast<size_t>(d)] > rule.params.distance_limit);
  }

  bool above_at(size_t t, int32_t c) const {
    const DecideClass& limits = rule.classes[static_cast<size_t>(c)];
    const bool was = t > 0 && above[t - 1][static_cast<size_t>(c)];
    return !unknown[t] && limits.is_event && level[t][static_cast<size_t>(c)] >= (was ? limits.off : limits.on);
  }

  bool voted(size_t t, int32_t c) const {
    int32_t votes = 0;
    for (size_t i = 0; i < static_cast<size_t>(rule.params.voters) && i <= t; ++i)
      votes += above[t - i][static_cast<size_t>(c)];
    return votes >= rule.params.votes;
  }

  int64_t held(size_t t, int32_t c) const {
    int64_t n = 0;
    while (n <= static_cast<int64_t>(t) && voted(t - static_cast<size_t>(n), c)) ++n;
    return std::min<int64_t>(n, 65535);
  }

  bool may_have_event(size_t t, int32_t c) const {
    const int64_t stretch = held(t, c);
    if (stretch < rule.params.duration) return false;
    for (size_t u = 0; u < t; ++u) {
      const auto ago = static_cast<int64_t>(t - u);
      if (events[u] == c && (ago < stretch || ago < rule.params.refractory)) return false;
    }
    return true;
  }

  int64_t count_events(size_t t, int32_t c, int64_t hops) const {
    int64_t n = 0;
    for (size_t u = 0; u <= t; ++u) n += events[u] == c && static_cast<int64_t>(t - u) < hops;
    return n;
  }

  Decision decision(size_t t) const {
    const DecideParams& p = rule.params;
    const auto order = ranked(t);
    Decision d = {};
    d.best = static_cast<int16_t>(order[0]);
    d.active = kNoClass;
    for (int32_t c = 0; c < p.classes; ++c)
      if (held(t, c) >= p.duration &&
          (d.active == kNoClass || level[t][static_cast<size_t>(c)] > level[t][static_cast<size_t>(d.active)]))
        d.active = static_cast<int16_t>(c);
    d.held = static_cast<uint16_t>(d.active == kNoClass ? 0 : held(t, d.active));
    d.event = static_cast<int16_t>(events[t].value_or(kNoClass));
    d.score = static_cast<int8_t>(floor_div(level[t][static_cast<size_t>(order[0])] + 8192, 16384) - 128);
    d.unknown = unknown[t];
    const int32_t subject = events[t].value_or(order[0]);
    d.count = static_cast<uint32_t>(count_events(t, subject, INT64_MAX));
    d.rate = static_cast<uint16_t>(std::min<int64_t>(count_events(t, subject, p.rate_hops), p.rate_most));
    return d;
  }
};

}  // namespace

std::vector<Decision> define_decisions(const DecisionRule& rule, const ScoreStream& scores) {
  History h{rule, scores, {}, {}, {}, {}};
  std::vector<Decision> decisions;
  for (size_t t = 0; t < scores.size(); ++t) {
    std::vector<int64_t> level;
    for (int32_t c = 0; c < rule.params.classes; ++c) level.push_back(h.level_at(t, c));
    h.level.push_back(level);
    h.unknown.push_back(h.unknown_at(t));
    std::vector<bool> above;
    for (int32_t c = 0; c < rule.params.classes; ++c) above.push_back(h.above_at(t, c));
    h.above.push_back(above);
    std::optional<int32_t> event;
    for (int32_t c = 0; c < rule.params.classes; ++c)
      if (h.may_have_event(t, c) && (!event || level[static_cast<size_t>(c)] > level[static_cast<size_t>(*event)]))
        event = c;
    h.events.push_back(event);
    decisions.push_back(h.decision(t));
  }
  return decisions;
}

DecisionRule random_rule(Rng& rng) {
  DecisionRule rule;
  DecideParams& p = rule.params;
  p.classes = rng.pick(1, 5);
  p.average = rng.chance(0.3) ? 1 : rng.chance(0.1) ? kMaxAverage : rng.pick(2, 12);
  p.weight = rng.chance(0.5) ? kFullWeight : rng.chance(0.1) ? 1 : rng.pick(2, kFullWeight);
  p.voters = rng.chance(0.3) ? 1 : rng.chance(0.1) ? kMaxVoters : rng.pick(2, 8);
  p.votes = rng.pick(1, p.voters);
  p.duration = rng.chance(0.4) ? 1 : rng.pick(2, 6);
  p.refractory = rng.chance(0.3) ? rng.pick(0, 1) : rng.pick(2, 60);
  p.rate_hops = rng.chance(0.1) ? 65535 : rng.pick(0, 120);
  p.rate_most = rng.chance(0.2) ? 0 : rng.pick(1, 5);
  p.margin = rng.chance(0.5) ? 0 : rng.pick(0, 60) << rng.pick(0, kLevelBits);
  p.distance = p.classes > 1 && rng.chance(0.3) ? rng.pick(0, p.classes - 1) : kNoClass;
  p.distance_limit = rng.pick(150, 255) << kLevelBits;
  for (int32_t c = 0; c < p.classes; ++c) {
    const int32_t on = rng.chance(0.05) ? kHighestLevel : rng.pick(60 << kLevelBits, 210 << kLevelBits);
    const int32_t off = rng.chance(0.5) ? on : on - rng.pick(0, on >> 1);
    rule.classes.push_back({on, off, c != p.distance && !rng.chance(0.2)});
  }
  return rule;
}

ScoreStream random_scores(Rng& rng, int32_t classes, size_t hops) {
  ScoreStream stream;
  std::vector<int32_t> around(static_cast<size_t>(classes), -100);
  const int32_t noise = rng.pick(0, 60);
  for (size_t t = 0; t < hops; ++t) {
    if (rng.chance(0.12)) around[static_cast<size_t>(rng.pick(0, classes - 1))] = rng.pick(-160, 160);
    if (rng.chance(0.03)) std::fill(around.begin(), around.end(), rng.pick(-160, 160));  // all equal
    std::vector<int8_t> scores;
    for (int32_t a : around) scores.push_back(static_cast<int8_t>(std::clamp(a + rng.pick(-noise, noise), -128, 127)));
    stream.push_back(scores);
  }
  return stream;
}

}  // namespace mote
