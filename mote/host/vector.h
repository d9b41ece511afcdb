// The arithmetic of the host's own kernels, sixteen outputs at a time: for running whole data sets. Plain C++
// everywhere; on x86 with AVX2 or AVX-512 VNNI, whichever the CPU has, found out at run time. All give the same bits:
// products of int16 are summed in 32 bits, which wrap, so their order cannot matter, and sums are requantised in 64
// bits as device/fixed.h defines it.
//
// Values are widened to int16, less their zero point, which fits: from -255 to 255. Tables are made by
// compiler/ir/pack_host.h. Nothing here is ever part of firmware.
#pragma once
#include <span>

#include "mote/device/fixed.h"

namespace mote {

constexpr int32_t kHostLanes = 16;
constexpr int32_t kMostWindows = 5;  // that are multiplied at once

// Sixteen outputs; those beyond the last have zeros.
struct LaneQuant {
  int32_t bias[kHostLanes];
  int32_t multiplier[kHostLanes];
  int32_t left[kHostLanes], right[kHostLanes];  // shifts; one of them is 0
};

struct OutputRange {
  int32_t zero, lo, hi;
};

constexpr int32_t lane_blocks(int32_t n) { return (n + kHostLanes - 1) / kHostLanes; }
constexpr int32_t value_pairs(int32_t n) { return (n + 1) / 2; }

// Some windows, each with the weights of all outputs.
struct WindowProducts {
  const int16_t* x;    // [windows][pairs][2]: an odd number of values ends in a zero
  const int16_t* w;    // [blocks of outputs][pairs][kHostLanes][2]
  const LaneQuant* q;  // by block
  int32_t windows;     // up to kMostWindows
  int32_t pairs;
  int32_t outputs;
  OutputRange range;
  int8_t* out;  // [windows][outputs]
};

// One pixel of a depthwise convolution: the taps of its window that lie inside the image.
struct PixelTaps {
  const uint8_t* const* rows;  // the input rows, `row_step` pointers apart
  int32_t row_step, row_count;
  int32_t columns;    // taps of each row
  int32_t x, x_step;  // offset of the first tap in its row, and from tap to tap
  int32_t row_bytes;
  int32_t in_zero;
  const int32_t* w;  // of the first tap; [blocks][taps][kHostLanes]: each weight as a halfword, the other one being 0
  int32_t w_row, w_block;  // weights from one row's to the next row's, from one block's to the next block's
  const LaneQuant* q;      // by block
  int32_t channels;
  OutputRange range;
  int8_t* out;
  int8_t* out_end;  // of the row: what follows this pixel in it is made later
};

// One instruction set's forms.
struct VectorForms {
  const char* name;
  bool (*runs_here)();
  // to[i] = x[i] - zero
  void (*widen)(const int8_t* x, int32_t n, int32_t zero, int16_t* to);
  void (*multiply)(const WindowProducts& products);
  void (*sum_taps)(const PixelTaps& taps);
};

// Those that run on this CPU, the fastest first; plain C++ is the last.
std::span<const VectorForms* const> vector_forms();

// The one in use: the fastest, or what a test chose.
const VectorForms& forms_in_use();
void use_vector_forms(const VectorForms& forms);

}  // namespace mote
