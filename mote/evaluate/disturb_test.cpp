#include "mote/evaluate/disturb.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace mote {
namespace {

Take make_take(size_t axes, size_t frames, double rate_hz) {
  Take take;
  take.recording.sensor.rate_hz = rate_hz;
  for (size_t a = 0; a < axes; ++a) take.recording.sensor.axes.push_back({"a" + std::to_string(a), "g"});
  take.recording.values.resize(axes * frames);
  return take;
}

// A tone on every axis, of another size and place each.
Take make_tone(size_t axes, size_t frames, double rate_hz, double tone_hz) {
  Take take = make_take(axes, frames, rate_hz);
  for (size_t i = 0; i < take.recording.values.size(); ++i) {
    const auto axis = static_cast<double>(i % axes);
    const double phase = 2 * std::numbers::pi * tone_hz * static_cast<double>(i / axes) / rate_hz;
    take.recording.values[i] = static_cast<float>(axis + (1 + axis) * std::sin(phase));
  }
  return take;
}

TEST(Disturb, GainAndOffset) {
  Take take = make_tone(2, 100, 50, 3);
  const std::vector<float> before = take.recording.values;
  apply_gain(take, -20);
  add_offset(take, 0.5);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(take.recording.values[i], before[i] / 10 + 0.5, 1e-6);
}

TEST(Disturb, NoiseIsAsStrongAsSaid) {
  Take take = make_tone(3, 200000, 50, 3);
  for (size_t i = 2; i < take.recording.values.size(); i += 3) take.recording.values[i] = 1;  // does not move
  const std::vector<float> before = take.recording.values;
  Rng rng(1);
  add_noise(take, 6, rng);
  for (size_t axis = 0; axis < 2; ++axis) {
    double signal = 0, noise = 0, sum = 0;
    for (size_t i = axis; i < before.size(); i += 3) {
      const double n = take.recording.values[i] - before[i], s = before[i] - static_cast<double>(axis);
      signal += s * s, noise += n * n, sum += n;
    }
    EXPECT_NEAR(10 * std::log10(signal / noise), 6, 0.05) << axis;
    EXPECT_NEAR(sum / 200000, 0, 0.01) << axis;
  }
  for (size_t i = 2; i < before.size(); i += 3) ASSERT_EQ(take.recording.values[i], 1);
}

TEST(Disturb, DroppedFramesAreGoneAndRangesFollow) {
  Take take = make_take(2, 10000, 100);
  for (size_t i = 0; i < take.recording.values.size(); ++i) take.recording.values[i] = static_cast<float>(i);
  take.ranges = {{20, 40, "a"}, {100, 100, "end"}};
  Rng rng(2);
  drop_frames(take, 0.1, rng);
  const Recording& r = take.recording;
  EXPECT_NEAR(static_cast<double>(r.frames()), 9000, 120);
  for (size_t f = 0; f < r.frames(); ++f) {
    ASSERT_EQ(r.values[2 * f] + 1, r.values[2 * f + 1]) << "whole frames";
    if (f > 0) {
      ASSERT_GT(r.values[2 * f], r.values[2 * f - 2]);
    }
  }
  const auto first = static_cast<size_t>(std::lround(take.ranges[0].begin_s * 100));
  EXPECT_GE(r.values[2 * first], 4000) << "the first frame of the range";
  EXPECT_LT(r.values[2 * first - 2], 4000);
  EXPECT_DOUBLE_EQ(take.ranges[1].end_s, static_cast<double>(r.frames()) / 100);
  drop_frames(take, 1, rng);
  EXPECT_EQ(take.recording.frames(), 1u);
}

// A tone of 100 Hz, taken by a clock that is 2 % fast, sounds like 98.04 Hz.
TEST(Disturb, FastClocksLowerTones) {
  for (double share : {0.02, -0.02}) {
    Take take = make_tone(1, 8000, 8000, 100);
    take.ranges = {{0.25, 0.5, "a"}};
    drift_clock(take, share);
    const Recording& r = take.recording;
    EXPECT_NEAR(static_cast<double>(r.frames()), 8000 * (1 + share), 1);
    EXPECT_EQ(r.sensor.rate_hz, 8000);
    for (size_t i = 200; i < r.frames() - 200; ++i)
      ASSERT_NEAR(r.values[i], std::sin(2 * std::numbers::pi * 100 / (1 + share) * static_cast<double>(i) / 8000),
                  1e-3);
    EXPECT_DOUBLE_EQ(take.ranges[0].begin_s, 0.25 * (1 + share));
    EXPECT_DOUBLE_EQ(take.ranges[0].end_s, 0.5 * (1 + share));
  }
}

TEST(Disturb, AxesStick) {
  Take take = make_tone(3, 50, 50, 7);
  const std::vector<float> before = take.recording.values;
  stick_axis(take, 1);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(take.recording.values[i], i % 3 == 1 ? 0 : before[i]);
}

TEST(Disturb, RotationsKeepLengthsAndAngles) {
  Rng rng(3);
  double mean[3] = {};
  for (int trial = 0; trial < 2000; ++trial) {
    Take take = make_take(6, 1, 50);
    take.recording.values = {1, 0, 0, 0, 2, 0};
    rotate_axes(take, 90, rng);
    const std::vector<float>& v = take.recording.values;
    EXPECT_NEAR(std::hypot(v[0], v[1], v[2]), 1, 1e-6);
    EXPECT_NEAR(std::hypot(v[3], v[4], v[5]), 2, 1e-6);
    EXPECT_NEAR(v[0] * v[3] + v[1] * v[4] + v[2] * v[5], 0, 1e-6);
    for (size_t i = 0; i < 3; ++i) mean[i] += v[i] / 2000;
  }
  // At 90 degrees x becomes (about . x) about + about x x, whose mean over all directions is x / 3.
  EXPECT_NEAR(mean[0], 1.0 / 3, 0.03);
  EXPECT_NEAR(mean[1], 0, 0.05);
  EXPECT_NEAR(mean[2], 0, 0.05);
  Take one = make_tone(1, 10, 50, 7);
  const std::vector<float> before = one.recording.values;
  rotate_axes(one, 90, rng);
  EXPECT_EQ(one.recording.values, before);
}

}  // namespace
}  // namespace mote
