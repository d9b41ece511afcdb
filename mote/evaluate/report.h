// A verdict as one HTML file that needs nothing else: figures with intervals, plots, pictures of windows.
#pragma once
#include "mote/evaluate/verdict.h"
#include "mote/learn/samples.h"

namespace mote {

// What went in at one window, and what the model was given of it.
struct WindowPicture {
  size_t window = 0;            // of Verdict::labelled
  std::vector<float> samples;   // [frames][axes]
  std::vector<float> features;  // [rows][columns]; a row is a moment, or there is one row
  size_t axes = 1, rows = 1, columns = 1;
};

// Features of windows on the plane on which they differ most.
struct Scatter {
  std::vector<size_t> windows;      // of Verdict::labelled
  std::vector<double> x, y;         // first and second principal component
  double x_share = 0, y_share = 0;  // of the variance of all features, each divided by its deviation
};

// `windows`: which one each sample is. Less than two features: the second component is 0.
Expected<Scatter> scatter_features(std::vector<size_t> windows, const Samples& features);

struct Report {
  std::string name;                // what was judged
  std::vector<std::string> facts;  // on which recordings, and how
  std::string groups_by;           // "speaker"
  std::string against;             // the file of the other model, where there is a comparison
  double level = 0.95;             // of intervals
  std::vector<std::string> axes;   // their names
  Verdict verdict;
  Scatter scatter;
  std::vector<WindowPicture> examples, mistakes;
};
std::string write_report(const Report& report);

// Windows worth looking at: some of each class, spread over the recordings; those that were told most wrongly, worst
// first; and as many of all as a plot holds, evenly.
std::vector<size_t> pick_examples(const Results& labelled);
std::vector<size_t> pick_mistakes(const Results& labelled);
std::vector<size_t> pick_points(const Results& labelled);

}  // namespace mote
