// What is known and what is needed of each channel of a tensor. A channel is an index of the last dimension; a scalar
// has one.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mote/compiler/ir/graph.h"
#include "mote/device/fixed.h"

namespace mote {

// An integer clamp that follows an op: v -> min(max(v, lo), hi).
struct Clamp {
  int32_t lo, hi;
};

// Whatever the input, the quantised values of a channel lie in [lo, hi]. `before_lo` and `before_hi` bound what the op
// computes before it clamps, which says why the channel is what it is.
struct Range {
  int32_t lo = 0, hi = 0, before_lo = 0, before_hi = 0;

  bool is_constant() const { return lo == hi; }
  bool is_constant(int32_t value) const { return lo == value && hi == value; }
};
using Ranges = std::vector<Range>;          // by channel
using ChannelSet = std::vector<bool>;       // by channel
using OperandRanges = std::vector<Ranges>;  // by operand; empty where it is absent or not of 8 bits

// The channels of an op's tensors that are needed or kept.
struct OpChannels {
  std::vector<ChannelSet> in;  // by operand; empty where it is absent
  std::vector<ChannelSet> out;
};

int32_t channel_count(const Tensor& tensor);
int32_t count(const ChannelSet& set);
bool is_whole(const ChannelSet& set);

// ---- ranges ----

// What a sum lies in.
struct Bounds {
  int64_t lo = 0, hi = 0;
};
// weight * (x - zero) for x in `range`.
inline Bounds bound_product(int32_t weight, const Range& range, int32_t zero) {
  const int64_t a = int64_t{weight} * (range.lo - zero), b = int64_t{weight} * (range.hi - zero);
  return a < b ? Bounds{a, b} : Bounds{b, a};
}

// Any value of the tensor's 8-bit type.
Ranges full_ranges(const Tensor& tensor);
// Those of a constant's bytes.
Ranges constant_ranges(const Tensor& tensor);
Range make_range(int64_t lo, int64_t hi);
Range hull(Range a, Range b);
Range hull(const Ranges& ranges);
// What a clamp leaves.
Range clamp_range(Range range, Clamp clamp);
// clamp(zero + requantize(a)) for accumulators a in [lo, hi]. Requantisation is monotone, so the ends decide; an
// accumulator or its left shift that may exceed 32 bits wraps, and leaves only the clamp.
Range requantize_range(int64_t lo, int64_t hi, Requant q, int32_t zero, Clamp clamp);

// For functions of one value: the ranges of f(x), and whether f(x) is x for all of them.
template <class F>
Ranges map_ranges(const Ranges& in, F f) {
  Ranges out;
  for (size_t c = 0; c < in.size(); ++c) {
    const int32_t lo = in[c].lo, hi = in[c].hi;
    Range r = make_range(f(lo), f(lo));
    if (c > 0 && in[c - 1].lo == lo && in[c - 1].hi == hi) r = out.back();  // as most are
    else
      for (int32_t v = lo + 1; v <= hi; ++v) r = hull(r, make_range(f(v), f(v)));
    out.push_back(r);
  }
  return out;
}
template <class F>
bool is_unchanged(const Ranges& in, F f) {
  for (const Range& x : in)
    for (int32_t v = x.lo; v <= x.hi; ++v)
      if (f(v) != v) return false;
  return true;
}

// For functions of two operands that are monotone in each while the other is held: the corners decide. `channels`: of
// the output; an operand with one channel has it for all.
template <class F>
Ranges map_corners(const Ranges& a, const Ranges& b, int32_t channels, Clamp clamp, F f) {
  Ranges out;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const Range &x = a[a.size() == 1 ? 0 : c], &y = b[b.size() == 1 ? 0 : c];
    Range r = make_range(f(x.lo, y.lo), f(x.lo, y.lo));
    for (const int64_t v : {f(x.lo, y.hi), f(x.hi, y.lo), f(x.hi, y.hi)}) r = hull(r, make_range(v, v));
    out.push_back(clamp_range(r, clamp));
  }
  return out;
}
// Whether f(x, y) is x throughout, for y constant in each channel.
template <class F>
bool keeps_first(const Ranges& a, const Ranges& b, F f) {
  for (size_t c = 0; c < a.size(); ++c) {
    const Range& y = b[b.size() == 1 ? 0 : c];
    if (b.size() > a.size() || !y.is_constant()) return false;
    for (int32_t x = a[c].lo; x <= a[c].hi; ++x)
      if (f(x, y.lo) != x) return false;
  }
  return true;
}

// ---- rules that ops share ----

// OpDef::need of ops whose output channels depend on the same channels of their operands; an operand with one channel
// for all is needed whole.
void need_same_channels(const Op& op, const Graph& graph, const OperandRanges& ranges, OpChannels& channels);
// All of every operand and output.
void need_everything(OpChannels& channels);

// The tensor with those indices of a dimension that are kept, and their scales.
Tensor keep_indices(const Tensor& tensor, size_t axis, const ChannelSet& kept);
// The same for a constant bias with one value per output channel; `folded` is added to each value, modulo 2^32 as
// accumulators do. No bias and nothing to add: none.
TensorId keep_bias(Graph& graph, const Op& op, const ChannelSet& kept, const std::vector<int64_t>& folded);

}  // namespace mote
