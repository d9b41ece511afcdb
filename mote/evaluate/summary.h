// All that is said about results: figures with their intervals, the confusion matrix, classes, groups.
#pragma once
#include <map>

#include "mote/evaluate/bootstrap.h"
#include "mote/evaluate/classification.h"
#include "mote/evaluate/events.h"

namespace mote {

struct Figure {
  // accuracy, balanced_accuracy, macro_f1, auc; of a regression mae, rmse, r2; of sound si_sdr_gain, si_sdr,
  // si_sdr_before: means over the recordings, in dB
  std::string name;
  double value = 0;  // NaN: there is none
  std::optional<ConfidenceInterval> interval;
};

// Results of labelled windows only.
std::vector<Figure> measure(const Results& results, const Resampling& how);

// The figures alone, without intervals.
std::vector<Figure> measure(const Results& results);

struct GroupFigures {
  std::string name;
  size_t windows = 0;              // with a label
  double figure = NAN;             // accuracy, of a regression MAE, of sound the gain; NaN without a window
  double balanced_accuracy = NAN;  // of the classes that occur in the group; NaN of a regression
  EventFigures events;             // no duration: nothing was listened to
};
// By name: those of the results, and those that have nothing but events.
std::vector<GroupFigures> measure_groups(const Results& results,
                                         const std::map<std::string, EventFigures>& events = {});

// By figure, those without one last.
std::vector<GroupFigures> sort_worst_first(std::vector<GroupFigures> groups, bool less_is_better);

// Is B better than A? Of classes by balanced accuracy, of numbers by MAE (less is better), of sound by
// the gain of SI-SDR. `b` is aligned with `a`.
Comparison compare_results(const Results& a, const Results& b, const Resampling& how);
std::string_view compared_figure(const Results& results);  // its name

// How often one was right where the other was wrong.
struct Disagreement {
  size_t only_a = 0, only_b = 0;
};
Disagreement count_disagreement(const Results& a, const Results& b);

Confusion count_confusion(const Results& results);

}  // namespace mote
