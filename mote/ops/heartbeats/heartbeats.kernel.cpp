#include "mote/ops/heartbeats/heartbeats.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/real.h"

namespace mote {
namespace {

int32_t size_of(int32_t v) { return v < 0 ? -v : v; }

int32_t greatest_size(const int16_t* x, int32_t n) {
  int32_t most = 0;
  for (; n > 0; --n, ++x)
    if (size_of(*x) > most) most = size_of(*x);
  return most;
}

// The lower median of the greatest sizes in each second, put in order as they come.
int32_t find_reference(const Heartbeats& p, const int16_t* x, uint16_t* sizes) {
  const int32_t seconds = p.n / p.second;
  if (seconds == 0) return greatest_size(x, p.n);
  for (int32_t s = 0; s < seconds; ++s, x += p.second) {
    const auto most = static_cast<uint16_t>(greatest_size(x, p.second));
    int32_t at = s;
    for (; at > 0 && sizes[at - 1] > most; --at) sizes[at] = sizes[at - 1];
    sizes[at] = most;
  }
  return sizes[(seconds - 1) / 2];
}

bool is_greatest(const Heartbeats& p, const int16_t* x, int32_t i) {
  const int32_t size = size_of(x[i]), begin = i > p.refractory ? i - p.refractory : 0;
  const int32_t end = i + p.refractory < p.n ? i + p.refractory + 1 : p.n;
  for (int32_t j = begin; j < end; ++j)
    if (size_of(x[j]) > size || (j < i && size_of(x[j]) == size)) return false;
  return true;
}

// Sums over the intervals and over the differences of neighbouring ones.
struct Intervals {
  int32_t count = 0, sum = 0, far = 0;
  uint64_t squares = 0, difference_squares = 0;
  int32_t beat = -1, before = 0;

  void add_beat(int32_t i, int32_t longer) {
    const int32_t d = i - beat;
    const bool is_first = beat < 0;
    beat = i;
    if (is_first) return;
    if (count > 0) {
      const int32_t change = size_of(d - before);
      difference_squares += static_cast<uint64_t>(static_cast<int64_t>(change) * change);
      if (change > longer) ++far;
    }
    squares += static_cast<uint64_t>(static_cast<int64_t>(d) * d);
    sum += d, before = d;
    ++count;
  }
};

Intervals find_beats(const Heartbeats& p, const int16_t* x, int32_t reference) {
  Intervals intervals;
  for (int32_t i = 0; i < p.n; ++i)
    if (const int32_t size = size_of(x[i]); size > 0 && 2 * size >= reference && is_greatest(p, x, i))
      intervals.add_beat(i, p.longer);
  return intervals;
}

Real real_of_count(int32_t v) { return real_of(static_cast<uint32_t>(v)); }

int16_t to_feature(Real r, int32_t bits) { return static_cast<int16_t>(clamp(round_real(r, bits), 0, 32767)); }

}  // namespace

void heartbeats_s16(const KernelArgs& args) {
  const Heartbeats& p = params_of<Heartbeats>(args);
  const int16_t* x = in_row<int16_t>(args, 0);
  const int32_t reference = find_reference(p, x, static_cast<uint16_t*>(static_cast<void*>(args.scratch)));
  const Intervals d = find_beats(p, x, reference);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t i = 0; i < 5; ++i) out[i] = 0;
  if (d.count == 0) return;
  const Real count = real_of_count(d.count), sum = real_of_count(d.sum);
  const auto sum_squared = static_cast<uint64_t>(static_cast<int64_t>(d.sum) * d.sum);
  const uint64_t spread = static_cast<uint32_t>(d.count) * d.squares - sum_squared;
  out[0] = to_feature(divide(multiply(real_of_count(p.rate), count), sum), 0);
  out[1] = to_feature(divide(sum, count), p.mean_bits);
  out[2] = to_feature(divide(square_root(real_of(spread)), count), p.bits);
  if (d.count == 1) return;
  const Real differences = real_of_count(d.count - 1);
  out[3] = to_feature(square_root(divide(real_of(d.difference_squares), differences)), p.bits);
  out[4] = to_feature(divide(real_of_count(d.far), differences), 14);
}

}  // namespace mote
