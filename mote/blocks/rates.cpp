#include "mote/blocks/rates.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mote {
namespace {

constexpr int32_t kTapsPerPeriod = 20, kRow = 32;

}  // namespace

std::vector<double> windowed_sinc(int32_t period, TapWindow window, double gain) {
  const int32_t half = kTapsPerPeriod * period / 2;
  std::vector<double> taps;
  double sum = 0;
  for (int32_t i = -half; i <= half; ++i) {
    const double at = std::numbers::pi * i / period, sinc = i == 0 ? 1 : std::sin(at) / at;
    taps.push_back(sinc * window(i, half));
    sum += taps.back();
  }
  for (double& t : taps) t = t / sum * gain;
  return taps;
}

int32_t short_row(int32_t samples, int32_t period) {
  const int32_t periods = samples / period;
  int32_t count = std::max(1, kRow / period);
  while (periods % count != 0) --count;
  return count * period;
}

}  // namespace mote
