// Convolutions by pairs of outputs: the windows of four pixels are widened to scratch memory, then all outputs are made
// from there; so a value is widened once however many outputs it has.
#include "mote/device/pairs.h"
#include "mote/device/taps.h"
#include "mote/device/widen.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// Where one row of a window lies in the image.
struct Run {
  int32_t first;       // column of the first tap
  int32_t begin, end;  // taps inside the image
};

// A row of a window that leaves the image on a side: put together in `bytes`.
__attribute__((noinline)) const int8_t* complete_run(const Conv2D& p, const int8_t* row, const Run& run,
                                                     int8_t* bytes) {
  int8_t* to = bytes;
  for (int32_t i = 0; i < run.begin * p.in_c; ++i) *to++ = p.in_zero;
  const int8_t* from = row + (run.first + run.begin) * p.in_c;
  for (int32_t i = 0; i < (run.end - run.begin) * p.in_c; ++i) *to++ = *from++;
  for (int32_t i = 0; i < (p.kw - run.end) * p.in_c; ++i) *to++ = p.in_zero;
  return bytes;
}

// The words of a window, `kStride` apart.
template <int kStride>
MOTE_INLINE void widen_window(const Conv2D& p, const uint8_t* const* rows, int32_t left, uint32_t* to, int8_t* bytes) {
  const int32_t n = p.kw * p.in_c;
  const Taps taps = taps_inside(left, p.kw, 1, p.in_w);
  for (int32_t y = 0; y < p.kh; ++y) {
    const auto* row = static_cast<const int8_t*>(static_cast<const void*>(rows[y]));
    if (!row) {
      to = widen_nothing<kStride>(pair_words(n), to);
      continue;
    }
    const bool inside = taps.end - taps.begin == p.kw;
    const int8_t* x = inside ? row + left * p.in_c : complete_run(p, row, {left, taps.begin, taps.end}, bytes);
    to = widen_values<kStride>(x, n, p.in_zero, to);
  }
}

// The pixels of all rows of a step, one after another.
class Pixels {
 public:
  MOTE_INLINE Pixels(const Conv2D& p, const KernelArgs& args)
      : p_(p), args_(args), out_(out_row<int8_t>(args, 0)), left_(-p.pad_left), end_(left_ + p.out_w * p.stride_x) {}

  template <int kStride>
  MOTE_INLINE int8_t* widen_next(uint32_t* to, int8_t* bytes) {
    widen_window<kStride>(p_, args_.in + row_ * p_.stride_y, left_, to, bytes);
    int8_t* out = out_;
    out_ += p_.out_c;
    left_ += p_.stride_x;
    if (left_ == end_ && ++row_ < args_.rows) left_ = -p_.pad_left, out_ = out_row<int8_t>(args_, row_);
    return out;
  }

 private:
  const Conv2D& p_;
  const KernelArgs& args_;
  int8_t* out_;
  int32_t row_ = 0, left_, end_;
};

template <int kBlock>
void make(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  const int32_t words = p.kh * pair_words(p.kw * p.in_c);
  auto* x = static_cast<uint32_t*>(static_cast<void*>(args.scratch));
  auto* bytes = static_cast<int8_t*>(static_cast<void*>(x + kBlock * words));
  Pairs pairs;
  pairs.x = x, pairs.w = data_of<uint32_t>(args, 0), pairs.q = data_of<PairQuant>(args, 1);
  pairs.round = 2 * p.out_zero + 1;
  Pixels pixels(p, args);
  int32_t left = args.rows * p.out_w;
  if (kBlock == 4) {
    pairs.x_end = x + 4 * words;
    for (; left >= 4; left -= 4) {
      for (int i = 0; i < 4; ++i) pairs.out[i] = pixels.widen_next<4>(x + i, bytes);
      make_pairs_s8(pairs, 4, p.out_c, p.lo, p.hi);
    }
  }
  pairs.x_end = x + words;
  for (; left > 0; --left) {
    pairs.out[0] = pixels.widen_next<1>(x, bytes);
    make_pairs_s8(pairs, 1, p.out_c, p.lo, p.hi);
  }
}

}  // namespace

void conv2d_pairs4_s8(const KernelArgs& args) { make<4>(args); }
void conv2d_pairs1_s8(const KernelArgs& args) { make<1>(args); }

}  // namespace mote
