#include "mote/device/exact.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mote {
namespace {

TEST(Exact, RoundsHalvesAwayFromZero) {
  for (int32_t i = -4000; i <= 4000; ++i)
    for (float near : {-1.0f, 0.0f, 1.0f}) {
      const float v = std::nextafter(static_cast<float>(i) / 4, near * 1e9f);
      ASSERT_EQ(round_away(v, 1024), static_cast<int32_t>(std::round(v))) << v;
    }
}

TEST(Exact, SaturatesWhatIsNoSmallNumber) {
  const float infinity = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
  for (float v : {infinity, largest, 1024.0f, 1023.5f}) {
    EXPECT_EQ(round_away(v, 1024), 1024);
    EXPECT_EQ(round_away(-v, 1024), -1024);
  }
  EXPECT_EQ(round_away(std::numeric_limits<float>::quiet_NaN(), 1024), 0);
}

TEST(Exact, LoadsWhatItStores) {
  uint8_t bytes[5] = {};
  store_f32(bytes + 1, -1.5f);
  EXPECT_EQ(bytes[4], 0xBF);
  EXPECT_EQ(load_f32(bytes + 1), -1.5f);
}

}  // namespace
}  // namespace mote
