// Convolutions by vectors: the windows of four pixels are put together in scratch memory, then all outputs are made
// from there. Pixels that are no whole block are made one by one, or with one of them twice. Windows of several rows,
// or that leave the image, are taken from a strip: the rows that the step's windows reach, with zero points around
// them.
#include "mote/device/copy16.h"
#include "mote/device/vectors.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {
namespace {

// Puts windows together, sixteens `kStep` apart.
struct Windows {
  const uint16_t* order;  // null, or where the values of a window lie from its first one on: conv2d.kernel.h
  int32_t rows, pitch;    // of a window, and bytes from one to the next
  int32_t n;              // values of a row

  template <int kStep>
  MOTE_INLINE void put(const int8_t* from, int8_t* to) const {
    if (order) {
      const int32_t firsts = values_in_first_halves(rows * n);
      gather8<kStep>(from, order, firsts, to);
      return gather8<kStep>(from, order + firsts, rows * n - firsts, to + 8);
    }
    for (int32_t y = 0; y < rows; ++y, from += pitch, to += n / kVectorBytes * kStep) copy16<kStep>(from, n, to);
  }
};

// Rows of a strip, from the input rows at `in`.
__attribute__((noinline)) void fill_strip(const Conv2D& p, const uint8_t* const* in, int32_t rows, int32_t columns,
                                          int8_t* to) {
  const int32_t before = (p.pad_left < columns ? p.pad_left : columns) * p.in_c, width = columns * p.in_c,
                room = width - before, inside = room < p.in_w * p.in_c ? room : p.in_w * p.in_c;
  for (; rows > 0; --rows, ++in, to += width) {
    if (!*in) {
      fill16(p.in_zero, width, to);
      continue;
    }
    fill16(p.in_zero, before, to);
    copy16<kVectorBytes>(static_cast<const int8_t*>(static_cast<const void*>(*in)), inside, to + before);
    fill16(p.in_zero, room - inside, to + before + inside);
  }
}

// The pixels of some rows, one after another.
struct Pixels {
  const KernelArgs& args;
  int32_t row;
  const int8_t* strip;  // of the window's first row; null: windows are taken from the image
  int32_t strip_step;   // from row to row
  const int8_t* window = nullptr;
  int8_t* out = nullptr;
  int32_t left = 0;  // pixels in the row

  MOTE_INLINE void begin_row(const Conv2D& p) {
    window = strip ? strip : in_row<int8_t>(args, row * p.stride_y);
    out = out_row<int8_t>(args, row);
    left = p.out_w;
  }
  MOTE_INLINE void go_on(const Conv2D& p, int32_t pixels) {
    window += pixels * p.stride_x * p.in_c, out += pixels * p.out_c, left -= pixels;
    if (left > 0 || ++row == args.rows) return;
    if (strip) strip += strip_step;
    begin_row(p);
  }
};

// Four neighbours. v.offset is what `spread_evenly` makes it.
MOTE_INLINE void make_neighbours(const Conv2D& p, const Windows& windows, Pixels& pixels, Vectors& v, int8_t* x) {
  const int8_t* window = pixels.window;
  const int32_t step = p.stride_x * p.in_c;
  for (int32_t i = 0; i < 4; ++i, window += step, x += kVectorBytes) windows.put<4 * kVectorBytes>(window, x);
  v.out = pixels.out;
  make_vectors_s8<4>(v, p.out_c, p.lo, p.hi);
  pixels.go_on(p, 4);
}

MOTE_INLINE void spread_evenly(const Conv2D& p, Vectors& v) {
  for (int32_t i = 0; i < 4; ++i) v.offset[i] = i * p.out_c;
}

// Four pixels of several rows, or three and the last one again.
__attribute__((noinline)) void make_four(const Conv2D& p, const Windows& windows, Pixels& pixels, int32_t left,
                                         Vectors& v, int8_t* x) {
  int8_t* out[4];
  for (int32_t i = 0; i < 4; ++i) {
    windows.put<4 * kVectorBytes>(pixels.window, x + i * kVectorBytes);
    out[i] = pixels.out;
    if (i + 1 < left) pixels.go_on(p, 1);
  }
  v.out = out[0];
  for (int32_t i = 1; i < 4; ++i) v.out = out[i] < v.out ? out[i] : v.out;
  for (int32_t i = 0; i < 4; ++i) v.offset[i] = static_cast<int32_t>(out[i] - v.out);
  make_vectors_s8<4>(v, p.out_c, p.lo, p.hi);
  spread_evenly(p, v);
}

// The rows [row, end), which lie close together.
__attribute__((noinline)) void make_rows(const KernelArgs& args, int32_t row, int32_t end) {
  const Conv2D& p = params_of<Conv2D>(args);
  const int32_t n = p.kw * p.in_c, columns = (p.out_w - 1) * p.stride_x + p.kw;
  const bool in_place = p.kh == 1 && p.pad_left == 0 && columns <= p.in_w;
  const int32_t pitch = in_place ? 0 : columns * p.in_c;
  Vectors v;
  v.sixteens = sixteens_of(p.kh * n), v.w = data_of<int8_t>(args, 0), v.w_stride = p.kh * n;
  v.bias = data_of<int32_t>(args, 1), v.q = data_of<Requant>(args, 2), v.q_bytes = sizeof(Requant);
  v.zero = p.out_zero;
  auto* x = static_cast<int8_t*>(static_cast<void*>(args.scratch));
  const int32_t window_bytes = v.sixteens * kVectorBytes;
  int8_t* strip = x + 4 * window_bytes;
  const bool ordered = p.kh > 1 && n % kVectorBytes != 0;
  const Windows windows{ordered ? data_of<uint16_t>(args, 3) : nullptr, p.kh, pitch, n};
  if (!in_place) {
    const int32_t rows = (end - row - 1) * p.stride_y + p.kh;
    fill_strip(p, args.in + row * p.stride_y, rows, columns, strip);
  }
  fill16(0, 4 * kVectorBytes, strip - 4 * kVectorBytes);  // what windows end in stays
  Pixels pixels{args, row, in_place ? nullptr : strip, p.stride_y * pitch};
  pixels.begin_row(p);
  v.x = x;
  spread_evenly(p, v);
  int32_t left = (end - row) * p.out_w;
  for (; left >= 3; left -= 4)
    if (pixels.left >= 4) make_neighbours(p, windows, pixels, v, x);
    else make_four(p, windows, pixels, left, v, x);
  fill16(0, kVectorBytes, x + window_bytes - kVectorBytes);
  for (; left > 0; --left, pixels.go_on(p, 1)) {
    windows.put<kVectorBytes>(pixels.window, x);
    v.out = pixels.out;
    make_vectors_s8<1>(v, p.out_c, p.lo, p.hi);
  }
}

}  // namespace

void conv2d_vectors_s8(const KernelArgs& args) {
  const Conv2D& p = params_of<Conv2D>(args);
  if (rows_are_close(args, p.out_w * p.out_c)) return make_rows(args, 0, args.rows);
  for (int32_t r = 0; r < args.rows; ++r) make_rows(args, r, r + 1);
}

}  // namespace mote
