// What learners learn from: vectors of features and what belongs to each.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

struct Samples {
  int32_t features = 0;
  std::vector<float> values;    // [samples][features]
  std::vector<int32_t> labels;  // by sample, classes from 0; empty where none are needed
  std::vector<float> targets;   // by sample, what a regression predicts; empty where none are needed

  size_t count() const { return features > 0 ? values.size() / static_cast<size_t>(features) : 0; }
  std::span<const float> sample(size_t i) const {
    return std::span(values).subspan(i * static_cast<size_t>(features), static_cast<size_t>(features));
  }
  int32_t classes() const;  // one more than the largest label
};

enum class Needs { features, labels, targets };

// Refuses samples of unequal length, without what is needed, with numbers that are not finite, or none at all.
Status check_samples(const Samples& samples, Needs needs);

// Mean and standard deviation of each feature; a deviation of 0 becomes 1, so that one can divide by it.
struct Scaling {
  std::vector<double> mean, deviation;
};
Scaling measure_scaling(const Samples& samples);

// (value - mean) / deviation: [samples][features].
std::vector<double> standardise(const Samples& samples, const Scaling& scaling);

}  // namespace mote
