#include "mote/ops/mean/mean.kernel.h"

#include "mote/device/fixed.h"

namespace mote {
namespace {

// Adds a line of inputs times the sign, either all to one sum or each to its own.
void add_line(const Loop& line, int32_t sign, const int8_t* x, int32_t* sums) {
  if (line.out != 0) {
    for (int32_t i = line.size; i > 0; --i, x += line.in, sums += line.out) *sums = wrapping_add(*sums, sign * *x);
    return;
  }
  int32_t sum = *sums;
  for (int32_t i = line.size; i > 0; --i, x += line.in) sum = wrapping_add(sum, sign * *x);
  *sums = sum;
}

void add_step(const KernelArgs& args, const Mean& p, int32_t sign, int32_t* sums) {
  const Loop* loops = data_of<Loop>(args, 0);
  const int8_t* from = in_row<int8_t>(args, 0) + offset_of_row({p.in_split, p.in_high, p.in_low}, args.step);
  int32_t* to = sums + offset_of_row({p.out_split, p.out_high, p.out_low}, args.part);
  const Loop line = loops[p.loops - 1];
  walk(loops, p.loops - 1, [&](int32_t in, int32_t out) { add_line(line, sign, from + in, to + out); });
}

void finish(const Mean& p, const int32_t* sums, int8_t* out) {
  for (int32_t i = 0; i < p.sums; ++i)
    out[i] = static_cast<int8_t>(
        p.out_zero + clamp(requantize(sums[i], {p.multiplier, p.shift}), p.lo - p.out_zero, p.hi - p.out_zero));
}

}  // namespace

void mean_s8(const KernelArgs& args) {
  const Mean& p = params_of<Mean>(args);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(p.parts > 1 ? args.carry : args.scratch));
  if (args.part == 0)
    for (int32_t i = 0; i < p.sums; ++i) sums[i] = p.initial;
  add_step(args, p, 1, sums);
  if (args.part + 1 == p.parts) finish(p, sums, out_row<int8_t>(args, 0));
}

void mean_slide_s8(const KernelArgs& args) {
  const Mean& p = params_of<Mean>(args);
  int32_t* sums = static_cast<int32_t*>(static_cast<void*>(args.carry));
  add_step(args, p, 2 * args.part < p.parts ? -1 : 1, sums);
  if (args.part + 1 == p.parts) finish(p, sums, out_row<int8_t>(args, 0));
}

}  // namespace mote
