#include "mote/evaluate/truth.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(Truth, WithoutRangesTheFileIsRight) {
  EXPECT_EQ(label_of_window("walk", {}, 0, 1), "walk");
  EXPECT_EQ(label_of_window("", {}, 0, 1), std::nullopt);
}

TEST(Truth, ARangeHasToCoverHalfOrLieInside) {
  const std::vector<TimeRange> ranges{{10, 12, "knock"}, {12, 20, "bark"}, {30.2, 30.3, "click"}, {40, 40, "beat"}};
  EXPECT_EQ(label_of_window("", ranges, 0, 1), "") << "nothing is there";
  EXPECT_EQ(label_of_window("", ranges, 9, 10), "") << "ends where the range begins";
  EXPECT_EQ(label_of_window("", ranges, 9.4, 10.4), std::nullopt);
  EXPECT_EQ(label_of_window("", ranges, 9.5, 10.5), "knock");
  EXPECT_EQ(label_of_window("", ranges, 11.2, 12.2), "knock");
  EXPECT_EQ(label_of_window("", ranges, 11.6, 12.6), "bark");
  EXPECT_EQ(label_of_window("", ranges, 20, 21), "") << "begins where the range ends";
  EXPECT_EQ(label_of_window("", ranges, 30, 31), "click");
  EXPECT_EQ(label_of_window("", ranges, 40, 41), "beat") << "an event belongs to the window that begins with it";
  EXPECT_EQ(label_of_window("", ranges, 39, 40), "");
}

TEST(Truth, FramesBecomeRanges) {
  const auto ranges = ranges_of_frames({"", "a", "a", "b", "", "b"}, 2);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].label, "a");
  EXPECT_EQ(ranges[0].begin_s, 0.5);
  EXPECT_EQ(ranges[0].end_s, 1.5);
  EXPECT_EQ(ranges[2].begin_s, 2.5);
}

}  // namespace
}  // namespace mote
