// Votes of the k nearest: of the k least values (of equal ones the first), each adds 1 to the output of its label.
#pragma once
#include "mote/device/rows.h"

namespace mote {

struct Nearest {
  int32_t n;        // values of a vector
  int32_t vectors;  // in a row
  int32_t k, classes;
};
static_assert(sizeof(Nearest) == 4 * 4);

// In: int32; out: int8. Tables: uint16_t labels[n]. Scratch: k indices of int32, nearest first.
void nearest_s32(const KernelArgs& args);

}  // namespace mote
