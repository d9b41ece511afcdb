#include "mote/ops/statistics/statistics.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/real.h"

namespace mote {
namespace {

constexpr int32_t kMeanBits = 14, kSkewnessBits = 12, kKurtosisBits = 10;

struct Axis {
  const int16_t* x;
  int32_t n, step;
};

struct Sums {
  int32_t sum = 0, low = INT16_MAX, high = INT16_MIN, crossings = 0;
  uint64_t squares = 0;
};

struct Moments {
  uint64_t second = 0, fourth = 0;
  int64_t third = 0;
};

MOTE_INLINE uint32_t size_of(int32_t v) { return v < 0 ? 0u - static_cast<uint32_t>(v) : static_cast<uint32_t>(v); }
MOTE_INLINE int32_t with_sign(int32_t size, bool negative) { return negative ? -size : size; }

Sums add_up(Axis axis) {
  Sums s;
  int32_t before = *axis.x;
  for (const int16_t *x = axis.x, *end = x + axis.n * axis.step; x != end; x += axis.step) {
    const int32_t v = *x;
    s.sum += v;
    s.squares += static_cast<uint32_t>(v * v);
    if (v < s.low) s.low = v;
    if (v > s.high) s.high = v;
    s.crossings += static_cast<int32_t>(static_cast<uint32_t>(v ^ before) >> 31);
    before = v;
  }
  return s;
}

Moments moments_of(Axis axis, const Sums& s, int32_t most_bits) {
  const int32_t mean = round_quotient(s.sum, axis.n, kMeanBits), one = 1 << kMeanBits;
  const int32_t above = s.high * one - mean, below = mean - s.low * one;
  const int32_t bits = 32 - __builtin_clz(static_cast<uint32_t>(above > below ? above : below) | 1);
  const int32_t shift = bits > most_bits ? bits - most_bits : 0, half = shift > 0 ? 1 << (shift - 1) : 0;
  Moments m;
  for (const int16_t *x = axis.x, *end = x + axis.n * axis.step; x != end; x += axis.step) {
    const int32_t d = (*x * one - mean + half) >> shift, square = d * d;
    m.second += static_cast<uint32_t>(square);
    m.third += static_cast<int64_t>(square) * d;
    m.fourth += static_cast<uint64_t>(static_cast<uint32_t>(square)) * static_cast<uint32_t>(square);
  }
  return m;
}

int32_t deviation_of(const Sums& s, int32_t n) {
  const uint64_t sum = size_of(s.sum), square = static_cast<uint32_t>(n) * s.squares - sum * sum;
  return round_real(divide(square_root(real_of(square)), real_of(static_cast<uint32_t>(n))), 0);
}

int32_t rms_of(const Sums& s, int32_t n) {
  return round_real(square_root(divide(real_of(s.squares), real_of(static_cast<uint32_t>(n)))), 0);
}

int32_t skewness_of(const Moments& m, int32_t n) {
  if (m.second == 0) return 0;
  const Real second = real_of(m.second);
  const auto third = static_cast<uint64_t>(m.third < 0 ? -m.third : m.third);
  const Real top = multiply(real_of(third), square_root(real_of(static_cast<uint32_t>(n))));
  return with_sign(round_real(divide(top, multiply(second, square_root(second))), kSkewnessBits), m.third < 0);
}

int32_t kurtosis_of(const Moments& m, int32_t n) {
  constexpr int32_t normal = 3 << kKurtosisBits;
  if (m.second == 0) return -normal;
  const Real second = real_of(m.second), top = multiply(real_of(m.fourth), real_of(static_cast<uint32_t>(n)));
  return round_real(divide(top, multiply(second, second)), kKurtosisBits) - normal;
}

int32_t count_peaks(Axis axis, int32_t sum) {
  int32_t count = 0, before = *axis.x;
  bool rising = false;
  for (const int16_t *x = axis.x, *end = x + axis.n * axis.step; x != end; x += axis.step) {
    if (*x < before) {
      if (rising && axis.n * before >= sum) ++count;
      rising = false;
    } else if (*x > before) {
      rising = true;
    }
    before = *x;
  }
  return count;
}

// Lets v[i] sink to its place in the heap v[0] .. v[n-1], whose greatest value is on top.
void sink(int16_t* v, int32_t i, int32_t n) {
  const int16_t moved = v[i];
  for (int32_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && v[child + 1] > v[child]) ++child;
    if (v[child] <= moved) break;
    v[i] = v[child];
  }
  v[i] = moved;
}

void sort(Axis axis, int16_t* v) {
  for (int32_t i = 0; i < axis.n; ++i) v[i] = axis.x[i * axis.step];
  for (int32_t i = axis.n / 2; i-- > 0;) sink(v, i, axis.n);
  for (int32_t n = axis.n - 1; n > 0; --n) {
    const int16_t most = v[0];
    v[0] = v[n], v[n] = most;
    sink(v, 0, n);
  }
}

int32_t percentile_of(const int16_t* sorted, int32_t n, int32_t percent) {
  const int32_t at = (n - 1) * percent, i = at / 100, rest = at - 100 * i;
  const int32_t low = sorted[i], high = sorted[rest > 0 ? i + 1 : i];
  return low + ((high - low) * rest + 50) / 100;
}

int32_t feature_of(int32_t feature, Axis axis, const Sums& s, const Moments& m, const int16_t* sorted) {
  switch (feature) {
    case kMean: return round_quotient(s.sum, axis.n, 0);
    case kMinimum: return s.low;
    case kMaximum: return s.high;
    case kRms: return rms_of(s, axis.n);
    case kDeviation: return deviation_of(s, axis.n);
    case kSkewness: return skewness_of(m, axis.n);
    case kKurtosis: return kurtosis_of(m, axis.n);
    case kZeroCrossings: return s.crossings;
    case kPeaks: return count_peaks(axis, s.sum);
    default: return percentile_of(sorted, axis.n, feature - kPercentile);
  }
}

}  // namespace

void statistics_s16(const KernelArgs& args) {
  const Statistics& p = params_of<Statistics>(args);
  const uint16_t* features = data_of<uint16_t>(args, 0);
  const Axis axis{in_row<int16_t>(args, 0) + args.part, p.n, p.axes};
  auto* sorted = static_cast<int16_t*>(static_cast<void*>(args.scratch));
  if (p.sorts) sort(axis, sorted);
  const Sums s = add_up(axis);
  const Moments m = moments_of(axis, s, p.bits);
  int16_t* out = out_row<int16_t>(args, 0) + args.part * p.features;
  for (int32_t i = 0; i < p.features; ++i)
    out[i] = static_cast<int16_t>(clamp(feature_of(features[i], axis, s, m, sorted), -32768, 32767));
}

}  // namespace mote
