#include "mote/ops/spectrogram/spectrogram.kernel.h"

#include "mote/device/fft.h"
#include "mote/device/fixed.h"
#include "mote/device/log2.h"

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
int32_t log2_of(Sum s, const uint16_t* table) {
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

}  // namespace

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
    out[b] =
        static_cast<int16_t>(clamp((log2_of(sum, data_of<uint16_t>(args, kLog2)) + offset + 64) >> 7, p.floor, 32767));
  }
}

}  // namespace mote
