// Dense tests of the rounding that every kernel rests on, against the rule restated in 128-bit integers (ir/define.h).
#include "mote/device/fixed.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/quantize.h"
#include "mote/device/arch/armv6m.h"
#include "mote/device/arch/this_arch.h"

namespace mote {
namespace {

// Accumulators around every tie of a shift, at the edges, and at random.
std::vector<int32_t> accumulators(Rng& rng, int shift) {
  std::vector<int32_t> values{0, 1, -1, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1, 1 << 30, -(1 << 30)};
  for (int i = 0; i < 200; ++i) {
    values.push_back(static_cast<int32_t>(rng.next()));
    values.push_back(static_cast<int32_t>(rng.next()) >> rng.pick(0, 30));
    const int right = shift < 0 ? -shift : 1;
    // With the multiplier 2^30 the high product is half the accumulator: these land on halves and beside them.
    const int64_t tie = (int64_t{2} * rng.pick(-1000, 1000) + 1) << right;
    for (int64_t v : {tie - 1, tie, tie + 1}) values.push_back(static_cast<int32_t>(v));
  }
  return values;
}

TEST(Fixed, RequantizeIsTheRule) {
  Rng rng(1);
  for (int shift = -31; shift <= 30; ++shift)
    for (int m = 0; m < 60; ++m) {
      const int32_t multiplier = m == 0   ? 1 << 30
                                 : m == 1 ? INT32_MAX
                                 : m == 2 ? (1 << 30) + 1
                                          : rng.pick(1 << 30, INT32_MAX);
      for (int32_t acc : accumulators(rng, shift))
        ASSERT_EQ(requantize(acc, {multiplier, shift}), define_requantize(acc, DefinedFactor{multiplier, shift}))
            << acc << " * " << multiplier << " * 2^" << shift;
    }
}

template <class Arch>
void check_narrow() {
  Rng rng(2);
  for (int shift = -31; shift <= -1; ++shift)
    for (int m = 0; m < 60; ++m) {
      const int32_t multiplier = m == 0 ? 1 << 30 : m == 1 ? INT32_MAX : rng.pick(1 << 30, INT32_MAX);
      for (int32_t acc : accumulators(rng, shift))
        if (acc > -(1 << 30) && acc < 1 << 30) {
          ASSERT_EQ((requantize_narrow<Arch>(acc, Requant{multiplier, shift})),
                    define_requantize(acc, DefinedFactor{multiplier, shift}))
              << acc << " * " << multiplier << " * 2^" << shift;
        }
    }
}

TEST(Fixed, NarrowIsTheRuleWithinItsBounds) { check_narrow<ThisArch>(); }
TEST(Fixed, ScalarNarrowIsTheRuleWithinItsBounds) { check_narrow<Scalar>(); }
TEST(Fixed, Armv6mNarrowIsTheRuleWithinItsBounds) { check_narrow<Armv6m>(); }

TEST(Fixed, MultipliersAreTheRule) {
  Rng rng(3);
  for (int i = 0; i < 200000; ++i) {
    const double d = std::exp2(rng.unit() * 60 - 40) * (rng.chance(0.1) ? 1.0 : 0.5 + rng.unit());
    const Requant q = quantize_multiplier(d);
    const DefinedFactor f = define_factor(d);
    ASSERT_EQ(q.multiplier, f.m) << d;
    ASSERT_EQ(q.shift, f.s) << d;
  }
  for (double d : {0.0, 1.0, 0.5, 2.0, 0.99999999999, 0.5 - 1e-12, 1e-12, 1e-9}) {
    EXPECT_EQ(quantize_multiplier(d).multiplier, define_factor(d).m) << d;
    EXPECT_EQ(quantize_multiplier(d).shift, define_factor(d).s) << d;
  }
}

}  // namespace
}  // namespace mote
