#include "mote/data/frame_lines.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mote/compiler/base/rng.h"

namespace mote {
namespace {

FrameLines take(const std::string& text, size_t axes = 0, bool whole_begin = true) {
  FrameLines lines(axes, whole_begin);
  lines.take(text, 0);
  lines.finish();
  return lines;
}

TEST(FrameLines, ReadsWhatAPrintfWrites) {
  for (const char* text : {"1,-2.5,3e2\n4,5,6\n", "1 -2.5 300\r\n4 5 6\r\n", "1;-2.5;3e2\n4;5;6",
                           "1, -2.5,  300 \n4,5,6\n", "1\t-2.5\t300\n4\t5\t6\n"}) {
    const FrameLines lines = take(text);
    EXPECT_EQ(lines.axes(), 3u) << text;
    EXPECT_EQ(lines.values(), (std::vector<float>{1, -2.5, 300, 4, 5, 6})) << text;
    EXPECT_EQ(lines.damaged_lines(), 0u);
  }
}

TEST(FrameLines, TellsTextAndDamageFromFrames) {
  const FrameLines lines = take("Booting v1.2 ...\nsensor ok\nax,ay\n1,2\n3,4\n5\n6,x\nwatchdog!\n7,8,9\n9,10\n,3\n");
  EXPECT_EQ(lines.names(), (std::vector<std::string>{"ax", "ay"}));
  EXPECT_EQ(lines.values(), (std::vector<float>{1, 2, 3, 4, 9, 10}));
  EXPECT_EQ(lines.lines_of_text(), 2u) << "the first, and the watchdog; \"sensor ok\" could be names, and was not";
  EXPECT_EQ(lines.damaged_lines(), 4u);
}

TEST(FrameLines, AnOpenedPortBeginsAnywhere) {
  EXPECT_EQ(take("12,5\n-112,6\n-113,7\n", 0, false).values(), (std::vector<float>{-112, 6, -113, 7}));
  EXPECT_EQ(take("12,5\n-112,6\n", 2, true).frames(), 2u);
}

TEST(FrameLines, LinesMayBeCutAnywhere) {
  const std::string text = "1,2,3\n40,50,60\n-7,8.25,9\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    FrameLines lines(0, true);
    lines.take(std::string_view(text).substr(0, cut), 0);
    lines.take(std::string_view(text).substr(cut), 0);
    EXPECT_EQ(lines.values(), (std::vector<float>{1, 2, 3, 40, 50, 60, -7, 8.25, 9})) << cut;
  }
}

// 62.5 Hz, in bundles of 7 as drivers of serial ports hand them out, with jitter.
TEST(FrameLines, TheRateIsThatOfTheBoard) {
  Rng rng(4);
  FrameLines lines(0, true);
  std::string bundle;
  for (int i = 0; i < 700; ++i) {
    bundle += i % 100 == 50 ? "1,x\n" : "1,2\n";
    if (i % 7 < 6) continue;
    lines.take(bundle, i / 62.5 + 0.01 * rng.unit());
    bundle.clear();
  }
  EXPECT_EQ(lines.damaged_lines(), 7u);
  EXPECT_NEAR(lines.rate_hz(), 62.5, 0.1);
  EXPECT_EQ(take("1,2\n1,2\n").rate_hz(), 0);
}

// 200 lines at 50 Hz; the board stands still for a second before line 60, or its lines come a second late from there on
// until they have caught up.
FrameLines pausing(bool stalls) {
  FrameLines lines(1, true);
  for (int i = 0; i < 200; ++i) {
    const double taken_s = 0.02 * i + (stalls && i >= 60 ? 1 : 0);
    const double jitter_s = 0.003 * (i % 3);
    lines.take("1\n", i >= 60 && !stalls ? std::max(taken_s, 0.02 * 60 + 1) : taken_s + jitter_s);
  }
  return lines;
}

TEST(FrameLines, AStallIsAGapAndLateDeliveryIsNone) {
  const FrameLines::Timing stall = pausing(true).timing(), late = pausing(false).timing();
  EXPECT_EQ(stall.stalls, 1);
  EXPECT_EQ(stall.lost, 50);
  EXPECT_EQ(stall.steps[59], 59);
  EXPECT_EQ(stall.steps[60], 110);
  EXPECT_NEAR(stall.rate_hz, 50, 0.1);
  EXPECT_EQ(late.stalls, 0);
  EXPECT_EQ(late.steps.back(), 199);
  FrameLines damaged(2, true);
  damaged.take("1,2\n1\n3,4\n", 0);
  EXPECT_EQ(damaged.timing().steps, (std::vector<int64_t>{0, 2}));
}

TEST(FrameLines, AnyBytesDoNoHarm) {
  Rng rng(9);
  for (int round = 0; round < 300; ++round) {
    FrameLines lines(static_cast<size_t>(rng.pick(0, 3)), rng.chance(0.5));
    for (int part = 0; part < 20; ++part) {
      std::string text;
      for (int i = rng.pick(0, 40); i > 0; --i)
        text += rng.chance(0.7) ? "0123456789,.-e \n"[rng.pick(0, 15)] : static_cast<char>(rng.pick(0, 255));
      lines.take(text, part);
    }
    lines.finish();
    EXPECT_EQ(lines.values().size(), lines.frames() * lines.axes());
    for (float value : lines.values()) EXPECT_TRUE(std::isfinite(value));
  }
  FrameLines lines(0, true);
  for (int i = 0; i < 100; ++i) lines.take(std::string(1000, '1'), i);
  EXPECT_EQ(lines.frames(), 0u) << "a line without an end is not kept";
}

}  // namespace
}  // namespace mote
