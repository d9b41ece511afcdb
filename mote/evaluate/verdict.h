// All that is known when a model has been judged.
#pragma once
#include "mote/evaluate/events.h"
#include "mote/evaluate/novelty.h"
#include "mote/evaluate/summary.h"

namespace mote {

// The same once more, with something wrong with the sensor or the memory.
struct Trial {
  std::string kind;  // "gain", "noise", ...
  double level = 0;
  std::string unit;  // of the level; of "stuck" the axis
  std::vector<Figure> figures;
  EventFigures events;
};

struct Verdict {
  Results labelled;                // windows of which somebody said what is true
  size_t windows = 0, padded = 0;  // of all: how many there are, and how many are filled up with zeros
  std::vector<Figure> figures;
  size_t witnesses = 0;  // groups that have labelled windows: intervals are of these
  std::vector<GroupFigures> groups;
  EventFigures events;                   // no duration: nothing was listened to
  std::optional<Novelty> novelty;        // of a model that tells distances
  std::string decision;                  // the keys of [decision] that made the alarms; empty: the greatest score did
  std::optional<Comparison> comparison;  // with another model
  Disagreement disagreement;
  std::vector<Trial> trials;
};

// Of all groups.
EventFigures add_up(const std::map<std::string, EventFigures>& events);

// One that is there.
const Figure& find_figure(const std::vector<Figure>& figures, std::string_view name);

// What an alarm is: what [decision] told, or a change of the greatest score.
std::string describe_alarms(const Verdict& verdict);

// Of intervals by bootstrap over the groups: what there is to know about them, "by bootstrap over 12 groups; ...".
std::string describe_intervals(const Verdict& verdict);

// "1 of 3 missed, 2 false alarms"; empty where nothing was listened to.
std::string describe_events(const EventFigures& events);

// "38 of 40 new windows are called unknown, ...".
std::string describe_novelty(const Novelty& novelty);

// "1 group", "2 groups"
std::string count_of(size_t count, const char* what);

// "-12 dB", "ax"
std::string describe_level(const Trial& trial);

// Of a comparison, in words: whether this one is better, at the level of its interval.
std::string conclude(const Verdict& verdict, double level);

// What a group is judged by, and what one of two models is where it does better: "nearer", "only right".
std::string_view name_of_group_figure(const Results& results);
std::string_view name_of_better(const Results& results);

// For people: a figure's name ("balanced accuracy", "macro F1"), its value ("0.991", "-"), its interval ("0.975
// to 1.000",
// "-"), and how often something happens ("0.25", "7770", "-").
std::string print_name(std::string_view figure);
std::string print_figure(double value);
std::string print_interval(const std::optional<ConfidenceInterval>& interval);
std::string print_rate(double rate);

}  // namespace mote
