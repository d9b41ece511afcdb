#include "mote/ops/dense/dense.kernel.h"

namespace mote {
namespace {

// sum over i < n of (x[i] - in_zero) * weights_zero: what a weight zero point takes away from each output.
int32_t zero_share(const Dense& p, const int8_t* x, int32_t n) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum = wrapping_add(sum, x[i] - p.in_zero);
  return static_cast<int32_t>(static_cast<uint32_t>(sum) * static_cast<uint32_t>(p.weights_zero));
}

template <class Arch>
MOTE_INLINE int8_t finish(const Dense& p, const Requant* requant, int32_t acc, int32_t o) {
  const Requant q = requant[p.per_channel ? o : 0];
  const int32_t v = p.narrow ? requantize_narrow<Arch>(acc, q) : requantize(acc, q);
  return clamp_s8(wrapping_add(p.out_zero, v), p.lo, p.hi);
}

// Calls put(o, sum over i < n of (x[i] - in_zero) * w[o][from + i] - share) for the outputs [o, end).
template <class Arch, class Put>
MOTE_INLINE void multiply(const Dense& p, const int8_t* x, const int8_t* weights, int32_t n, int32_t o, int32_t end, Put put) {
  const int32_t share = p.weights_zero ? zero_share(p, x, n) : 0;
  const int8_t* w = weights + o * p.in_n;
  for (; o + 4 <= end; o += 4, w += 4 * p.in_n) {
    int32_t acc[4] = {-share, -share, -share, -share};
    Arch::dot4_s8(acc, x, -p.in_zero, w, p.in_n, n);
    for (int32_t j = 0; j < 4; ++j) put(o + j, acc[j]);
  }
  for (; o < end; ++o, w += p.in_n) put(o, Arch::dot_s8(-share, x, -p.in_zero, w, n));
}

}  // namespace

void dense_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const int32_t* bias = data_of<int32_t>(args, 1);
  const Requant* requant = data_of<Requant>(args, 2);
  const int32_t begin = args.part * p.part_n, end = begin + p.part_n < p.out_n ? begin + p.part_n : p.out_n;
  const int8_t* x = in_row<int8_t>(args, 0) + args.step * p.whole_step;
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t i = 0; i < p.pixels; ++i, x += p.in_n, out += p.out_n)
    multiply<ThisArch>(p, x, data_of<int8_t>(args, 0), p.in_n, begin, end, [&](int32_t o, int32_t acc) {
      out[o] = finish<ThisArch>(p, requant, wrapping_add(acc, bias[o]), o);
    });
}

void dense_fold_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const int32_t* bias = data_of<int32_t>(args, 1);
  const Requant* requant = data_of<Requant>(args, 2);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(args.carry));
  const int32_t from = args.part * p.part_n;
  multiply<ThisArch>(p, in_row<int8_t>(args, 0), data_of<int8_t>(args, 0) + from, p.part_n, 0, p.out_n,
                     [&](int32_t o, int32_t acc) { sums[o] = wrapping_add(acc, from == 0 ? bias[o] : sums[o]); });
  if (from + p.part_n < p.in_n) return;
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t o = 0; o < p.out_n; ++o) out[o] = finish<ThisArch>(p, requant, sums[o], o);
}

}  // namespace mote
