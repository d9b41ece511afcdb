// How far predicted numbers are from the true ones. With e = predicted - true:
//
//   MAE = mean |e|      RMSE = sqrt(mean e^2)      R2 = 1 - sum e^2 / sum (true - mean true)^2
//
// R2, the coefficient of determination, is 1 for what is right, 0 for who always says the mean, and may be negative;
// NaN where all that is true is the same. Weights say how often each window counts; none: once.
#pragma once
#include <span>

namespace mote {

struct RegressionErrors {
  double mae = 0, rmse = 0, r2 = 0;
};
RegressionErrors measure_errors(std::span<const double> targets, std::span<const double> predicted,
                                std::span<const double> weights = {});

}  // namespace mote
