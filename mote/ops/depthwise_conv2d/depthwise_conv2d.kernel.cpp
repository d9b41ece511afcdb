#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/dot4.h"
#include "mote/device/taps.h"

namespace mote {
namespace {

// The taps of one output pixel that lie inside the image, and the pixel itself.
struct Pixel {
  const uint8_t* const* rows;  // the input rows, `row_step` pointers apart
  int32_t row_step, row_count;
  int32_t columns;        // taps of each row
  int32_t x, x_step;      // offset of the first tap in its row, and from tap to tap
  const int8_t* weights;  // of the first tap; from tap to tap out_c, from row to row w_row
  int32_t out_c, w_row;
  const int32_t* bias;
  const Requant* requant;
  int8_t* out;
};

MOTE_INLINE const int8_t* as_s8(const void* p) { return static_cast<const int8_t*>(p); }

// Calls visit(x, w) for each tap of output channel o, which begins at input channel c.
template <class Visit>
MOTE_INLINE void each_tap(const Pixel& t, int32_t c, int32_t o, Visit visit) {
  const uint8_t* const* row = t.rows;
  const int8_t* w_row = t.weights + o;
  for (int32_t n = t.row_count; n > 0; --n, row += t.row_step, w_row += t.w_row) {
    const int8_t *x = as_s8(*row) + t.x + c, *w = w_row;
    for (int32_t k = t.columns; k > 0; --k, x += t.x_step, w += t.out_c) visit(x, w);
  }
}

MOTE_INLINE Finish finish_of(const DepthwiseConv2D& p) { return {p.out_zero, p.lo, p.hi, p.narrow, 1}; }

// Output channel o from input channel c.
__attribute__((noinline)) void make_one(const DepthwiseConv2D& p, const Pixel& t, int32_t c, int32_t o) {
  const int32_t offset = -p.in_zero;
  int32_t acc = t.bias[o];
  each_tap(t, c, o, [&](const int8_t* x, const int8_t* w) { acc = wrapping_add(acc, (*x + offset) * *w); });
  finish_s8(finish_of(p), &acc, 1, t.requant + o, t.out + o);
}

// The output channels [o, o + 4), each from its own input channel from c on (same: all from c).
template <class Arch, bool same>
MOTE_INLINE void make_four(const DepthwiseConv2D& p, const Finish& finish, const Pixel& t, int32_t c, int32_t o) {
  const int32_t offset = -p.in_zero;
  int32_t acc[4] = {t.bias[o], t.bias[o + 1], t.bias[o + 2], t.bias[o + 3]};
  each_tap(t, c, o, [&](const int8_t* x, const int8_t* w) {
    const uint32_t four = static_cast<uint8_t>(*x) * uint32_t{0x01010101};
    Arch::multiply4_s8(acc, same ? as_s8(&four) : x, offset, w);
  });
  finish_s8(finish, acc, 4, t.requant + o, t.out + o);
}

// At least four channels, each from its own: the last four overlap those before where they have to.
template <class Arch>
__attribute__((noinline)) void make_pixel(const DepthwiseConv2D& p, const Pixel& t) {
  const Finish finish = finish_of(p);
  for (int32_t o = 0; o < t.out_c; o += 4) {
    if (o > t.out_c - 4) o = t.out_c - 4;
    make_four<Arch, false>(p, finish, t, o, o);
  }
}

// Any number of channels, each input channel spread over `multiplier` outputs.
template <class Arch>
__attribute__((noinline)) void make_spread_pixel(const DepthwiseConv2D& p, const Pixel& t) {
  const Finish finish = finish_of(p);
  for (int32_t c = 0, o = 0; c < p.in_c; ++c) {
    const int32_t end = o + p.multiplier;
    for (; o + 4 <= end; o += 4) make_four<Arch, true>(p, finish, t, c, o);
    for (; o < end; ++o) make_one(p, t, c, o);
  }
}

// Does nothing, but w is not read again before `acc` is there: interleaved taps need more registers than there are.
MOTE_INLINE void in_order(const int8_t*& w, const int32_t acc[4]) {
  __asm__("" : "+r"(w) : "r"(acc[0]), "r"(acc[1]), "r"(acc[2]), "r"(acc[3]));
}

// make_pixel for the commonest kernels, with as little as possible around each multiplication: three columns, of which
// two or three lie inside, no dilation; p.narrow holds.
template <class Arch, int kColumns>
__attribute__((noinline)) void make_pixel_of_3_columns(const DepthwiseConv2D& p, const Pixel& pixel) {
  const Pixel t = pixel;  // a copy: for all the compiler knows, writing to t.out could change the original
  const int32_t offset = -p.in_zero, twice_zero = 2 * p.out_zero, lo = p.lo, hi = p.hi, c = t.out_c;
  const bool clamps = lo > -128 || hi < 127;
  const uint8_t* const* end = t.rows + t.row_count;
  for (int32_t o = 0; o < c; o += 4) {
    if (o > c - 4) o = c - 4;
    const int32_t* bias = t.bias + o;
    int32_t acc[4] = {bias[0], bias[1], bias[2], bias[3]};
    const int8_t* w = t.weights + o;
    for (const uint8_t* const* row = t.rows; row != end; ++row, w += c) {
      const int8_t* x = as_s8(*row) + (t.x + o);
      Arch::multiply4_s8(acc, x, offset, w);
      w += c;
      in_order(w, acc);
      Arch::multiply4_s8(acc, x + c, offset, w);
      w += c;
      if (kColumns == 2) continue;
      in_order(w, acc);
      Arch::multiply4_s8(acc, x + 2 * c, offset, w);
    }
    const Requant* q = t.requant + o;
    int32_t v0 = Arch::halve_to_s8(requantize_narrow_twice<Arch>(acc[0], q[0], twice_zero));
    int32_t v1 = Arch::halve_to_s8(requantize_narrow_twice<Arch>(acc[1], q[1], twice_zero));
    int32_t v2 = Arch::halve_to_s8(requantize_narrow_twice<Arch>(acc[2], q[2], twice_zero));
    int32_t v3 = Arch::halve_to_s8(requantize_narrow_twice<Arch>(acc[3], q[3], twice_zero));
    if (clamps) v0 = clamp(v0, lo, hi), v1 = clamp(v1, lo, hi), v2 = clamp(v2, lo, hi), v3 = clamp(v3, lo, hi);
    int8_t* out = t.out + o;
    out[0] = static_cast<int8_t>(v0), out[1] = static_cast<int8_t>(v1);
    out[2] = static_cast<int8_t>(v2), out[3] = static_cast<int8_t>(v3);
  }
}

// Calls make(pixel) for each output pixel.
template <class Make>
MOTE_INLINE void each_pixel(const DepthwiseConv2D& p, const KernelArgs& args, Make make) {
  const int32_t out_c = p.in_c * p.multiplier, x_step = p.dilation_x * p.in_c;
  for (int32_t r = 0; r < args.rows; ++r) {
    const uint8_t* const* rows = args.in + r * p.stride_y;
    const Taps y = taps_present(rows, p.kh, p.dilation_y);
    int8_t* out = out_row<int8_t>(args, r);
    int32_t left = -p.pad_left;
    for (int32_t i = 0; i < p.out_w; ++i, left += p.stride_x, out += out_c) {
      const Taps x = taps_inside(left, p.kw, p.dilation_x, p.in_w);
      const int8_t* weights = data_of<int8_t>(args, 0) + (y.begin * p.kw + x.begin) * out_c;
      make(Pixel{rows + y.begin * p.dilation_y, p.dilation_y, y.end - y.begin, x.end - x.begin,
                 left * p.in_c + x.begin * x_step, x_step, weights, out_c, p.kw * out_c, data_of<int32_t>(args, 1),
                 data_of<Requant>(args, 2), out});
    }
  }
}

}  // namespace

void depthwise_conv2d_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  each_pixel(p, args, [&](const Pixel& t) { make_pixel<ThisArch>(p, t); });
}

void depthwise_conv2d_3_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  each_pixel(p, args, [&](const Pixel& t) {
    if (t.columns == 3) make_pixel_of_3_columns<ThisArch, 3>(p, t);
    else if (t.columns == 2) make_pixel_of_3_columns<ThisArch, 2>(p, t);
    else make_pixel<ThisArch>(p, t);
  });
}

void depthwise_conv2d_spread_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  each_pixel(p, args, [&](const Pixel& t) { make_spread_pixel<ThisArch>(p, t); });
}

}  // namespace mote
