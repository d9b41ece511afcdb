#include "mote/device/real.h"

namespace mote {

// Bit by bit: the quotient of mantissas lies between a half and two, so 33 of its bits hold 32 significant ones.
Real divide(Real a, Real b) {
  if (a.m == 0) return {0, 0};
  uint64_t rest = a.m, quotient = 0;
  for (int32_t i = 0; i <= 32; ++i) {
    quotient <<= 1;
    if (rest >= b.m) rest -= b.m, quotient |= 1;
    rest <<= 1;
  }
  return real_of(quotient, a.e - b.e - 32);
}

// Digit by digit: m 2^32 or m 2^31, whichever leaves an even exponent, has a root of 32 bits.
Real square_root(Real a) {
  if (a.m == 0) return {0, 0};
  const int32_t odd = a.e & 1;
  uint64_t x = static_cast<uint64_t>(a.m) << (32 - odd), root = 0;
  const int32_t e = (a.e - 32 + odd) / 2;
  for (uint64_t bit = uint64_t{1} << 62; bit; bit >>= 2) {
    const uint64_t trial = root + bit;
    root >>= 1;
    if (x >= trial) x -= trial, root += bit;
  }
  return real_of(root, e);
}

int32_t round_real(Real a, int32_t bits) {
  const int32_t e = a.e + bits;
  if (a.m == 0 || e < -32) return 0;
  if (e >= 0) return INT32_MAX;
  const auto rounded = static_cast<uint32_t>((static_cast<uint64_t>(a.m) + (uint64_t{1} << (-e - 1))) >> -e);
  return rounded > INT32_MAX ? INT32_MAX : static_cast<int32_t>(rounded);
}

int32_t round_quotient(int32_t a, int32_t n, int32_t bits) {
  const uint32_t size = a < 0 ? 0u - static_cast<uint32_t>(a) : static_cast<uint32_t>(a);
  const int32_t result = round_real(divide(real_of(size), real_of(static_cast<uint32_t>(n))), bits);
  return a < 0 ? -result : result;
}

}  // namespace mote
