// Cores with Armv6-M (Cortex-M0, M0+): the product of two words is a word.
#pragma once
#include "mote/device/arch/scalar.h"

namespace mote {

struct Armv6m : Scalar {
  // By halfwords, all of whose products fit 32 bits: a = 2^16 * ah + al with |al| <= 2^15, b = 2^16 * bh + bl with
  // bl < 2^16, so that a * b = 2^32 * ah * bh + 2^16 * (al * bh + ah * bl) + al * bl.
  static MOTE_INLINE int32_t high_mul_narrow(int32_t a, int32_t b) {
    const int32_t al = static_cast<int16_t>(a), ah = (a - al) >> 16, bl = b & 0xFFFF, bh = b >> 16;
    const int32_t middle = (al * bl >> 16) + al * bh + ah * bl;
    return ah * bh * 2 + ((middle + (1 << 14)) >> 15);
  }
};

// requantize_narrow of sums, with a zero point, saturated to int8. The order of the members is that of armv6m.cpp.
struct NarrowSums {
  const int32_t* sums;
  const Requant* q;
  int8_t* out;
  const int32_t* end;  // of the sums; there is at least one
  int32_t round;       // 2 * zero point + 1
  int32_t q_back;      // bytes back to the next one's q: 0, or sizeof(Requant): one for all
};
void requantize_narrow_sums(const NarrowSums& s);
// The same for sums below kShortSum in size, each with its own q.
void requantize_short_sums(const NarrowSums& s);

}  // namespace mote
