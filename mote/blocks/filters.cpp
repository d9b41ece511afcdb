#include "mote/blocks/filters.h"

#include <fmt/core.h>

#include <cmath>
#include <complex>
#include <numbers>

namespace mote {
namespace {

using Section = IirAttrs::Section;
using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

// Damping of the prototype's pole pairs, the most damped first; for an odd order there is also one real pole.
std::vector<double> dampings(int32_t order) {
  std::vector<double> values;
  for (int32_t i = order / 2 - 1; i >= 0; --i) values.push_back(std::sin(kPi * (2 * i + 1) / (2 * order)));
  return values;
}

// Low-pass: sign 1, zeros at -1; high-pass: sign -1, zeros at 1. `a` is the prewarped cutoff.
Sections low_or_high(int32_t order, double cutoff, double sign) {
  const double a = std::tan(kPi * cutoff);
  const double gain = sign > 0 ? a : 1;
  Sections sections;
  if (order % 2 == 1) {
    const double b = gain / (1 + a);
    sections.push_back({b, sign * b, 0, (a - 1) / (a + 1), 0});
  }
  for (double damping : dampings(order)) {
    const double s = a * a + 2 * a * damping + 1, b = gain * gain / s;
    sections.push_back({b, sign * 2 * b, b, 2 * (a * a - 1) / s, (a * a - 2 * a * damping + 1) / s});
  }
  return sections;
}

Complex response(const Section& s, double frequency) {
  const Complex d = std::polar(1.0, -2 * kPi * frequency);
  return (s.b0 + d * (s.b1 + d * s.b2)) / (1.0 + d * (s.a1 + d * s.a2));
}

// Zeros at 1 and -1 and the poles that the bilinear transform makes of p and q, with a gain of 1 at `centre`.
Section band_section(Complex p, Complex q, double centre) {
  const Complex u = (1.0 + p) / (1.0 - p), v = (1.0 + q) / (1.0 - q);
  Section s{1, 0, -1, -(u + v).real(), (u * v).real()};
  const double gain = 1 / std::abs(response(s, centre));
  s.b0 *= gain, s.b2 *= gain;
  return s;
}

}  // namespace

Sections butterworth_low(int32_t order, double cutoff) { return low_or_high(order, cutoff, 1); }
Sections butterworth_high(int32_t order, double cutoff) { return low_or_high(order, cutoff, -1); }

// A pole p of the prototype becomes the roots of s^2 - p width s + centre^2.
Sections butterworth_band(int32_t order, double low, double high) {
  const double from = std::tan(kPi * low), to = std::tan(kPi * high), width = to - from, square = from * to;
  const double centre = std::atan(std::sqrt(square)) / kPi;
  auto roots = [&](Complex p) {
    const Complex half = p * width / 2.0, root = std::sqrt(half * half - square);
    return std::pair{half + root, half - root};
  };
  Sections sections;
  if (order % 2 == 1) {
    const auto [p, q] = roots(-1);
    sections.push_back(band_section(p, q, centre));
  }
  for (double damping : dampings(order)) {
    const auto [p, q] = roots({-damping, std::sqrt(1 - damping * damping)});
    for (Complex pole : {p, q}) sections.push_back(band_section(pole, std::conj(pole), centre));
  }
  return sections;
}

Sections notch(double frequency, double quality) {
  const double gain = 1 / (1 + std::tan(kPi * frequency / quality)), middle = -2 * gain * std::cos(2 * kPi * frequency);
  return {{gain, middle, gain, middle, 2 * gain - 1}};
}

Sections dc_blocker(double cutoff) { return {{1, -1, 0, -std::exp(-2 * kPi * cutoff), 0}}; }

Expected<double> cutoff_of(const Signal& signal, const Settings& settings, std::string_view name) {
  constexpr double least = 1.0 / 2000;  // coefficients of 30 fractional bits are fine enough for this
  const double hz = settings.number(name);
  if (hz < least * signal.rate_hz || hz >= signal.rate_hz / 2)
    return unsupported(fmt::format("{} = {} Hz at a rate of {} Hz; allowed is {} to below {} Hz", name, hz,
                                   signal.rate_hz, least * signal.rate_hz, signal.rate_hz / 2));
  return hz / signal.rate_hz;
}

}  // namespace mote
