// The loops of vector.h over an instruction set's lanes. Each vector_*.cpp includes this with a type of its own,
// compiled for its instruction set; nothing here may be shared between them, so everything depends on that type. It has
//
//   Sums                               sixteen 32-bit sums
//   Words                              sixteen pairs of halfwords
//   begin(bias)                        the sums before the first product
//   load(p)                            sixteen words
//   pair(p)                            two neighbouring int16, sixteen times
//   widen(x, zero)                     sixteen int8, less `zero`, as words
//   add_products(sums, a, b)           sums + a.low * b.low + a.high * b.high, halfword by halfword
//   finish(sums, q, range, out)        sixteen outputs
//   kBlocks                            blocks of outputs that are multiplied with kMostWindows windows at once
#pragma once
#include "mote/host/vector.h"

namespace mote {

template <class V>
struct VectorLoops {
  using Sums = typename V::Sums;
  using Words = typename V::Words;

  static void widen(const int8_t* x, int32_t n, int32_t zero, int16_t* to) {
    for (int32_t i = 0; i < n; ++i) to[i] = static_cast<int16_t>(x[i] - zero);
  }

  static void multiply(const WindowProducts& p) {
    switch (p.windows) {
      case 1: return multiply_windows<1, 4>(p);
      case 2: return multiply_windows<2, V::kBlocks>(p);
      case 3: return multiply_windows<3, V::kBlocks>(p);
      case 4: return multiply_windows<4, V::kBlocks>(p);
      default: return multiply_windows<5, V::kBlocks>(p);
    }
  }

  static void sum_taps(const PixelTaps& t) {
    for (int32_t block = 0; block * kHostLanes < t.channels; ++block) {
      const LaneQuant& q = t.q[block];
      const Sums sums = sum_taps_of(t, block, V::begin(q.bias));
      int8_t* out = t.out + block * kHostLanes;
      if (out + kHostLanes <= t.out_end) V::finish(sums, q, t.range, out);
      else finish_some(sums, q, t.range, t.channels - block * kHostLanes, out);
    }
  }

 private:
  static_assert(kMostWindows == 5);

  static void copy(const int8_t* from, int32_t n, int8_t* to) {
    for (int32_t i = 0; i < n; ++i) to[i] = from[i];
  }

  static void finish_some(const Sums& sums, const LaneQuant& q, const OutputRange& range, int32_t n, int8_t* out) {
    int8_t all[kHostLanes];
    V::finish(sums, q, range, all);
    copy(all, n, out);
  }

  template <int kWindows, int kBlocks>
  static void multiply_windows(const WindowProducts& p) {
    const int32_t blocks = lane_blocks(p.outputs);
    int32_t block = 0;
    for (; block + kBlocks <= blocks; block += kBlocks) multiply_blocks<kWindows, kBlocks>(p, block);
    for (; block < blocks; ++block) multiply_blocks<kWindows, 1>(p, block);
  }

  template <int kWindows, int kBlocks>
  static void multiply_blocks(const WindowProducts& p, int32_t block) {
    const int32_t w_block = p.pairs * 2 * kHostLanes, x_window = p.pairs * 2;
    Sums sums[kBlocks][kWindows];
    for (int b = 0; b < kBlocks; ++b)
      for (int i = 0; i < kWindows; ++i) sums[b][i] = V::begin(p.q[block + b].bias);
    const int16_t* w = p.w + block * w_block;
    const int16_t* x = p.x;
    for (int32_t k = 0; k < p.pairs; ++k, w += 2 * kHostLanes, x += 2)
      for (int b = 0; b < kBlocks; ++b) {
        const Words weights = V::load(w + b * w_block);
        for (int i = 0; i < kWindows; ++i) sums[b][i] = V::add_products(sums[b][i], weights, V::pair(x + i * x_window));
      }
    for (int b = 0; b < kBlocks; ++b) {
      const int32_t first = (block + b) * kHostLanes, n = p.outputs - first;
      for (int i = 0; i < kWindows; ++i) {
        int8_t* out = p.out + i * p.outputs + first;
        if (n >= kHostLanes) V::finish(sums[b][i], p.q[block + b], p.range, out);
        else finish_some(sums[b][i], p.q[block + b], p.range, n, out);
      }
    }
  }

  static Sums sum_taps_of(const PixelTaps& t, int32_t block, Sums sums) {
    const uint8_t* const* row = t.rows;
    const int32_t* w_row = t.w + block * t.w_block;
    for (int32_t n = t.row_count; n > 0; --n, row += t.row_step, w_row += t.w_row) {
      const auto* values = static_cast<const int8_t*>(static_cast<const void*>(*row));
      const int32_t* w = w_row;
      int32_t at = t.x + block * kHostLanes;
      for (int32_t k = t.columns; k > 0; --k, at += t.x_step, w += kHostLanes)
        sums = V::add_products(sums, V::load(w), sixteen(t, values, at));
    }
    return sums;
  }

  // Sixteen values of a row from `at` on, though it may end before: what lies beyond the channels is multiplied by
  // zero.
  static Words sixteen(const PixelTaps& t, const int8_t* row, int32_t at) {
    if (at + kHostLanes <= t.row_bytes) return V::widen(row + at, t.in_zero);
    int8_t some[kHostLanes] = {};
    copy(row + at, t.row_bytes - at, some);
    return V::widen(some, t.in_zero);
  }
};

// The table of an instruction set's forms.
template <class V>
constexpr VectorForms forms_of(const char* name, bool (*runs_here)()) {
  return {name, runs_here, VectorLoops<V>::widen, VectorLoops<V>::multiply, VectorLoops<V>::sum_taps};
}

}  // namespace mote
