// How a decision is tuned: every choice of a grid is tried on streams of scores whose events are known, and judged by
// what a product is judged by: false alarms per day, missed events, and how late an event is told.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mote/evaluate/events.h"
#include "mote/project/decision.h"

namespace mote {

// The scores of one recording, and what is to be found in it.
struct ScoredStream {
  std::vector<int8_t> scores;  // hop by hop, one of each class
  double duration_s = 0;       // of the recording
  std::vector<Event> events;   // labels are classes
};

struct Timing {
  double first_s = 0;      // when the decision of hop 0 is made: the length of a window
  double hop_s = 0;        // and those after it
  double tolerance_s = 0;  // how long after its end an event may still be told
};

// What the events that a rule tells come to.
EventFigures judge_rule(const DecisionRule& rule, const std::vector<ScoredStream>& streams, const Timing& timing);

// A choice: keys of [decision] that calibration sets, with their values as a Setting's text.
using DecisionKeys = std::map<std::string, std::string>;

// Those of a project that are not what they are by default.
DecisionKeys decision_keys(const Project& project);

// The same with what stands for the values in mote.toml, which is JSON too: texts in quotes, several in a list.
DecisionKeys as_toml(const DecisionKeys& keys);

struct OperatingPoint {
  DecisionKeys keys;
  EventFigures figures;
};

// The project with other keys in [decision].
Expected<Project> with_decision(const Project& project, const DecisionKeys& keys);

// Refuses, before any work, models of whose scores nothing can be decided, and a [decision] thresholds that leaves no
// event class to the threshold that is tuned.
Status check_tunable(const Project& project, const Graph& graph);

// What choices are tried on. The graph is the project's, with its labels.
struct Tuning {
  const Project& project;
  const Graph& graph;
  const std::vector<ScoredStream>& streams;
  Timing timing;
  std::function<void(size_t)> progress = [](size_t) {};  // choices done
};

// The choices to be tried: thresholds over the range of the scores above 0 that events have in the streams, smoothing,
// debounce and refractory time, and the limit of a score that is a distance; the thresholds of the same other keys are
// in rising order. The other keys, and thresholds of single classes, stay as the project has them. Refuses streams
// whose scores no threshold parts.
Expected<std::vector<DecisionKeys>> decision_grid(const Tuning& tuning);

// Tries each of them.
Expected<std::vector<OperatingPoint>> try_decisions(const Tuning& tuning, const std::vector<DecisionKeys>& choices);

// Of the points with at most so many false alarms per day, that which misses the fewest events, then that which tells
// the fewest a second time, then that with the fewest false alarms, then the soonest. Points that are equal in all of
// this are told apart by how far a score may stray: of those that differ by nothing but neighbouring thresholds the
// longest row counts, the first of equally long ones, and its middle is chosen; where limits of a distance make no
// difference, that which comes first: the project's own. An error where no point is allowed.
Expected<OperatingPoint> choose_point(const std::vector<OperatingPoint>& points, double false_alarms_per_day);

// The same with thresholds of single classes: from the best points on, class after class takes the best of the grid,
// the middle of equal ones, while the others stay, until none changes.
Expected<OperatingPoint> tune_classes(const Tuning& tuning, const std::vector<OperatingPoint>& points,
                                      double false_alarms_per_day);

// The trade: what is chosen as more and more false alarms are allowed, as long as fewer events are missed for it.
std::vector<OperatingPoint> trade_off(const std::vector<OperatingPoint>& points);

// The trade as a picture: false alarms per day to the right, missed events up, delays as numbers. SVG.
std::string draw_trade(const std::string& title, const std::vector<OperatingPoint>& points,
                       const OperatingPoint& chosen);

}  // namespace mote
