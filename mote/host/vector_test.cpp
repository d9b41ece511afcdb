// Every set of vector instructions that this CPU has, against fixed.h and sums one by one: the same bits.
#include "mote/host/vector.h"

#include <gtest/gtest.h>

#include <vector>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/pack_host.h"

namespace mote {
namespace {

class Vector : public testing::TestWithParam<const VectorForms*> {
 protected:
  Rng rng_{1};

  std::vector<int8_t> values(size_t n, int kind) {
    std::vector<int8_t> v(n);
    for (int8_t& x : v)
      x = static_cast<int8_t>(kind == 0 ? rng_.pick(-128, 127) : kind == 1 ? -128 : rng_.chance(0.5) ? -128 : 127);
    return v;
  }

  std::vector<Requant> factors(size_t n) {
    std::vector<Requant> factors(n);
    for (Requant& q : factors) q = {rng_.pick(1 << 30, INT32_MAX), rng_.pick(-31, 30)};
    return factors;
  }

  std::vector<int32_t> biases(size_t n) {
    std::vector<int32_t> biases(n);
    for (int32_t& b : biases) b = static_cast<int32_t>(rng_.next()) >> rng_.pick(0, 31);
    return biases;
  }
};

int8_t finish(int32_t sum, Requant q, const OutputRange& r) {
  return static_cast<int8_t>(clamp(requantize(sum, q), r.lo - r.zero, r.hi - r.zero) + r.zero);
}

// Windows of no values: their sums are their biases. Halves, edges, and every shift.
TEST_P(Vector, RequantizesAsFixed) {
  for (int shift = -31; shift <= 30; ++shift)
    for (int round = 0; round < 200; ++round) {
      LaneQuant q{};
      std::vector<Requant> factors(kHostLanes);
      for (int32_t i = 0; i < kHostLanes; ++i) {
        const int32_t random = static_cast<int32_t>(rng_.next()), half = 1 << rng_.pick(0, 30);
        const int32_t edges[] = {INT32_MIN, INT32_MAX,      0, random, random >> rng_.pick(1, 30), half,
                                 -half,     3 * (half >> 2)};
        q.bias[i] = edges[rng_.pick(0, 7)];
        q.multiplier[i] = rng_.chance(0.3) ? 1 << 30 : rng_.chance(0.2) ? INT32_MAX : rng_.pick(1 << 30, INT32_MAX);
        q.left[i] = std::max(shift, 0), q.right[i] = std::max(-shift, 0);
        factors[static_cast<size_t>(i)] = {q.multiplier[i], shift};
      }
      const OutputRange range{rng_.pick(-128, 127), rng_.pick(-128, 0), rng_.pick(1, 127)};
      int8_t out[kHostLanes];
      GetParam()->multiply({nullptr, nullptr, &q, 1, 0, kHostLanes, range, out});
      for (int32_t i = 0; i < kHostLanes; ++i)
        ASSERT_EQ(out[i], finish(q.bias[i], factors[static_cast<size_t>(i)], range))
            << q.bias[i] << " * " << q.multiplier[i] << " * 2^" << shift;
    }
}

TEST_P(Vector, MultipliesWindows) {
  for (int round = 0; round < 600; ++round) {
    const auto n = static_cast<size_t>(rng_.pick(1, 70)), outputs = static_cast<size_t>(rng_.pick(1, 90));
    const auto windows = static_cast<size_t>(rng_.pick(1, kMostWindows));
    const int32_t in_zero = rng_.pick(-128, 127), w_zero = rng_.chance(0.5) ? 0 : rng_.pick(-128, 127);
    const auto x = values(windows * n, round % 3), w = values(outputs * n, round / 3 % 3);
    const auto bias = biases(outputs);
    const auto requant = factors(outputs);
    const auto tables = pack_host_windows(w, w_zero, bias, requant);
    const size_t pairs = (n + 1) / 2;
    std::vector<int16_t> wide(windows * pairs * 2, 0);
    for (size_t i = 0; i < windows; ++i)
      GetParam()->widen(x.data() + i * n, static_cast<int32_t>(n), in_zero, wide.data() + i * pairs * 2);
    const OutputRange range{rng_.pick(-128, 127), -128, 127};
    std::vector<int8_t> out(windows * outputs + 1, 42);
    GetParam()->multiply({wide.data(), tables[0].data.as<int16_t>().data(), tables[1].data.as<LaneQuant>().data(),
                          static_cast<int32_t>(windows), static_cast<int32_t>(pairs), static_cast<int32_t>(outputs),
                          range, out.data()});
    for (size_t i = 0; i < windows; ++i)
      for (size_t o = 0; o < outputs; ++o) {
        int32_t sum = bias[o];
        for (size_t k = 0; k < n; ++k) sum = wrapping_add(sum, (x[i * n + k] - in_zero) * (w[o * n + k] - w_zero));
        ASSERT_EQ(out[i * outputs + o], finish(sum, requant[o], range)) << n << " values, " << outputs << " outputs";
      }
    ASSERT_EQ(out.back(), 42) << "written past the last output";
  }
}

// Pixels from left to right, as a kernel makes them: what one writes beyond its channels the next one makes good.
TEST_P(Vector, SumsTaps) {
  for (int round = 0; round < 600; ++round) {
    const int32_t channels = rng_.pick(1, 50), width = rng_.pick(1, 6), kh = rng_.pick(1, 4), kw = rng_.pick(1, width);
    const auto c = static_cast<size_t>(channels), row_bytes = static_cast<size_t>(width * channels);
    const int32_t in_zero = rng_.pick(-128, 127), pixels = width - kw + 1;
    std::vector<std::vector<int8_t>> image;
    std::vector<const uint8_t*> rows;
    for (int32_t y = 0; y < kh; ++y) {
      image.push_back(values(row_bytes, round % 3));
      rows.push_back(reinterpret_cast<const uint8_t*>(image.back().data()));
    }
    const auto w = values(static_cast<size_t>(kh * kw) * c, round / 3 % 3);
    const auto bias = biases(c);
    const auto requant = factors(c);
    const auto tables = pack_host_taps(w, bias, requant);
    const OutputRange range{rng_.pick(-128, 127), -128, 127};
    std::vector<int8_t> out(static_cast<size_t>(pixels) * c + 1, 42);
    for (int32_t i = 0; i < pixels; ++i)
      GetParam()->sum_taps({rows.data(), 1, kh, kw, i * channels, channels, width * channels, in_zero,
                            tables[0].data.as<int32_t>().data(), kw * kHostLanes, kh * kw * kHostLanes,
                            tables[1].data.as<LaneQuant>().data(), channels, range, out.data() + i * channels,
                            out.data() + pixels * channels});
    for (size_t i = 0; i < static_cast<size_t>(pixels); ++i)
      for (size_t o = 0; o < c; ++o) {
        int32_t sum = bias[o];
        for (size_t y = 0; y < static_cast<size_t>(kh); ++y)
          for (size_t x = 0; x < static_cast<size_t>(kw); ++x)
            sum =
                wrapping_add(sum, (image[y][(i + x) * c + o] - in_zero) * w[(y * static_cast<size_t>(kw) + x) * c + o]);
        ASSERT_EQ(out[i * c + o], finish(sum, requant[o], range)) << channels << " channels";
      }
    ASSERT_EQ(out.back(), 42) << "written past the row";
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, Vector, testing::ValuesIn(vector_forms().begin(), vector_forms().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(VectorForms, PlainCxxIsThereEverywhere) {
  EXPECT_STREQ(vector_forms().back()->name, "plain");
  EXPECT_EQ(&forms_in_use(), vector_forms().front());
}

}  // namespace
}  // namespace mote
