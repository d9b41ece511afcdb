#include "mote/ops/spectrogram/spectrogram.kernel.h"

#include "mote/device/fft.h"
#include "mote/device/fixed.h"
#include "mote/device/log2.h"

namespace mote {
namespace {

enum { kTwiddles, kLog2, kBands, kWeights, kWindow };

// Writes the frame to z in the order of the transform, 14 fractional bits; returns bits that cover all values' sizes.
uint32_t load_frame(const KernelArgs& args, int32_t* z) {
  const Spectrogram& p = params_of<Spectrogram>(args);
  const int32_t* window = p.windowed ? data_of<int32_t>(args, kWindow) : nullptr;
  const uint8_t* const* rows = args.in;
  const auto pairs = static_cast<uint32_t>(p.n) / 2;
  int32_t before = 0;
  if (p.preemphasis) {
    const void* row = *rows++;
    // Before the first sample of all there was another one like it.
    before = row ? static_cast<const int16_t*>(row)[p.row - 1]
                 : *static_cast<const int16_t*>(static_cast<const void*>(*rows));
  }
  uint32_t reversed = 0, bits = 0;
  for (int32_t i = 0; i < p.frame;) {
    const auto* x = static_cast<const int16_t*>(static_cast<const void*>(*rows++));
    const int32_t end = i + p.row < p.frame ? i + p.row : p.frame;
    for (; i < end; ++i) {
      int32_t v = *x * (1 << 14) - ((p.preemphasis * before) >> 1);
      before = *x++;
      if (window)
        v = static_cast<int32_t>((static_cast<int64_t>(v) * window[2 * i <= p.frame ? i : p.frame - i]) >> 31);
      bits |= static_cast<uint32_t>(v ^ (v >> 31));
      z[2 * reversed + (static_cast<uint32_t>(i) & 1)] = v;
      if (i & 1) reversed = next_reversed(reversed, pairs);
    }
  }
  for (int32_t i = p.frame; i < p.n; ++i) {
    z[2 * reversed + (static_cast<uint32_t>(i) & 1)] = 0;
    if (i & 1) reversed = next_reversed(reversed, pairs);
  }
  return bits;
}

struct Sum {
  uint64_t lower = 0, upper = 0;  // lower + 2^32 upper
};

// log2 with 16 fractional bits; INT32_MIN / 2 for 0.
int32_t log2_of(Sum s, const uint16_t* table) {
  s.upper += s.lower >> 32;
  uint32_t words[] = {static_cast<uint32_t>(s.lower), static_cast<uint32_t>(s.upper),
                      static_cast<uint32_t>(s.upper >> 32)};
  int32_t top = 2;
  while (top >= 0 && words[top] == 0) --top;
  if (top < 0) return INT32_MIN / 2;
  const int32_t zeros = __builtin_clz(words[top]);
  uint32_t m = words[top] << zeros;
  if (zeros && top > 0) m |= words[top - 1] >> (32 - zeros);
  return log2_q16(m, 32 * top - zeros, table);
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
  const uint32_t bits = load_frame(args, z);
  const int32_t shift = bits ? __builtin_clz(bits) - 2 : 0;
  for (int32_t i = 0; i < p.n; ++i) z[i] = static_cast<int32_t>(static_cast<uint32_t>(z[i]) << shift);
  power_spectrum(z, p.n, data_of<int32_t>(args, kTwiddles));
  const auto* powers = static_cast<const uint32_t*>(static_cast<const void*>(z));
  const uint16_t* weights = p.bands ? data_of<uint16_t>(args, kWeights) : nullptr;
  const uint16_t* bands = p.bands ? data_of<uint16_t>(args, kBands) : nullptr;
  const int32_t outputs = p.bands ? p.bands : p.n / 2 + 1, offset = p.offset - shift * (2 << 16);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t b = 0; b < outputs; ++b) {
    const Sum sum = p.bands ? sum_band(bands + 2 * b, powers, weights) : Sum{powers[2 * b], powers[2 * b + 1]};
    out[b] =
        static_cast<int16_t>(clamp((log2_of(sum, data_of<uint16_t>(args, kLog2)) + offset + 64) >> 7, p.floor, 32767));
  }
}

}  // namespace mote
