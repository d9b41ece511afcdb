#include "mote/data/step_times.h"

#include <algorithm>
#include <cmath>

namespace mote {
namespace {

constexpr double kBinsPerE = 1000;                        // about 0.1 % each
constexpr double kGapSteps = 1.5, kScatter = 4 * 1.4826;  // 1.4826 median absolute deviations are a normal deviation

using Weighted = std::map<double, int64_t>;  // values, and how often each is there

double median(const Weighted& values, int64_t count) {
  int64_t below = 0;
  for (const auto& [value, n] : values)
    if ((below += n) * 2 > count) return value;
  return 0;
}

}  // namespace

void StepTimes::add(double step_s) {
  if (!(step_s > 0)) return;
  Bin& bin = bins_[static_cast<int>(std::floor(std::log(step_s) * kBinsPerE))];
  ++bin.count, bin.sum += step_s;
  ++count_;
}

double StepTimes::rate_hz() const {
  Weighted steps, deviations;
  for (const auto& [at, bin] : bins_) steps[bin.mean()] += bin.count;
  const double middle = median(steps, count_);
  for (const auto& [step, n] : steps) deviations[std::abs(step - middle)] += n;
  const double longest = middle + std::max((kGapSteps - 1) * middle, kScatter * median(deviations, count_));
  double sum = 0, count = 0;
  for (const auto& [at, bin] : bins_)
    if (bin.mean() <= longest) sum += bin.sum, count += static_cast<double>(bin.count);
  return count > 0 ? count / sum : 0;
}

}  // namespace mote
