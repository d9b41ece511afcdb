// Dense (fully connected), int8: weights [out_n][in_n].
//
//   out[o] = clamp(out_zero + requantize(bias[o] + sum (in[i] - in_zero) * (w[o][i] - weights_zero), requant[o]), lo,
//   hi)
#pragma once
#include "mote/device/fixed.h"

namespace mote {

struct Dense {
  int32_t in_n, out_n;
  int32_t pixels;       // vectors of in_n values in an input row (dense_s8)
  int32_t part_n;       // outputs that one step makes (dense_s8), or values of an input row (dense_fold_s8)
  int32_t whole_step;   // in_n where the input is read whole and step s is for vector s; else 0
  int32_t per_channel;  // 1: a multiplier for each output; 0: one for all
  int32_t in_zero, weights_zero, out_zero, lo, hi;
  int32_t narrow;  // as in Finish (device/dot4.h)
};
static_assert(sizeof(Dense) == 12 * 4);

// Tables: int8_t weights[], int32_t bias[out_n], Requant requant[out_n or 1].

// Each input row holds `pixels` vectors; a step makes part_n outputs of each (all but the last part are full).
void dense_s8(const KernelArgs& args);
// The same in the form of device/lanes.h: uint32_t weights[], int32_t start[], Requant requant[out_n or 1]; part_n is a
// multiple of 4 where there are several parts. Scratch: the words of a vector, an even number, and int32_t
// sums[part_n].
void dense_lanes_s8(const KernelArgs& args);

// The same with one table, uint32_t weights[], in the form of device/pairs.h. A part has at least four outputs.
// Scratch: the words of a vector.
void dense_pairs_s8(const KernelArgs& args);

// The same without a zero point of the weights, by device/vectors.h: weights and bias in its form, parts of at least
// four outputs. Scratch: whole sixteens of a vector's values.
void dense_vectors_s8(const KernelArgs& args);

// One vector spread over several input rows of part_n values: each step adds a row to int32_t carry[out_n], the last
// one writes the output row.
void dense_fold_s8(const KernelArgs& args);

}  // namespace mote
