// Dense layers with two outputs in the lanes of a word.
#include "mote/device/dot4.h"
#include "mote/device/lanes.h"
#include "mote/ops/dense/dense.kernel.h"

namespace mote {

void dense_lanes_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const Finish finish{p.out_zero, p.lo, p.hi, p.narrow, p.per_channel};
  const int32_t begin = args.part * p.part_n, n = (begin + p.part_n < p.out_n ? begin + p.part_n : p.out_n) - begin;
  const int32_t words = p.in_n + (p.in_n & 1);
  int32_t* const values = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  int32_t* const sums = values + words;
  Lanes lanes{values, sums, data_of<uint32_t>(args, 0) + begin / 2 * words, data_of<int32_t>(args, 1) + begin, sums, 0};
  const int8_t* x = in_row<int8_t>(args, 0) + args.step * p.whole_step;
  int8_t* out = out_row<int8_t>(args, 0) + begin;
  for (int32_t i = 0; i < p.pixels; ++i, x += p.in_n, out += p.out_n) {
    fill_words(0, words - p.in_n, widen_to_words(x, p.in_n, values));
    sum_lanes(lanes, n);
    finish_s8(finish, sums, n, data_of<Requant>(args, 2) + begin * p.per_channel, out);
  }
}

}  // namespace mote
