#include "mote/compiler/ir/exp.h"

#include <gtest/gtest.h>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/define_exp.h"

namespace mote {
namespace {

TEST(Exp, IsTheDefinition) {
  Rng rng(1);
  for (int32_t bits : {4, 5})
    for (int32_t i = 0; i < 100000; ++i) {
      const int32_t quarter = 1 << (29 - bits);
      const int32_t x = i < (16 << bits) ? -(i / 4) * quarter + i % 4 - 1
                                         : -rng.pick(0, (4 << bits) - 1) * quarter - rng.pick(0, quarter - 1);
      if (x > 0) continue;
      ASSERT_EQ(exp_q31(x, bits), static_cast<int64_t>(define_exp(x, bits))) << x;
    }
}

TEST(Exp, ReciprocalIsTheDefinition) {
  Rng rng(2);
  for (int32_t i = 0; i < 100000; ++i) {
    const int32_t x = i < 1000 ? i : i < 2000 ? INT32_MAX - (i - 1000) : rng.pick(0, INT32_MAX);
    ASSERT_EQ(reciprocal_of_one_plus(x), static_cast<int64_t>(define_reciprocal(x))) << x;
  }
}

TEST(Exp, IsNearTheRealFunction) {
  for (int32_t x = -(1 << 30); x <= 0; x += 1 << 20)
    ASSERT_NEAR(exp_q31(x, 5) / 2147483648.0, std::exp(x / 67108864.0), 3e-6) << x;
}

}  // namespace
}  // namespace mote
