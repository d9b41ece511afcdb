#include "mote/ops/transpose/transpose.kernel.h"

#include "mote/device/copy.h"

namespace mote {
namespace {

template <int32_t run>
void gather(const Loop& line, const uint8_t* in, uint8_t* out) {
  for (int32_t i = line.size; i > 0; --i, in += line.in, out += run) __builtin_memcpy(out, in, run);
}

}  // namespace

void transpose_bytes(const KernelArgs& args) {
  const Transpose& p = params_of<Transpose>(args);
  const Loop* loops = data_of<Loop>(args, 0);
  const Loop line = loops[p.loops - 1];
  const uint8_t* from = args.in[0] + offset_of_row({p.in_split, p.in_high, p.in_low}, args.step);
  walk(loops, p.loops - 1, [&](int32_t in, int32_t out) {
    const uint8_t* x = from + in;
    uint8_t* to = args.out[0] + out;
    if (p.run == 1) return gather<1>(line, x, to);
    if (p.run == 4) return gather<4>(line, x, to);
    for (int32_t i = line.size; i > 0; --i, x += line.in) to = move_bytes(to, x, p.run);
  });
}

}  // namespace mote
