// For definitions: exp and its reciprocals, stated from gemmlowp's rule and not from ir/exp.h or device/.
#pragma once
#include <cmath>

#include "mote/compiler/ir/define.h"

namespace mote {

constexpr Wide kDefinedOne = (Wide{1} << 31) - 1;  // the largest Q0.31 stands for 1

// v * 2^31, halves away from zero: how the constants of the rule are made.
inline Wide define_q31(double v) { return static_cast<Wide>(std::llround(v * 2147483648.0)); }

// a * b for b in Q0.31, halves up.
inline Wide define_product(Wide a, Wide b) { return define_floor_div(a * b + (Wide{1} << 30), Wide{1} << 31); }

// a / 2^bits, halves away from zero.
inline Wide define_scale_down(Wide a, int bits) {
  const Wide unit = Wide{1} << bits, size = (a < 0 ? -a : a) + unit / 2;
  return a < 0 ? -(size / unit) : size / unit;
}

// a * 2^bits, kept within 32 bits.
inline Wide define_scale_up(Wide a, int bits) {
  const Wide v = a * (Wide{1} << bits), lowest = -(Wide{1} << 31);
  return v > kDefinedOne ? kDefinedOne : v < lowest ? lowest : v;
}

// exp(x / 2^(31 - integer_bits)) for x <= 0, in Q0.31. x = -quarters / 4 + rest, rest in [-1/4, 0); with u = rest +
// 1/8:
//   exp(rest) = e + e * (u + (u^2 + (u^4 / 4 + u^3) / 3) / 2),  e = exp(-1/8)
//   exp(x) = exp(rest) * the product of exp(-2^i / 4) over the bits i of `quarters`
inline Wide define_exp(Wide x, int integer_bits) {
  if (x == 0) return kDefinedOne;
  const Wide quarter = Wide{1} << (31 - integer_bits - 2), quarters = (-x - 1) / quarter;
  const Wide u = define_scale_up(x + quarters * quarter, integer_bits) + (Wide{1} << 28);
  const Wide e = define_q31(std::exp(-0.125)), u2 = define_product(u, u);
  const Wide third =
      define_product(define_scale_down(define_product(u2, u2), 2) + define_product(u2, u), define_q31(1.0 / 3));
  Wide result = e + define_product(e, u + define_scale_down(third + u2, 1));
  for (int i = 0; i < integer_bits + 2; ++i)
    if ((quarters >> i) % 2) result = define_product(result, define_q31(std::exp(-std::ldexp(0.25, i))));
  return result;
}

// 1 / (1 + x) for x from 0 to 1, Q0.31, by Newton's method on the half denominator h: y += y * (1 - h * y), y in Q2.29.
inline Wide define_reciprocal(Wide x) {
  const Wide h = (x + kDefinedOne + 1) / 2;
  Wide y = define_q31(48.0 / 17 / 4) + define_product(h, define_q31(-32.0 / 17 / 4));
  for (int i = 0; i < 3; ++i) y += define_scale_up(define_product(y, (Wide{1} << 29) - define_product(h, y)), 2);
  return define_scale_up(y, 1);
}

}  // namespace mote
