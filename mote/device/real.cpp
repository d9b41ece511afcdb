#include "mote/device/real.h"

#include "mote/device/log2.h"

namespace mote {
namespace {

// The next 16 bits of rest / b, for rest < b and b from 2^31 on; rest becomes what remains. Source: D. Knuth, The Art
// of Computer Programming 2, 4.3.1, algorithm D.
uint32_t next_digit(uint32_t& rest, uint32_t b) {
  const uint32_t high = b >> 16, low = b & 0xFFFF;
  uint32_t digit = rest / high, left = rest - digit * high;
  while (digit >> 16 || digit * low > left << 16) {
    --digit, left += high;
    if (left >> 16) break;
  }
  rest = (rest << 16) - digit * b;
  return digit;
}

}  // namespace

// The quotient of mantissas lies between a half and two: its 33 bits hold 32 significant ones.
Real divide(Real a, Real b) {
  if (a.m == 0) return {0, 0};
  const bool whole = a.m >= b.m;
  uint32_t rest = whole ? a.m - b.m : a.m;
  uint64_t quotient = next_digit(rest, b.m) << 16;
  quotient |= next_digit(rest, b.m);
  if (whole) quotient |= uint64_t{1} << 32;
  return real_of(quotient, a.e - b.e - 32);
}

// m 2^32 or m 2^31, whichever leaves an even exponent, has a root of 32 bits: 16 from its upper half, 16 more by a
// division, which are one too many at most. Source: P. Zimmermann, Karatsuba square root, INRIA RR-3805.
Real square_root(Real a) {
  if (a.m == 0) return {0, 0};
  const int32_t odd = a.e & 1;
  const uint32_t upper = a.m >> odd, lower = odd ? a.m << 31 : 0;
  const uint32_t high = square_root(upper), next = lower >> 16;
  const uint32_t half = (upper - high * high) << 15 | next >> 1, digit = half / high;
  const uint32_t rest = 2 * (half - digit * high) + (next & 1);
  const int64_t excess = (static_cast<int64_t>(rest) << 16) + (lower & 0xFFFF) - static_cast<int64_t>(digit) * digit;
  const uint64_t root = (static_cast<uint64_t>(high) << 16) + digit - (excess < 0 ? 1 : 0);
  return real_of(root, (a.e - 32 + odd) / 2);
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
