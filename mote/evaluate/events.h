// Decisions over time against events that happened: what a device that listens all day is judged by.
//
// An alarm is what [decision] tells, or without one the first of a run of equal decisions that are no background. It
// belongs to the events of its class that began before it and ended no more than `tolerance_s` earlier. Of these it
// tells one: the earliest that no alarm before it has told; its delay is the time from the event's begin. Where all of
// them have been told the alarm is repeated, and where there are none it is false. Events that nothing told are missed:
// one alarm cannot stand for two events, as a counter of knocks would notice. (Counting events rather than windows:
// Mesaros, Heittola, Virtanen, "Metrics for polyphonic sound event detection", 2016.)
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/evaluate/bootstrap.h"

namespace mote {

// What a device says.
struct TimedLabel {
  double time_s = 0;  // when: at the end of the window
  int32_t label = 0;
};

// Alarms, of decisions in the order of time. `background`: whether a class means that nothing happens.
std::vector<TimedLabel> find_alarms(std::span<const TimedLabel> decisions, const std::vector<bool>& background);

struct Event {
  double begin_s = 0, end_s = 0;
  int32_t label = 0;
};

struct EventFigures {
  int64_t events = 0, missed = 0, false_alarms = 0;
  double duration_s = 0;         // listened to
  std::vector<double> delays_s;  // of the events that were told
  int64_t repeated = 0;          // alarms of events that had been told already

  double false_alarms_per_day() const;  // NaN where nothing was listened to
  double missed_share() const;          // of the events; NaN where there are none
  double mean_delay_s() const;          // NaN where none was told
};

// Where the mean of a Poisson variable lies of which `count` was seen: the exact interval (Garwood, "Fiducial limits
// for the Poisson distribution", 1936). What was never seen may still have a mean of 3.7, at the level of 0.95.
ConfidenceInterval poisson_interval(int64_t count, double level);

// Of false_alarms_per_day(), as if alarms came independently of each other; NaN where nothing was listened to.
ConfidenceInterval false_alarm_interval(const EventFigures& figures, double level);

// Of one recording, whose alarms come in the order of time; figures of several add up.
EventFigures match_events(std::span<const TimedLabel> alarms, std::span<const Event> events, double duration_s,
                          double tolerance_s);
void add(EventFigures& to, const EventFigures& figures);

}  // namespace mote
