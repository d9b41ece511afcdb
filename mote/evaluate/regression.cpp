#include "mote/evaluate/regression.h"

#include <cmath>

#include "mote/compiler/base/expected.h"

namespace mote {

RegressionErrors measure_errors(std::span<const double> targets, std::span<const double> predicted,
                                std::span<const double> weights) {
  MOTE_ASSERT(targets.size() == predicted.size() && (weights.empty() || weights.size() == targets.size()));
  auto weight = [&](size_t i) { return weights.empty() ? 1 : weights[i]; };
  double count = 0, sum = 0, size = 0, squares = 0, spread = 0;
  for (size_t i = 0; i < targets.size(); ++i) count += weight(i), sum += weight(i) * targets[i];
  for (size_t i = 0; i < targets.size(); ++i) {
    const double error = predicted[i] - targets[i], off = targets[i] - sum / count;
    size += weight(i) * std::abs(error);
    squares += weight(i) * error * error;
    spread += weight(i) * off * off;
  }
  if (!(count > 0)) return {NAN, NAN, NAN};
  return {size / count, std::sqrt(squares / count), spread > 0 ? 1 - squares / spread : NAN};
}

}  // namespace mote
