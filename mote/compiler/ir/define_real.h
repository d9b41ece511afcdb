// The numbers of device/real.h for definitions: 32 significant bits, further ones cut off, stated in 128-bit integers.
#pragma once
#include "mote/compiler/ir/define.h"

namespace mote {

struct DefinedReal {
  Wide m = 0;  // 0, or from 2^31 to 2^32 - 1
  int e = 0;
};

// v * 2^e; v >= 0.
inline DefinedReal define_real(Wide v, int e = 0) {
  while (v >= Wide{1} << 32) v /= 2, ++e;
  while (v > 0 && v < Wide{1} << 31) v *= 2, --e;
  return {v, e};
}

inline DefinedReal define_product(DefinedReal a, DefinedReal b) { return define_real(a.m * b.m, a.e + b.e); }
inline DefinedReal define_quotient(DefinedReal a, DefinedReal b) {
  return define_real((a.m << 64) / b.m, a.e - b.e - 64);
}

inline DefinedReal define_root(DefinedReal a) {
  if (a.e % 2 != 0) a.m *= 2, --a.e;
  const Wide square = a.m << 62;
  Wide root = 0;
  for (Wide bit = Wide{1} << 48; bit > 0; bit /= 2)
    if ((root + bit) * (root + bit) <= square) root += bit;
  return define_real(root, a.e / 2 - 31);
}

// a * 2^bits to the nearest integer, halves up; at most 2^31 - 1.
inline int64_t define_round(DefinedReal a, int bits) {
  int e = a.e + bits;
  Wide twice = 2 * a.m;
  for (; e > 0 && twice < Wide{1} << 33; --e) twice *= 2;
  for (; e < 0; ++e) twice /= 2;
  const Wide rounded = (twice + 1) / 2, most = (Wide{1} << 31) - 1;
  return static_cast<int64_t>(rounded < most ? rounded : most);
}

}  // namespace mote
