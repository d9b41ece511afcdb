#include "mote/ops/max_pool2d/max_pool2d.kernel.h"

#include "mote/device/arch/this_arch.h"
#include "mote/device/copy.h"

namespace mote {
namespace {

#ifdef MOTE_MVE
// Raises n values to those of each of `taps` pixels, which are n values apart: sixteen at a time.
MOTE_INLINE void raise_to_pixels(int8_t* most, const int8_t* x, int32_t taps, int32_t n) {
  const int8_t* pixel;
  int32_t left;
  __asm__ volatile(
      "dlstp.8 lr, %[n]\n"
      "1: vldrb.8 q0, [%[most]]\n mov %[pixel], %[x]\n mov %[left], %[taps]\n"
      "2: vldrb.8 q1, [%[pixel]]\n add %[pixel], %[n]\n vmax.s8 q0, q0, q1\n subs %[left], #1\n bne 2b\n"
      "vstrb.8 q0, [%[most]], #16\n add %[x], #16\n letp lr, 1b\n"
      : [most] "+&r"(most), [x] "+&r"(x), [pixel] "=&r"(pixel), [left] "=&r"(left)
      : [taps] "r"(taps), [n] "r"(n)
      : "q0", "q1", "lr", "cc", "memory");
}

// out[i] = min(most[i], hi)
MOTE_INLINE void lower_to(int8_t* out, const int8_t* most, int32_t n, int32_t hi) {
  __asm__ volatile(
      "vdup.8 q1, %[hi]\n dlstp.8 lr, %[n]\n"
      "1: vldrb.8 q0, [%[most]], #16\n vmin.s8 q0, q0, q1\n vstrb.8 q0, [%[out]], #16\n letp lr, 1b\n"
      : [most] "+&r"(most), [out] "+&r"(out)
      : [n] "r"(n), [hi] "r"(hi)
      : "q0", "q1", "lr", "memory");
}
#else
// Raises n values to those of each of `taps` pixels, which are n values apart.
MOTE_INLINE void raise_to_pixels(int8_t* most, const int8_t* x, int32_t taps, int32_t n) {
  for (; taps > 0; --taps)
    for (int32_t c = 0; c < n; ++c, ++x)
      if (*x > most[c]) most[c] = *x;
}

// out[i] = min(most[i], hi)
MOTE_INLINE void lower_to(int8_t* out, const int8_t* most, int32_t n, int32_t hi) {
  for (int32_t i = 0; i < n; ++i) out[i] = most[i] > hi ? static_cast<int8_t>(hi) : most[i];
}
#endif

// `most` holds the largest tap so far of each output value; lo is the least that there can be.
void start(const Pool2D& p, int8_t* most) {
  fill_bytes(static_cast<uint8_t*>(static_cast<void*>(most)), static_cast<uint8_t>(p.lo), p.out_w * p.channels);
}

// Raises it to the taps of one input row.
void raise(const Pool2D& p, int8_t* most, const int8_t* row) {
  each_window(p, [&](int32_t at, int32_t in, int32_t taps) {  //
    raise_to_pixels(most + at, row + in, taps, p.channels);
  });
}

void finish(const Pool2D& p, int8_t* out, const int8_t* most) { lower_to(out, most, p.out_w * p.channels, p.hi); }

}  // namespace

void max_pool2d_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  for (int32_t r = 0; r < args.rows; ++r) {
    int8_t* out = out_row<int8_t>(args, r);
    start(p, out);
    for (int32_t y = r * p.stride_y; y < r * p.stride_y + p.kh; ++y)
      if (args.in[y]) raise(p, out, in_row<int8_t>(args, y));
    finish(p, out, out);
  }
}

void max_pool2d_fold_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  int8_t* most = static_cast<int8_t*>(static_cast<void*>(args.carry));
  if (args.part == 0) start(p, most);
  if (args.in[0]) raise(p, most, in_row<int8_t>(args, 0));
  if (args.part + 1 == p.kh) finish(p, out_row<int8_t>(args, 0), most);
}

}  // namespace mote
