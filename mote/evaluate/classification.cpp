#include "mote/evaluate/classification.h"

#include <cmath>

#include "mote/compiler/base/expected.h"

namespace mote {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : NAN; }

// Of the figures that are numbers.
double mean_of(const std::vector<ClassFigures>& all, double ClassFigures::*figure) {
  double sum = 0, count = 0;
  for (const ClassFigures& each : all)
    if (!std::isnan(each.*figure)) sum += each.*figure, ++count;
  return ratio(sum, count);
}

}  // namespace

Confusion count_confusion(size_t classes, std::span<const int32_t> labels, std::span<const int32_t> told,
                          std::span<const double> weights) {
  MOTE_ASSERT(labels.size() == told.size() && (weights.empty() || weights.size() == labels.size()));
  Confusion confusion{classes, std::vector<double>(classes * classes)};
  for (size_t i = 0; i < labels.size(); ++i)
    confusion.counts[static_cast<size_t>(labels[i]) * classes + static_cast<size_t>(told[i])] +=
        weights.empty() ? 1 : weights[i];
  return confusion;
}

std::vector<ClassFigures> measure_classes(const Confusion& confusion) {
  std::vector<ClassFigures> all;
  for (size_t c = 0; c < confusion.classes; ++c) {
    double is = 0, told = 0;
    for (size_t other = 0; other < confusion.classes; ++other)
      is += confusion.at(c, other), told += confusion.at(other, c);
    const double right = confusion.at(c, c);
    all.push_back({is, ratio(right, told), ratio(right, is), ratio(2 * right, is + told)});
  }
  return all;
}

double accuracy(const Confusion& confusion) {
  double right = 0, all = 0;
  for (size_t c = 0; c < confusion.classes; ++c) right += confusion.at(c, c);
  for (double count : confusion.counts) all += count;
  return ratio(right, all);
}

double balanced_accuracy(const Confusion& confusion) {
  return mean_of(measure_classes(confusion), &ClassFigures::recall);
}

double macro_f1(const Confusion& confusion) { return mean_of(measure_classes(confusion), &ClassFigures::f1); }

}  // namespace mote
