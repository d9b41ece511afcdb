// Windows times weights, sixteen values at a time, for cores with vectors of 128 bits.
//
// The zero point of the values is in the bias: sum (x - zero) * w = sum x * w - zero * sum w. So taps outside the image
// have to read as the zero point. The last sixteen of a window end in zeros, whatever weights they meet: behind the
// last weight kVectorBytes - 1 more bytes can be read.
//
// All shifts are from 1 to 31 to the right; sums wrap. With h = high_mul(a, m), rounding h / 2^n away from zero is
// rounding h - 1 up where h < 0. That takes the sign of a itself: where it is not that of h, h is 0, and the outcome 0.
#pragma once
#include "mote/device/fixed.h"

namespace mote {

constexpr int32_t kVectorBytes = 16;

constexpr int32_t sixteens_of(int32_t n) { return (n + kVectorBytes - 1) / kVectorBytes; }

// The order of the members is that of arch/mve.cpp.
struct Vectors {
  const int8_t* x;   // sixteen i of pixel p at x[64 * i + 16 * p], at a multiple of 4; or of one pixel, at x[16 * i]
  int32_t sixteens;  // of a window
  const int8_t* w;   // of the first output
  int32_t w_stride;  // from one output's to the next
  const int32_t* bias;
  const Requant* q;
  int32_t blocks;   // two outputs of four pixels, or four of one
  int32_t q_bytes;  // from one output's to the next: sizeof(Requant); for one pixel it may be 0: one for all
  int32_t zero;
  int8_t* out;
  int32_t offset[4];  // where the outputs of four pixels begin, from `out` on; with the outputs less than 65536
};

// requantize(bias + sum x * w) + zero, saturated to int8.
void vectors_of_four_pixels(const Vectors& v);
void vectors_of_one_pixel(const Vectors& v);

// After the whole blocks of n outputs: the rest, which ends in a block that overlaps those before; then a clamp.
void finish_vectors_s8(Vectors v, int32_t pixels, int32_t n, int32_t lo, int32_t hi);

// That for n outputs of four pixels or one, of which there have to be four, in this call or the ones before it. Values
// beyond [lo, hi] are clamped.
template <int kPixels>
MOTE_INLINE void make_vectors_s8(Vectors& v, int32_t n, int32_t lo, int32_t hi) {
  const int32_t shift = kPixels == 4 ? 1 : 2;
  v.blocks = n >> shift;
  if (v.blocks > 0) kPixels == 4 ? vectors_of_four_pixels(v) : vectors_of_one_pixel(v);
  if ((v.blocks << shift) != n || lo > -128 || hi < 127) finish_vectors_s8(v, kPixels, n, lo, hi);
}

// Whether the output rows of a step, of so many bytes, lie within the reach of Vectors::offset.
MOTE_INLINE bool rows_are_close(const KernelArgs& args, int32_t row_bytes) {
  const uint8_t *first = args.out[0], *last = first;
  for (int32_t r = 1; r < args.rows; ++r) {
    first = args.out[r] < first ? args.out[r] : first;
    last = args.out[r] > last ? args.out[r] : last;
  }
  return last - first + row_bytes < 65536;
}

// Depthwise windows. The values of a column's four rows that follow each other lie together in a word: for each quad of
// rows and each column, the words of all channels. The taps of a channel are thus words: groups of four are sixteen
// values.
struct Columns {
  const int8_t* x;
  const int32_t* words;  // where the words of a window lie, from the window on; four for each group
  int32_t groups;
  const int32_t* windows;  // by pixel: where its window begins, from x on
  const int32_t* offsets;  // by pixel: where its outputs begin, from `out` on
  int32_t blocks;          // of four pixels
  const int8_t* w;         // [channel][group][16], with zeros where there are no taps
  const int32_t* bias;
  const Requant* q;
  int32_t channels;
  int32_t zero;
  int8_t* out;
};

// requantize(bias + sum x * w) + zero, saturated to int8, for every channel of every pixel.
void make_columns_s8(const Columns& c);

}  // namespace mote
