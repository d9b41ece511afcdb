// Roots and quotients against their statement in 128-bit integers, from mantissas at the edges and random ones.
#include "mote/device/real.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/define_real.h"

namespace mote {
namespace {

std::vector<Real> numbers() {
  std::vector<Real> all{{0, 0}};
  for (int32_t e : {-40, -1, 0, 7})
    for (uint32_t m : {0x80000000u, 0x80000001u, 0x8000FFFFu, 0x80010000u, 0xFFFE0001u, 0xFFFF0000u, 0xFFFFFFFFu})
      all.push_back({m, e});
  Rng rng(1);
  for (int i = 0; i < 500; ++i) all.push_back({static_cast<uint32_t>(rng.next()) | 0x80000000u, rng.pick(-60, 20)});
  return all;
}

DefinedReal defined(Real r) { return {r.m, r.e}; }

void expect_same(Real got, DefinedReal want) {
  EXPECT_EQ(got.m, static_cast<uint32_t>(want.m));
  if (got.m) {
    EXPECT_EQ(got.e, want.e);
  }
}

TEST(Real, ResultsAreCutOffAfter32Bits) {
  for (Real a : numbers()) {
    expect_same(square_root(a), define_root(defined(a)));
    for (int32_t bits : {-8, -1, 0, 14, 40})
      EXPECT_EQ(round_real(a, bits), define_round(defined(a), bits)) << a.m << " " << a.e;
    for (Real b : numbers()) {
      expect_same(multiply(a, b), define_product(defined(a), defined(b)));
      if (b.m) expect_same(divide(a, b), define_quotient(defined(a), defined(b)));
    }
  }
}

}  // namespace
}  // namespace mote
