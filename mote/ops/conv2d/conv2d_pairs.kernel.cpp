// Convolutions by pairs of outputs: the windows of four pixels are widened to scratch memory, then all outputs are made
// from there; so a value is widened once however many outputs it has.
#include "mote/device/pairs.h"
#include "mote/device/taps.h"
#include "mote/device/widen.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// A row of a window that leaves the image: put together in `bytes`, with the zero point for what is outside.
__attribute__((noinline)) const int8_t* complete_run(const Conv2D& p, const int8_t* row, int32_t left, int8_t* bytes) {
  const Taps taps = row ? taps_inside(left, p.kw, 1, p.in_w) : Taps{0, 0};
  int8_t* to = bytes;
  for (int32_t i = 0; i < taps.begin * p.in_c; ++i) *to++ = p.in_zero;
  const int8_t* from = row ? row + (left + taps.begin) * p.in_c : nullptr;
  for (int32_t i = 0; i < (taps.end - taps.begin) * p.in_c; ++i) *to++ = *from++;
  for (int32_t i = 0; i < (p.kw - taps.end) * p.in_c; ++i) *to++ = p.in_zero;
  return bytes;
}

// The window of one output pixel.
struct Window {
  const uint8_t* const* rows;
  int32_t left;
  bool inside;  // none of its columns leaves the image

  MOTE_INLINE const int8_t* run(const Conv2D& p, int32_t y, int8_t* bytes) const {
    const auto* row = static_cast<const int8_t*>(static_cast<const void*>(rows[y]));
    return row && inside ? row + left * p.in_c : complete_run(p, row, left, bytes);
  }
};

// The pixels of all rows of a step, one after another.
class Pixels {
 public:
  MOTE_INLINE Pixels(const Conv2D& p, const KernelArgs& args)
      : p_(p),
        args_(args),
        out_(out_row<int8_t>(args, 0)),
        left_(-p.pad_left),
        end_(left_ + p.out_w * p.stride_x),
        last_inside_(p.in_w - p.kw < end_ - p.stride_x ? p.in_w - p.kw : end_ - p.stride_x) {}

  // How often from here on in this row there are four pixels whose windows do not leave the image's columns.
  MOTE_INLINE int32_t fours_inside() const {
    if (left_ < 0 || left_ > last_inside_) return 0;
    return ((last_inside_ - left_) / p_.stride_x + 1) >> 2;
  }

  // Passes over n pixels of this row.
  MOTE_INLINE void pass(int32_t n) {
    left_ += (n - 1) * p_.stride_x;
    out_ += n * p_.out_c;
    step();
  }

  // The window of the next pixel, and where its outputs go.
  MOTE_INLINE Window peek(int8_t*& out) const {
    out = out_;
    return {args_.in + row_ * p_.stride_y, left_, left_ >= 0 && left_ + p_.kw <= p_.in_w};
  }
  MOTE_INLINE Window next(int8_t*& out) {
    const Window w = peek(out);
    pass(1);
    return w;
  }

 private:
  MOTE_INLINE void step() {
    left_ += p_.stride_x;
    if (left_ == end_ && ++row_ < args_.rows) left_ = -p_.pad_left, out_ = out_row<int8_t>(args_, row_);
  }

  const Conv2D& p_;
  const KernelArgs& args_;
  int8_t* out_;
  int32_t row_ = 0, left_, end_, last_inside_;
};

MOTE_INLINE Pairs pairs_of(const Conv2D& p, const KernelArgs& args, int32_t pixels) {
  auto* x = static_cast<uint32_t*>(static_cast<void*>(args.scratch));
  Pairs pairs;
  pairs.x = x, pairs.x_end = x + pixels * p.kh * pair_words(p.kw * p.in_c);
  pairs.w = data_of<uint32_t>(args, 0);
  return pairs;
}

// Behind the words of the windows: a run for each pixel.
MOTE_INLINE int8_t* bytes_of(const Pairs& pairs) {
  return static_cast<int8_t*>(static_cast<void*>(const_cast<uint32_t*>(pairs.x_end)));
}

void make_one_by_one(const Conv2D& p, const KernelArgs& args, Pixels& pixels, int32_t count) {
  Pairs pairs = pairs_of(p, args, 1);
  const int32_t n = p.kw * p.in_c;
  for (; count > 0; --count) {
    const Window window = pixels.next(pairs.out[0]);
    auto* to = const_cast<uint32_t*>(pairs.x);
    for (int32_t y = 0; y < p.kh; ++y) to = widen_one(window.run(p, y, bytes_of(pairs)), n, p.in_zero, to);
    make_one_pixel_s8(pairs, p.out_c, p.lo, p.hi);
  }
}

}  // namespace

void conv2d_pairs1_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  Pixels pixels(p, args);
  make_one_by_one(p, args, pixels, args.rows * p.out_w);
}

namespace {

// What all groups of four windows have in common.
MOTE_INLINE WidenFour four_windows(const Conv2D& p, const Pairs& pairs) {
  const int32_t n = p.kw * p.in_c;
  WidenFour w;
  w.to = const_cast<uint32_t*>(pairs.x), w.offset = ThisArch::pair(-p.in_zero);
  w.step = p.stride_x * p.in_c, w.fours = 8 * (n & ~3), w.rest = n & 3;
  return w;
}

// The words of any four windows.
__attribute__((noinline)) void widen_apart(const Conv2D& p, const Window windows[4], WidenFour w, int8_t* bytes) {
  const int32_t n = p.kw * p.in_c;
  w.rows = w.rows_end = nullptr;
  for (int32_t y = 0; y < p.kh; ++y, w.to += 4 * pair_words(n)) {
    for (int i = 0; i < 4; ++i) w.x[i] = windows[i].run(p, y, bytes + i * n);
    widen_four(w);
  }
}

// Four pixels at a time, `fours` times, from windows in one row of pixels and inside the image's columns.
MOTE_INLINE void make_inside(const Conv2D& p, Pixels& pixels, Pairs& pairs, WidenFour& words, int32_t fours) {
  int8_t* out;
  const Window first = pixels.peek(out);
  words.rows = first.rows, words.rows_end = first.rows + p.kh, words.at = first.left * p.in_c;
  for (int i = 0; i < 4; ++i, out += p.out_c) pairs.out[i] = out;
  pixels.pass(4 * fours);
  const int32_t out_step = 4 * p.out_c;
  for (; fours > 0; --fours, words.at += 4 * words.step) {
    widen_four(words);
    make_four_pixels_s8(pairs, p.out_c, p.out_zero, p.lo, p.hi);
    for (int8_t*& to : pairs.out) to += out_step;
  }
}

}  // namespace

void conv2d_pairs4_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  Pixels pixels(p, args);
  Pairs pairs = pairs_of(p, args, 4);
  WidenFour words = four_windows(p, pairs);
  int32_t left = args.rows * p.out_w;
  while (left >= 4) {
    Window windows[4];
    int32_t fours = pixels.fours_inside();
    if (fours == 0) {
      for (int i = 0; i < 4; ++i) windows[i] = pixels.next(pairs.out[i]);
      widen_apart(p, windows, words, bytes_of(pairs));
      make_four_pixels_s8(pairs, p.out_c, p.out_zero, p.lo, p.hi);
      left -= 4;
    } else {
      make_inside(p, pixels, pairs, words, fours);
      left -= 4 * fours;
    }
  }
  make_one_by_one(p, args, pixels, left);
}

}  // namespace mote
