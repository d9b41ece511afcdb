// Two operands, either of which may be repeated along some dimensions: how elementwise kernels walk through a row.
//
// A row of the output is n2 blocks of n1 runs of n values. Within a run an operand goes on by a_step (1, or 0 where it
// is repeated), from run to run by a_run and from block to block by a_block values. An operand that is read whole goes
// on by a_row from row to row; a_row is 0 for one that comes row by row.
#pragma once
#include "mote/device/rows.h"

namespace mote {

// P has the members n, n1, n2, a_step, a_run, a_block, a_row and the same four for b.
//
// out[i] = make(a[i], b[i]) for one run.
template <class P, class Make>
MOTE_INLINE void make_run(const P& p, const int8_t* a, const int8_t* b, int8_t* out, Make make) {
  const int32_t a_step = p.a_step, b_step = p.b_step;
  int8_t* const end = out + p.n;
  do {
    *out++ = make(*a, *b);
    a += a_step, b += b_step;
  } while (out != end);
}

// Calls run(p, a, b, out) for each run of one output row. A run with many constants is best not inlined: its loop then
// has all registers.
template <class P>
MOTE_INLINE void for_each_run(const KernelArgs& args, void (*run)(const P&, const int8_t*, const int8_t*, int8_t*)) {
  const P& p = params_of<P>(args);
  const int8_t* a_block = in_row<int8_t>(args, 0) + args.step * p.a_row;
  const int8_t* b_block = in_row<int8_t>(args, 1) + args.step * p.b_row;
  int8_t* out = out_row<int8_t>(args, 0);
  for (int32_t k = 0; k < p.n2; ++k, a_block += p.a_block, b_block += p.b_block) {
    const int8_t *a = a_block, *b = b_block;
    for (int32_t j = 0; j < p.n1; ++j, a += p.a_run, b += p.b_run, out += p.n) run(p, a, b, out);
  }
}

}  // namespace mote
