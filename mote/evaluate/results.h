// What a model said about each window of the held-out recordings, beside what is true. Everything in mote/evaluate is a
// function of this.
#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mote {

struct JudgedWindow {
  std::string file;            // as the data set names it
  std::string group;           // who or what was recorded; without one, the file is the group
  double begin_s = 0;          // from the begin of the file
  int32_t label = -1;          // what is true: an index into Results::classes; -1: nobody said
  double target = NAN;         // of a regression: what is true; of sound: SI-SDR of the recording
  bool is_padded = false;      // the recording is shorter than a window
  std::string new_label = {};  // what it is called, which a model that tells distances has not learned; else empty
  float distance = NAN;        // from all that the model has learned

  const std::string& group_name() const { return group.empty() ? file : group; }
};

// Of a model that makes sound, a "window" is a whole recording, and its score the SI-SDR of what was made of it, in dB.
struct Results {
  std::vector<std::string> classes;  // empty: a regression, or sound
  std::vector<JudgedWindow> windows;
  std::vector<float> scores;  // [windows][width()]; the greatest is the decision, the first of equal ones

  bool is_sound = false;

  bool is_regression() const { return classes.empty(); }
  bool less_is_better() const { return is_regression() && !is_sound; }  // of the figure by which models are compared
  size_t width() const { return is_regression() ? 1 : classes.size(); }
  std::span<const float> scores_of(size_t window) const { return std::span(scores).subspan(window * width(), width()); }
};

// The windows of which somebody said what is true.
Results keep_labelled(const Results& results);

// The class with the greatest score, the first of equal ones; for each window.
int32_t decide(std::span<const float> scores);
std::vector<int32_t> decide(const Results& results);

std::vector<int32_t> labels_of(const Results& results);

// The scores of one class, for each window.
std::vector<float> scores_of_class(const Results& results, size_t index);

// A number from 0 for each window, the same for those of a group; groups are numbered in the order of `names`.
struct Groups {
  std::vector<std::string> names;  // in alphabetical order
  std::vector<size_t> of_window;
};
Groups number_groups(const Results& results);

}  // namespace mote
