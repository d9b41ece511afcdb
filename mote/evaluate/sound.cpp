#include "mote/evaluate/sound.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mote {

double si_sdr(std::span<const float> estimate, std::span<const float> reference) {
  const auto n = static_cast<double>(reference.size());
  const double mean_e = std::accumulate(estimate.begin(), estimate.end(), 0.0) / n,
               mean_s = std::accumulate(reference.begin(), reference.end(), 0.0) / n;
  double ee = 0, es = 0, ss = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double e = double{estimate[i]} - mean_e, s = double{reference[i]} - mean_s;
    ee += e * e, es += e * s, ss += s * s;
  }
  if (!(ss > 0)) return NAN;
  if (!(ee > 0)) return -kMostSiSdr;
  const double target = es * es / ss, distortion = std::max(ee - target, 0.0);
  return std::clamp(10 * std::log10(std::max(target, 1e-300) / std::max(distortion, 1e-300)), -kMostSiSdr, kMostSiSdr);
}

}  // namespace mote
