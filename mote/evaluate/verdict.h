// All that is known when a model has been judged.
#pragma once
#include "mote/evaluate/events.h"
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
  std::vector<GroupFigures> groups;
  EventFigures events;                   // no duration: nothing was listened to
  std::optional<Comparison> comparison;  // with another model
  Disagreement disagreement;
  std::vector<Trial> trials;
};

}  // namespace mote
