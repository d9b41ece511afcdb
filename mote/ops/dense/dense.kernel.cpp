#include "mote/ops/dense/dense.kernel.h"

#include "mote/device/dot4.h"

namespace mote {
namespace {

// sum over i < n of (x[i] - in_zero) * weights_zero: what a weight zero point takes away from each output.
int32_t zero_share(const Dense& p, const uint8_t* x, int32_t n) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum = wrapping_add(sum, static_cast<int8_t>(x[i]) - p.in_zero);
  return static_cast<int32_t>(static_cast<uint32_t>(sum) * static_cast<uint32_t>(p.weights_zero));
}

Finish finish_of(const Dense& p) { return {p.out_zero, p.lo, p.hi, p.narrow, p.per_channel}; }

// The first n values of *row with the weights from `w` on.
Dot4 dot_of(const Dense& p, const uint8_t* const* row, int32_t n, const int8_t* w) {
  Dot4 d;
  d.row = row, d.row_end = row + 1;
  d.x = 0, d.n = n, d.w_gap = 0, d.w_stride = p.in_n, d.offset = -p.in_zero, d.w = w;
  return d;
}

}  // namespace

void dense_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const Finish finish = finish_of(p);
  const int32_t begin = args.part * p.part_n, n = (begin + p.part_n < p.out_n ? begin + p.part_n : p.out_n) - begin;
  const int32_t* bias = data_of<int32_t>(args, 1) + begin;
  const Requant* requant = data_of<Requant>(args, 2) + begin * p.per_channel;
  const uint8_t* x = args.in[0] + args.step * p.whole_step;
  int8_t* out = out_row<int8_t>(args, 0) + begin;
  for (int32_t i = 0; i < p.pixels; ++i, x += p.in_n, out += p.out_n) {
    Dot4 d = dot_of(p, &x, p.in_n, data_of<int8_t>(args, 0) + begin * p.in_n);
    d.start = bias;
    if (!p.weights_zero) {
      make_outputs_s8(d, finish, n, requant, out);
      continue;
    }
    const int32_t share = zero_share(p, x, p.in_n);
    make_slowly_s8(finish, n, bias, requant, out, [&](int32_t* sums, int32_t o, bool one) {
      add_four_s8(d, o, sums, one);
      for (int32_t j = 0; j < 4; ++j) sums[j] = wrapping_add(sums[j], -share);
    });
  }
}

void dense_fold_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const int32_t* bias = data_of<int32_t>(args, 1);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(args.carry));
  const int32_t from = args.part * p.part_n, share = p.weights_zero ? zero_share(p, args.in[0], p.part_n) : 0;
  for (int32_t o = 0; o < p.out_n; ++o) sums[o] = wrapping_add(from == 0 ? bias[o] : sums[o], -share);
  const Dot4 d = dot_of(p, args.in, p.part_n, data_of<int8_t>(args, 0) + from);
  int32_t o = 0;
  for (; o + 4 <= p.out_n; o += 4) add_four_s8(d, o, sums + o, false);
  for (; o < p.out_n; ++o) {
    int32_t one[4] = {sums[o]};
    add_four_s8(d, o, one, true);
    sums[o] = one[0];
  }
  if (from + p.part_n == p.in_n)
    finish_s8(finish_of(p), sums, p.out_n, data_of<Requant>(args, 2), out_row<int8_t>(args, 0));
}

}  // namespace mote
