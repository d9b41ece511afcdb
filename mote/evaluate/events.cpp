#include "mote/evaluate/events.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mote {
namespace {

// P(X <= count) of a Poisson variable; terms by their logarithms, since exp(-mean) may be less than any number.
double poisson_share(int64_t count, double mean) {
  double sum = 0;
  for (int64_t i = 0; i <= count; ++i) {
    const auto k = static_cast<double>(i);
    sum += std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
  }
  return sum;
}

// The mean at which so many or less are seen with this chance.
double poisson_mean(int64_t count, double chance) {
  double low = 0, high = 20 + 2 * static_cast<double>(count);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (poisson_share(count, middle) > chance ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::vector<TimedLabel> find_alarms(std::span<const TimedLabel> decisions, const std::vector<bool>& background) {
  std::vector<TimedLabel> alarms;
  int32_t before = -1;
  for (const TimedLabel& decision : decisions) {
    if (decision.label != before && !background[static_cast<size_t>(decision.label)]) alarms.push_back(decision);
    before = decision.label;
  }
  return alarms;
}

double EventFigures::false_alarms_per_day() const {
  return duration_s > 0 ? static_cast<double>(false_alarms) * 86400 / duration_s : NAN;
}

double EventFigures::missed_share() const {
  return events > 0 ? static_cast<double>(missed) / static_cast<double>(events) : NAN;
}

double EventFigures::mean_delay_s() const {
  if (delays_s.empty()) return NAN;
  return std::accumulate(delays_s.begin(), delays_s.end(), 0.0) / static_cast<double>(delays_s.size());
}

EventFigures match_events(std::span<const TimedLabel> alarms, std::span<const Event> events, double duration_s,
                          double tolerance_s) {
  std::vector<Event> waiting(events.begin(), events.end()), told;  // events, the earliest first
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const Event& a, const Event& b) { return a.begin_s < b.begin_s; });
  EventFigures figures;
  figures.events = std::ssize(events), figures.duration_s = duration_s;
  for (const TimedLabel& alarm : alarms) {
    const auto is_its = [&](const Event& event) {
      return alarm.label == event.label && alarm.time_s >= event.begin_s && alarm.time_s <= event.end_s + tolerance_s;
    };
    if (const auto first = std::find_if(waiting.begin(), waiting.end(), is_its); first != waiting.end()) {
      figures.delays_s.push_back(alarm.time_s - first->begin_s);
      told.push_back(*first), waiting.erase(first);
    } else {
      ++(std::any_of(told.begin(), told.end(), is_its) ? figures.repeated : figures.false_alarms);
    }
  }
  figures.missed = std::ssize(waiting);
  return figures;
}

ConfidenceInterval poisson_interval(int64_t count, double level) {
  const double tail = (1 - level) / 2;
  return {count > 0 ? poisson_mean(count - 1, 1 - tail) : 0, poisson_mean(count, tail)};
}

ConfidenceInterval false_alarm_interval(const EventFigures& figures, double level) {
  if (figures.duration_s <= 0) return {NAN, NAN};
  const ConfidenceInterval seen = poisson_interval(figures.false_alarms, level);
  return {seen.low * 86400 / figures.duration_s, seen.high * 86400 / figures.duration_s};
}

void add(EventFigures& to, const EventFigures& figures) {
  to.events += figures.events, to.missed += figures.missed, to.false_alarms += figures.false_alarms;
  to.duration_s += figures.duration_s, to.repeated += figures.repeated;
  to.delays_s.insert(to.delays_s.end(), figures.delays_s.begin(), figures.delays_s.end());
}

}  // namespace mote
