#include "mote/ops/normalize/normalize.kernel.h"

namespace mote {
namespace {

constexpr int32_t kBits = 14;  // of fractions, of samples and centres

struct Sums {
  int32_t sum = 0, low = INT16_MAX, high = INT16_MIN;
  uint64_t squares = 0;
};

Sums add_up(const int16_t* x, int32_t n, int32_t step) {
  Sums s;
  for (; n > 0; --n, x += step) {
    const int32_t v = *x;
    s.sum += v;
    s.squares += static_cast<uint32_t>(v * v);
    if (v < s.low) s.low = v;
    if (v > s.high) s.high = v;
  }
  return s;
}

// 4096 / deviation.
Real by_deviation(const Sums& s, int32_t n) {
  const uint64_t sum = static_cast<uint32_t>(s.sum < 0 ? -s.sum : s.sum);
  const Real square = real_of(static_cast<uint32_t>(n) * s.squares - sum * sum);
  return square.m ? divide(real_of(static_cast<uint64_t>(4096) * static_cast<uint32_t>(n)), square_root(square))
                  : Real{0, 0};
}

Real by_range(const Sums& s) {
  const auto range = static_cast<uint32_t>(s.high - s.low);
  return range ? divide(real_of(32767), real_of(range)) : Real{0, 0};
}

NormalizeAxis find_axis(const Normalize& p, const int16_t* x) {
  const Sums s = add_up(x, p.n, p.axes);
  const int32_t centre = p.by == kByRange ? s.low * (1 << kBits) : round_quotient(s.sum, p.n, kBits);
  const Real factor = p.by == kByMean ? real_of(1, -1) : p.by == kByDeviation ? by_deviation(s, p.n) : by_range(s);
  return {centre, factor.m, factor.m ? kBits - factor.e : kBits};
}

int16_t apply(const NormalizeAxis& axis, int32_t x) {
  const int64_t product = static_cast<int64_t>(x * (1 << kBits) - axis.centre) * axis.m;
  const int64_t v = (product + (int64_t{1} << (axis.shift - 1))) >> axis.shift;
  return static_cast<int16_t>(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

}  // namespace

void normalize_s16(const KernelArgs& args) {
  const Normalize& p = params_of<Normalize>(args);
  auto* axes = static_cast<NormalizeAxis*>(static_cast<void*>(args.carry));
  const int16_t* in = in_row<int16_t>(args, 0);
  if (args.step == 0)
    for (int32_t a = 0; a < p.axes; ++a) axes[a] = find_axis(p, in + a);
  in += args.step * p.row * p.axes;
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t i = 0; i < p.row; ++i)
    for (int32_t a = 0; a < p.axes; ++a) *out++ = apply(axes[a], *in++);
}

}  // namespace mote
