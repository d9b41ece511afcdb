// How well a score parts what is of a class (positive) from what is not, at every threshold.
//
//   ROC: true positive rate over false positive rate (Fawcett, "An introduction to ROC analysis", 2006)
//   DET: miss rate over false positive rate, on axes of normal deviates (Martin and others, "The DET curve in
//   assessment
//        of detection task performance", 1997)
//   AUC: P(positive scores more than negative) + P(they score the same) / 2, which is the area below the ROC curve
//        (Hanley, McNeil, 1982)
//   equal error rate: where miss rate and false positive rate are the same
//
// Weights say how often each window counts; none: once. Without a positive or without a negative all of it is NaN.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mote/evaluate/results.h"

namespace mote {

// Windows from the greatest score to the least. Sorted once, measured with many weights.
struct Ranking {
  std::vector<size_t> order;
  std::vector<float> scores;    // in this order
  std::vector<bool> positives;  // in this order
};
Ranking rank(std::span<const float> scores, const std::vector<bool>& positives);

double auc(const Ranking& ranking, std::span<const double> weights = {});

// One for each class against all others, for windows that are labelled.
std::vector<Ranking> rank_classes(const Results& results);

// The mean of the classes' AUC, as far as they are numbers (Provost, Domingos, 2000, classes counting alike).
double mean_auc(const std::vector<Ranking>& rankings, std::span<const double> weights = {});

struct RocPoint {
  double threshold = 0;                            // told positive: scores of at least this; infinite: none
  double true_positives = 0, false_positives = 0;  // shares of the positives and of the negatives
  double misses() const { return 1 - true_positives; }
};

// A point for each different score, from (0, 0) to (1, 1).
std::vector<RocPoint> trace_roc(const Ranking& ranking);

// Interpolated between the points on both sides.
double equal_error_rate(const std::vector<RocPoint>& roc);

// x with P(normal deviate < x) = p: the axes of a DET plot; within -9 and 9.
double normal_deviate(double p);

}  // namespace mote
