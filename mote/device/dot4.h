// The multiplications of convolutions and dense layers: the values of one window with the weights of many outputs.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

// The values lie in some rows, one run of neighbours in each. The order of the members is that of arch/armv7em.cpp.
struct Dot4 {
  const uint8_t* const* row;  // the rows, [row, row_end)
  const uint8_t* const* row_end;
  int32_t x;             // where the run begins in its row
  int32_t n;             // values of a run
  int32_t w_gap;         // weights between those of one run and those of the next
  int32_t w_stride;      // weights from one output to the next
  int32_t offset;        // added to each value; from -127 to 128
  int32_t blocks;        // of four outputs
  const int8_t* w;       // the weight of the first value for the first output
  const int32_t* start;  // what the sums begin with
  const Requant* q;      // null: `out` takes the sums as they are
  int32_t q_bytes;       // from one output's to the next: sizeof(Requant), or 0: one for all
  void* out;             // int8_t[]; or (no q) int32_t[], which may be `start`
  int32_t bias;          // 2 * zero point + 1: requantize_narrow_twice is used
  int32_t lo, hi;        // a clamp
};

// For each output of each block: start + sum of (value + offset) * weight, requantised.
void dot4_s8(const Dot4& d);

// Adds the products for the outputs [o, o + 4) to `sums`; or (one) those for output o to sums[0], and something to the
// others. d.w belongs to output 0; `blocks` and what follows `w` need not be set.
void add_four_s8(Dot4 d, int32_t o, int32_t sums[4], bool one);

// How sums become outputs.
struct Finish {
  int32_t zero, lo, hi;  // lo and hi clamp
  int32_t narrow;        // not 0: requantize_narrow is exact; 2: and sums are below kShortSum in size
  int32_t per_channel;   // 1: a multiplier for each output; 0: one for all
};

// out[j] = clamp(zero + requantize(sums[j], q[j or 0]), lo, hi) for j < n.
void finish_s8(const Finish& f, const int32_t* sums, int32_t n, const Requant* q, int8_t* out);

// The way for everything out of the ordinary: four outputs at a time, those that are left one by one. add(sums, o, one)
// adds as add_four_s8 does.
template <class Add>
MOTE_INLINE void make_slowly_s8(const Finish& f, int32_t n, const int32_t* bias, const Requant* q, int8_t* out,
                                Add add) {
  for (int32_t o = 0, block; o < n; o += block) {
    block = n - o < 4 ? 1 : 4;
    int32_t sums[4];
    for (int32_t j = 0; j < 4; ++j) sums[j] = bias[block == 1 ? o : o + j];
    add(sums, o, block == 1);
    finish_s8(f, sums, block, q + o * f.per_channel, out + o);
  }
}

// n outputs of a window, from d.w, d.start (their bias) and q on; `blocks`, `q` and what follows need not be set.
void make_outputs_s8(Dot4& d, const Finish& f, int32_t n, const Requant* q, int8_t* out);

}  // namespace mote
