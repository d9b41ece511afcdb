#include "mote/device/pairs.h"
#include "mote/device/widen.h"
#include "mote/ops/dense/dense.kernel.h"

namespace mote {

void dense_pairs_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const int32_t begin = args.part * p.part_n, n = begin + p.part_n < p.out_n ? p.part_n : p.out_n - begin;
  const int32_t words = pair_words(p.in_n);
  auto* scratch = static_cast<uint32_t*>(static_cast<void*>(args.scratch));
  Pairs pairs;
  pairs.x = scratch, pairs.x_end = scratch + words;
  pairs.w = data_of<uint32_t>(args, 0) + (begin >> 1) * pair_stream_words(words);
  const auto* x = static_cast<const int8_t*>(static_cast<const void*>(args.in[0])) + args.step * p.whole_step;
  pairs.out[0] = out_row<int8_t>(args, 0) + begin;
  for (int32_t i = 0; i < p.pixels; ++i, x += p.in_n, pairs.out[0] += p.out_n) {
    widen_one(x, p.in_n, p.in_zero, scratch);
    make_one_pixel_s8(pairs, n, p.lo, p.hi);
  }
}

}  // namespace mote
