#include "mote/ops/spectrogram/spectrogram.kernel.h"

#include "mote/device/fft.h"
#include "mote/device/fixed.h"
#include "mote/device/log2.h"
#include "mote/device/real.h"

namespace mote {
namespace {

enum { kTwiddles, kLog2, kBands, kWeights, kWindow };

// Samples in the order of time, pre-emphasised, with 14 fractional bits.
struct Samples {
  int32_t emphasis;  // 15 fractional bits
  int32_t before;    // the sample before the next one
  uint32_t bits;     // cover the sizes of all values so far
  MOTE_INLINE int32_t next(const int16_t*& x) {
    const int32_t v = *x * (1 << 14) - ((emphasis * before) >> 1);
    before = *x++;
    bits |= static_cast<uint32_t>(v ^ (v >> 31));
    return v;
  }
};

// Writes the frame to z in the order of the transform; returns bits that cover the sizes of its values.
uint32_t load_frame(const KernelArgs& args, int32_t* z) {
  const Spectrogram& p = params_of<Spectrogram>(args);
  const PairOrder order(p.n);
  const uint8_t* const* rows = args.in;
  Samples samples{p.preemphasis, 0, 0};
  if (p.preemphasis) {
    const auto* row = in_row<int16_t>(args, 0);
    // Before the first sample of all there was another one like it.
    samples.before = row ? row[p.row - 1] : in_row<int16_t>(args, 1)[0];
    ++rows;
  }
  uint32_t pair = 0;
  int32_t* to = nullptr;  // a pair whose second value is in the next row
  for (int32_t left = p.frame; left > 0; left -= p.row) {
    const auto* x = static_cast<const int16_t*>(static_cast<const void*>(*rows++));
    const int16_t* end = x + (left < p.row ? left : p.row);
    if (to) to[1] = samples.next(x), to = nullptr;
    for (; end - x >= 2; ++pair) {
      int32_t* both = z + 2 * order(pair);
      both[0] = samples.next(x);
      both[1] = samples.next(x);
    }
    if (x != end) to = z + 2 * order(pair++), to[0] = samples.next(x);
  }
  if (to) to[1] = 0;
  for (; pair < static_cast<uint32_t>(p.n) / 2; ++pair) z[2 * order(pair)] = z[2 * order(pair) + 1] = 0;
  return samples.bits;
}

// Weighs the frame; returns bits as load_frame does.
uint32_t weigh_frame(const KernelArgs& args, int32_t* z) {
  const Spectrogram& p = params_of<Spectrogram>(args);
  const PairOrder order(p.n);
  const int32_t* window = data_of<int32_t>(args, kWindow);
  uint32_t bits = 0;
  for (int32_t i = 0; i < p.frame; ++i) {
    int32_t& v = z[2 * order(static_cast<uint32_t>(i) / 2) + (static_cast<uint32_t>(i) & 1)];
    v = static_cast<int32_t>((static_cast<int64_t>(v) * window[2 * i <= p.frame ? i : p.frame - i]) >> 31);
    bits |= static_cast<uint32_t>(v ^ (v >> 31));
  }
  return bits;
}

struct Sum {
  uint64_t lower = 0, upper = 0;  // lower + 2^32 upper
};

// log2 with 16 fractional bits; INT32_MIN / 2 for 0.
MOTE_INLINE int32_t log2_of(Sum s, const uint16_t* table) {
  s.upper += s.lower >> 32;
  uint32_t top = static_cast<uint32_t>(s.upper >> 32), next = static_cast<uint32_t>(s.upper);
  int32_t exponent = 64;
  if (top == 0) {
    top = next, next = static_cast<uint32_t>(s.lower), exponent = 32;
    if (top == 0) top = next, next = 0, exponent = 0;
    if (top == 0) return INT32_MIN / 2;
  }
  const int32_t zeros = __builtin_clz(top);
  return log2_q16(top << zeros | (next >> 1) >> (31 - zeros), exponent - zeros, table);
}

// value * 2^exponent, rounded down; below 2^95.
Sum make_sum(uint32_t value, int32_t exponent) {
  if (exponent <= -32) return {};
  if (exponent < 0) return {value >> -exponent, 0};
  return exponent < 32 ? Sum{static_cast<uint64_t>(value) << exponent, 0}
                       : Sum{0, static_cast<uint64_t>(value) << (exponent - 32)};
}

Sum sum_band(const uint16_t* band, const uint32_t* powers, const uint16_t*& weights) {
  Sum sum;
  const uint32_t* p = powers + 2 * band[0];
  for (int32_t n = band[1]; n > 0; --n, p += 2) {
    const uint32_t w = *weights++;
    sum.lower += static_cast<uint64_t>(p[0]) * w;
    sum.upper += static_cast<uint64_t>(p[1]) * w;
  }
  return sum;
}

MOTE_INLINE int16_t to_output(Sum sum, int32_t offset, int32_t floor, const uint16_t* table) {
  return static_cast<int16_t>(clamp((log2_of(sum, table) + offset + 64) >> 7, floor, 32767));
}

// An axis of a window, less its mean, with 14 fractional bits.
struct Centred {
  const int16_t* x;
  int32_t step, mean;
  uint32_t bits;  // cover the sizes of all values
  int32_t operator[](int32_t i) const { return x[i * step] * (1 << 14) - mean; }
};

Centred centre(const int16_t* x, int32_t step, int32_t n) {
  int32_t sum = 0, low = *x, high = *x;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t v = x[i * step];
    sum += v;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  Centred c{x, step, round_quotient(sum, n, 14), 0};
  const int32_t ends[] = {low * (1 << 14) - c.mean, high * (1 << 14) - c.mean};
  for (int32_t v : ends) c.bits |= static_cast<uint32_t>(v ^ (v >> 31));
  return c;
}

// Writes n values from `first` on to z in the order of the transform; behind `end` there are zeros.
void load_centred(const Centred& c, int32_t first, int32_t end, int32_t n, int32_t* z) {
  const PairOrder order(n);
  for (uint32_t pair = 0; pair < static_cast<uint32_t>(n) / 2; ++pair, first += 2) {
    int32_t* both = z + 2 * order(pair);
    both[0] = first < end ? c[first] : 0;
    both[1] = first + 1 < end ? c[first + 1] : 0;
  }
}

// Keeps the greater of two powers, pairs (lower, upper 32 bits).
void hold_greatest(uint32_t* held, const uint32_t* powers, int32_t bins) {
  for (const uint32_t* end = held + 2 * bins; held != end; held += 2, powers += 2)
    if (powers[1] > held[1] || (powers[1] == held[1] && powers[0] > held[0])) held[0] = powers[0], held[1] = powers[1];
}

}  // namespace

void held_spectrum_s16(const KernelArgs& args) {
  const HeldSpectrum& p = params_of<HeldSpectrum>(args);
  auto* z = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  auto* held = static_cast<uint32_t*>(static_cast<void*>(z + p.n + 2));
  for (int32_t i = 0; i < 2 * p.bins; ++i) held[i] = 0;
  const Centred window = centre(in_row<int16_t>(args, 0) + args.part, p.axes, p.samples);
  const int32_t shift = window.bits ? __builtin_clz(window.bits) - 2 : 0;
  for (int32_t first = 0; first < p.samples; first += p.stride) {
    load_centred(window, first, p.samples, p.n, z);
    power_spectrum(z, p.n, shift, data_of<int32_t>(args, kTwiddles));
    hold_greatest(held, static_cast<const uint32_t*>(static_cast<const void*>(z)) + 2 * p.first, p.bins);
  }
  int16_t* out = out_row<int16_t>(args, 0) + args.part * p.bins;
  for (int32_t b = 0; b < p.bins; ++b)
    out[b] = to_output({held[2 * b], held[2 * b + 1]}, p.offset - shift * (2 << 16), p.floor,
                       data_of<uint16_t>(args, kLog2));
}

void spectrogram_s16(const KernelArgs& args) {
  const Spectrogram& p = params_of<Spectrogram>(args);
  auto* z = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  uint32_t bits = load_frame(args, z);
  if (p.windowed) bits = weigh_frame(args, z);
  int32_t shift = bits ? __builtin_clz(bits) - 2 : 0;
  if (shift > p.most_shift) shift = p.most_shift;
  power_spectrum(z, p.n, shift, data_of<int32_t>(args, kTwiddles));
  const auto* powers = static_cast<const uint32_t*>(static_cast<const void*>(z));
  const uint16_t* weights = p.bands ? data_of<uint16_t>(args, kWeights) : nullptr;
  const uint16_t* bands = p.bands ? data_of<uint16_t>(args, kBands) : nullptr;
  const int32_t outputs = p.bands ? p.bands : p.n / 2 + 1, offset = p.offset - shift * (2 << 16);
  const Sum added = make_sum(static_cast<uint32_t>(p.added), p.added_exponent + 2 * shift);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t b = 0; b < outputs; ++b) {
    Sum sum = p.bands ? sum_band(bands + 2 * b, powers, weights) : Sum{powers[2 * b], powers[2 * b + 1]};
    sum.lower += added.lower, sum.upper += added.upper;
    out[b] = to_output(sum, offset, p.floor, data_of<uint16_t>(args, kLog2));
  }
}

}  // namespace mote
