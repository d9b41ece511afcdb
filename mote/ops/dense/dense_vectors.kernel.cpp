// Dense layers by vectors: four outputs at a time, straight from the weights in flash.
#include "mote/device/copy16.h"
#include "mote/device/vectors.h"
#include "mote/ops/dense/dense.kernel.h"

namespace mote {

void dense_vectors_s8(const KernelArgs& args) {
  const Dense& p = params_of<Dense>(args);
  const int32_t begin = args.part * p.part_n, n = (begin + p.part_n < p.out_n ? begin + p.part_n : p.out_n) - begin;
  const bool in_place = p.in_n % kVectorBytes == 0;
  auto* together = static_cast<int8_t*>(static_cast<void*>(args.scratch));
  Vectors v;
  v.sixteens = sixteens_of(p.in_n), v.w = data_of<int8_t>(args, 0) + begin * p.in_n, v.w_stride = p.in_n;
  v.bias = data_of<int32_t>(args, 1) + begin, v.q = data_of<Requant>(args, 2) + begin * p.per_channel;
  v.q_bytes = p.per_channel ? sizeof(Requant) : 0, v.zero = p.out_zero;
  if (!in_place) fill16(0, kVectorBytes, together + (v.sixteens - 1) * kVectorBytes);
  const int8_t* x = in_row<int8_t>(args, 0) + args.step * p.whole_step;
  int8_t* out = out_row<int8_t>(args, 0) + begin;
  for (int32_t i = 0; i < p.pixels; ++i, x += p.in_n, out += p.out_n) {
    if (!in_place) copy16<kVectorBytes>(x, p.in_n, together);
    v.x = in_place ? x : together, v.out = out;
    make_vectors_s8<1>(v, n, p.lo, p.hi);
  }
}

}  // namespace mote
