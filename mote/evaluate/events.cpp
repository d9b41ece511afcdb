#include "mote/evaluate/events.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

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
  auto belongs = [&](const TimedLabel& alarm, const Event& event) {
    return alarm.label == event.label && alarm.time_s >= event.begin_s && alarm.time_s <= event.end_s + tolerance_s;
  };
  EventFigures figures;
  figures.events = static_cast<int64_t>(events.size());
  figures.duration_s = duration_s;
  std::set<ptrdiff_t> firsts;
  for (const Event& event : events) {
    const auto first =
        std::find_if(alarms.begin(), alarms.end(), [&](const TimedLabel& a) { return belongs(a, event); });
    if (first == alarms.end()) ++figures.missed;
    else figures.delays_s.push_back(first->time_s - event.begin_s), firsts.insert(first - alarms.begin());
  }
  figures.false_alarms = std::count_if(alarms.begin(), alarms.end(), [&](const TimedLabel& alarm) {
    return std::none_of(events.begin(), events.end(), [&](const Event& event) { return belongs(alarm, event); });
  });
  figures.repeated = std::ssize(alarms) - figures.false_alarms - std::ssize(firsts);
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
