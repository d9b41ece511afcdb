// Arithmetic for definitions, written from the rule and not from device/fixed.h or ir/quantize.h, so that the two can
// disagree. The rule (TFLite's reference kernels, double rounding):
//
//   a real factor d > 0 is m * 2^s / 2^31 with m = d scaled into [2^30, 2^31], rounded half away from zero;
//   an accumulator a becomes  round(a * 2^max(s, 0) * m / 2^31), halves up,  then / 2^max(-s, 0), halves away from
//   zero.
#pragma once
#include <cstdint>

namespace mote {

using Wide = __int128;

inline Wide define_floor_div(Wide a, Wide b) {  // b > 0
  const Wide q = a / b;
  return a % b < 0 ? q - 1 : q;
}

// The residue of x modulo 2^32 that an int32 holds: what a 32-bit accumulator keeps of a sum.
inline int32_t define_wrap(Wide x) {
  Wide r = x % (Wide{1} << 32);
  if (r < 0) r += Wide{1} << 32;
  return static_cast<int32_t>(r >= (Wide{1} << 31) ? r - (Wide{1} << 32) : r);
}

struct DefinedFactor {
  int64_t m = 0;
  int s = 0;
};

inline DefinedFactor define_factor(double d) {
  if (!(d > 0)) return {};
  int s = 0;
  while (d >= 1) d /= 2, ++s;  // exact: a power of two
  while (d < 0.5) d *= 2, --s;
  const double scaled = d * 2147483648.0;  // in [2^30, 2^31), 53 bits hold it exactly
  int64_t m = static_cast<int64_t>(scaled);
  if (scaled - static_cast<double>(m) >= 0.5) ++m;
  if (m == int64_t{1} << 31) m /= 2, ++s;
  if (s < -31) return {};
  return {m, s};
}

inline int32_t define_requantize(int32_t acc, DefinedFactor f) {
  const Wide shifted = f.s > 0 ? define_wrap(Wide{acc} * (Wide{1} << f.s)) : acc;
  const Wide high = define_floor_div(2 * shifted * f.m + (Wide{1} << 31), Wide{1} << 32);
  if (f.s >= 0) return static_cast<int32_t>(high);
  const Wide unit = Wide{1} << -f.s, size = high < 0 ? -high : high;
  const Wide rounded = (size + unit / 2) / unit;
  return static_cast<int32_t>(high < 0 ? -rounded : rounded);
}

inline int32_t define_requantize(int32_t acc, double factor) { return define_requantize(acc, define_factor(factor)); }

inline int8_t define_clamp(int64_t v, int32_t lo, int32_t hi) {
  return static_cast<int8_t>(v < lo ? lo : v > hi ? hi : v);
}

}  // namespace mote
