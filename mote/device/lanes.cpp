#include "mote/device/lanes.h"

#include "mote/device/arch/this_arch.h"

namespace mote {
namespace {

#ifndef MOTE_ARMV6M  // arch/armv6m_lanes.cpp has its own
constexpr int32_t kHalf = 1 << 15;

// One pair of outputs, kHalf added to each t.
struct Sums {
  uint32_t both;
  int32_t high;

  MOTE_INLINE void add(const int32_t* x, const uint32_t* w) {
    const uint32_t t = static_cast<uint32_t>(x[0]) * w[0] + kHalf + static_cast<uint32_t>(x[1]) * w[1];
    both += t;
    high = wrapping_add(high, static_cast<int32_t>(t) >> 16);
  }
  MOTE_INLINE void put(int32_t* to, int32_t count) const {
    const uint32_t halves = static_cast<uint32_t>(count) * kHalf;
    to[0] = static_cast<int32_t>(both - halves - (static_cast<uint32_t>(high) << 16));
    to[1] = high;
  }
};

template <int kPairs>
MOTE_INLINE void sum_blocks(const Lanes& l) {
  const uint32_t* w = l.w;
  const int32_t *start = l.start, count = static_cast<int32_t>(l.x_end - l.x) / 2;
  int32_t* to = l.sums;
  for (int32_t n = l.blocks; n > 0; --n, start += 2 * kPairs, to += 2 * kPairs) {
    Sums sums[kPairs];
    for (int i = 0; i < kPairs; ++i) sums[i] = {static_cast<uint32_t>(start[i]), start[kPairs + i]};
    auto add = [&](const int32_t* x) {
      for (int i = 0; i < kPairs; ++i, w += 2) sums[i].add(x, w);
    };
    const int32_t* x = l.x;
    for (; l.x_end - x >= 4; x += 4) add(x), add(x + 2);
    if (x != l.x_end) add(x);
    for (int i = 0; i < kPairs; ++i) sums[i].put(to + 2 * i, count);
  }
}
#endif

}  // namespace

#if !defined(MOTE_ARMV6M) && !defined(MOTE_ARMV7M)  // arch/armv7m_lanes.cpp has its own
void lanes_of_four_outputs(const Lanes& l) { sum_blocks<2>(l); }
#endif
#ifndef MOTE_ARMV6M
void lanes_of_two_outputs(const Lanes& l) { sum_blocks<1>(l); }
#endif

void sum_lanes(Lanes& l, int32_t n) {
  l.blocks = n >> 2;
  if (l.blocks > 0) lanes_of_four_outputs(l);
  if ((n & 3) == 0) return;
  Lanes rest = l;
  const auto words = static_cast<int32_t>(l.x_end - l.x);
  int32_t done = n & ~3;
  rest.w += done / 2 * words, rest.start += done, rest.blocks = 1;
  for (; done < n; done += 2, rest.w += words, rest.start += 2) {
    rest.sums = l.sums + (done < n - 1 ? done : n - 2);
    lanes_of_two_outputs(rest);
  }
}

int32_t* widen_to_words(const int8_t* x, int32_t n, int32_t* to) {
  for (; n >= 4; n -= 4, x += 4, to += 4) {
    const int32_t a = x[0], b = x[1], c = x[2], d = x[3];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  }
  for (; n > 0; --n) *to++ = *x++;
  return to;
}

int32_t* fill_words(int32_t value, int32_t n, int32_t* to) {
  for (; n > 0; --n) *to++ = value;
  return to;
}

}  // namespace mote
