#include "mote/ops/sliding_normalize/sliding_normalize.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/log2.h"

namespace mote {
namespace {

int32_t mirrored(int32_t row, int32_t rows) {
  while (row < 0 || row >= rows) row = row < 0 ? -1 - row : 2 * rows - 1 - row;
  return row;
}

struct MeanTerm {
  using Sum = uint32_t;  // sums may wrap on the way
  static Sum of(int32_t x) { return static_cast<uint32_t>(x); }
};

struct SquareTerm {
  using Sum __attribute__((aligned(4))) = uint64_t;  // scratch memory is aligned to words
  static Sum of(int32_t x) { return static_cast<uint32_t>(x * x); }
};

// The sums of the window of row args.step; returns that row.
template <class Term>
const int16_t* slide_sums(const KernelArgs& args, typename Term::Sum* sums) {
  const SlidingNormalize& p = params_of<SlidingNormalize>(args);
  const auto* in = static_cast<const int16_t*>(static_cast<const void*>(args.in[0]));
  auto row = [&](int32_t r) { return in + mirrored(r, p.rows) * p.columns; };
  const int32_t half = p.window / 2, last = args.step + half;
  if (args.step == 0)
    for (int32_t c = 0; c < p.columns; ++c) sums[c] = 0;
  for (int32_t r = args.step == 0 ? -half : last; r <= last; ++r) {
    const int16_t* x = row(r);
    for (int32_t c = 0; c < p.columns; ++c) sums[c] += Term::of(x[c]);
  }
  if (args.step > 0) {
    const int16_t* x = row(args.step - half - 1);
    for (int32_t c = 0; c < p.columns; ++c) sums[c] -= Term::of(x[c]);
  }
  return in + args.step * p.columns;
}

// x * factor / sqrt(sum), halves away from zero; x^2 <= sum. The sum becomes m 4^k with m from 2^30 to 2^32 - 1, whose
// root has 16 bits: |x| 2^-k is below 2^16.
int32_t divide_by_root(int32_t x, uint64_t sum, uint32_t factor) {
  if (sum == 0) return 0;
  int32_t k = 0;
  while (sum >> 32) sum >>= 2, ++k;
  auto m = static_cast<uint32_t>(sum);
  while (m < uint32_t{1} << 30) m <<= 2, --k;
  const uint32_t size = static_cast<uint32_t>(x < 0 ? -x : x) << (k < 0 ? -k : 0);
  const uint32_t root = square_root(m) << (k > 0 ? k : 0);
  const uint32_t whole = size * factor / root, rest = size * factor % root;
  const auto result = static_cast<int32_t>(whole + (rest >= root - rest ? 1 : 0));
  return x < 0 ? -result : result;
}

}  // namespace

void subtract_sliding_mean_s16(const KernelArgs& args) {
  const SlidingNormalize& p = params_of<SlidingNormalize>(args);
  auto* sums = static_cast<uint32_t*>(static_cast<void*>(args.carry));
  const int16_t* x = slide_sums<MeanTerm>(args, sums);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t c = 0; c < p.columns; ++c)
    out[c] = static_cast<int16_t>(
        clamp(requantize(p.window * x[c] - static_cast<int32_t>(sums[c]), {p.multiplier, p.shift}), -32768, 32767));
}

void divide_by_sliding_deviation_s16(const KernelArgs& args) {
  const SlidingNormalize& p = params_of<SlidingNormalize>(args);
  SquareTerm::Sum* sums = static_cast<SquareTerm::Sum*>(static_cast<void*>(args.carry));
  const int16_t* x = slide_sums<SquareTerm>(args, sums);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t c = 0; c < p.columns; ++c)
    out[c] =
        static_cast<int16_t>(clamp(divide_by_root(x[c], sums[c], static_cast<uint32_t>(p.multiplier)), -32768, 32767));
}

}  // namespace mote
