// How often classes are told right. With TP, FP, FN the windows of a class that were told right, of others that were
// taken for it, and of it that were taken for others (Sokolova, Lapalme, "A systematic analysis of performance measures
// for classification tasks", 2009):
//
//   precision = TP / (TP + FP)      recall = TP / (TP + FN)      F1 = 2 TP / (2 TP + FP + FN)
//   accuracy  = sum of TP / windows
//   balanced accuracy = mean recall of the classes that occur (Brodersen and others, 2010): 1 / classes is guessing
//   macro F1  = mean F1 of the classes that occur or were told
//
// What has nothing to divide by is NaN. Weights say how often each window counts; none: once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mote {

struct Confusion {
  size_t classes = 0;
  std::vector<double> counts;  // [what is true][what was told]

  double at(size_t truth, size_t told) const { return counts[truth * classes + told]; }
};

// `labels` and `told`: classes from 0, by window.
Confusion count_confusion(size_t classes, std::span<const int32_t> labels, std::span<const int32_t> told,
                          std::span<const double> weights = {});

struct ClassFigures {
  double windows = 0;  // that are of it
  double precision = 0, recall = 0, f1 = 0;
};
std::vector<ClassFigures> measure_classes(const Confusion& confusion);

double accuracy(const Confusion& confusion);
double balanced_accuracy(const Confusion& confusion);
double macro_f1(const Confusion& confusion);

}  // namespace mote
