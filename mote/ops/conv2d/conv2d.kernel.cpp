#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// The taps of one output pixel that lie inside the image: for each kernel row that is there, runs of neighbouring
// input values and their weights. Without groups and dilation a kernel row is one run; else each tap is.
struct Taps {
  const Conv2D& p;
  const uint8_t* const* rows;  // of this output row
  int32_t left;                // column of the first tap; may be outside
  int32_t begin, end;          // taps of a kernel row inside the image
  int32_t depth;               // channels of one tap: in_c / groups
  int32_t run;                 // values of one run

  template <class Visit>
  MOTE_INLINE void each(int32_t channel, Visit visit) const {
    for (int32_t ky = 0; ky < p.kh; ++ky) {
      const uint8_t* row = rows[ky * p.dilation_y];
      if (!row) continue;
      const int8_t* x = static_cast<const int8_t*>(static_cast<const void*>(row)) + channel;
      int32_t at = (ky * p.kw + begin) * depth, column = left + begin * p.dilation_x;
      for (int32_t done = begin * depth; done < end * depth; done += run, at += run, column += p.dilation_x)
        visit(x + column * p.in_c, at);
    }
  }
};

template <class Arch, bool narrow>
MOTE_INLINE void make_pixel(const Conv2D& p, const Taps& taps, const KernelArgs& args, int8_t* out) {
  const int8_t* weights = data_of<int8_t>(args, 0);
  const int32_t* bias = data_of<int32_t>(args, 1);
  const Requant* requant = data_of<Requant>(args, 2);
  const int32_t size = p.kh * p.kw * taps.depth;  // weights of one output channel
  const int32_t per_group = p.out_c / p.groups, offset = -p.in_zero;
  auto finish = [&](int32_t acc, int32_t o) {
    out[o] = clamp_s8(p.out_zero + requantize_as<Arch, narrow>(acc, requant[o]), p.lo, p.hi);
  };
  int32_t channel = 0;
  for (int32_t o = 0; o < p.out_c; channel += taps.depth) {
    const int32_t group_end = o + per_group;
    for (; o + 4 <= group_end; o += 4) {
      int32_t acc[4] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
      const int8_t* w = weights + o * size;
      taps.each(channel, [&](const int8_t* x, int32_t at) { Arch::dot4_s8(acc, x, offset, w + at, size, taps.run); });
      for (int32_t j = 0; j < 4; ++j) finish(acc[j], o + j);
    }
    for (; o < group_end; ++o) {
      int32_t acc = bias[o];
      const int8_t* w = weights + o * size;
      taps.each(channel, [&](const int8_t* x, int32_t at) { acc = Arch::dot_s8(acc, x, offset, w + at, taps.run); });
      finish(acc, o);
    }
  }
}

template <class Arch, bool narrow>
MOTE_INLINE void make_rows(const Conv2D& p, const KernelArgs& args) {
  const int32_t depth = p.in_c / p.groups;
  const bool joined = p.groups == 1 && p.dilation_x == 1;
  for (int32_t r = 0; r < args.rows; ++r) {
    int8_t* out = out_row<int8_t>(args, r);
    int32_t left = -p.pad_left;
    for (int32_t x = 0; x < p.out_w; ++x, left += p.stride_x, out += p.out_c) {
      int32_t begin = 0, end = p.kw;
      while (begin < end && left + begin * p.dilation_x < 0) ++begin;
      while (end > begin && left + (end - 1) * p.dilation_x >= p.in_w) --end;
      const Taps taps{p, args.in + r * p.stride_y, left, begin, end, depth, joined ? (end - begin) * depth : depth};
      make_pixel<Arch, narrow>(p, taps, args, out);
    }
  }
}

}  // namespace

void conv2d_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  p.narrow ? make_rows<ThisArch, true>(p, args) : make_rows<ThisArch, false>(p, args);
}

}  // namespace mote
