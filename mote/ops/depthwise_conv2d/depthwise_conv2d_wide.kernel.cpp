// Depthwise convolutions, four channels at a time. depthwise_conv2d_wide_s8: three by three taps over rows that are
// widened to int16 once, when they are first read, and kept as long as a window needs them: three rows, in the carry
// memory. depthwise_conv2d_taps_s8: any window, from the rows as they are.
#include "mote/device/arch/this_arch.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"
#include "mote/ops/depthwise_conv2d/list_taps.kernel.h"
#include "mote/ops/depthwise_conv2d/wide.kernel.h"

namespace mote {

#ifndef MOTE_ARMV7EM  // wide_armv7em.kernel.cpp has its own
namespace {

int32_t half(uint32_t word, int32_t i) { return static_cast<int16_t>(word >> 16 * i & 0xFFFF); }
int32_t byte(uint32_t word, int32_t i) { return static_cast<int8_t>(word >> 8 * i & 0xFF); }

// Twice the weight of a tap, for one of the two channels of the group at w.
int32_t twice_weight(const Wide3& d, const uint32_t* w, int32_t tap, int32_t i) {
  return d.bytes ? 2 * byte(w[4 + tap], 2 * i + d.half) : half(w[2 + tap], i);
}

int8_t finish(const Wide3& d, int32_t sum, const uint32_t* w, int32_t i) {
  const int32_t channels = d.bytes ? 4 : 2, at = d.bytes ? 2 * i + d.half : i;
  const uint32_t* multipliers = w + channels + kWideTaps;
  const int32_t shift = byte(multipliers[channels], at);
  const int32_t high =
      static_cast<int32_t>((int64_t{sum} * static_cast<int32_t>(multipliers[at]) + (int64_t{1} << 31)) >> 32);
  return static_cast<int8_t>(Scalar::halve_to_s8((high + (sum >> 31) + d.round * (1 << shift)) >> shift));
}

void make_pixel(const Wide3& d, const uint32_t* const x[3], const uint32_t* w, int8_t* out) {
  for (int32_t i = 0; i < 2; ++i) {
    auto sum = static_cast<int32_t>(w[d.bytes ? 2 * i + d.half : i]);
    for (int32_t tap = 0; tap < kWideTaps; ++tap)
      sum = wrapping_add(sum, half(x[tap / 3][2 * (tap % 3)], i) * twice_weight(d, w, tap, i));
    out[2 * i] = finish(d, sum, w, i);
  }
}

}  // namespace

void wide3(const Wide3& d) {
  const uint32_t* x[3] = {d.x[0], d.x[1], d.x[2]};
  int8_t* out = d.out;
  for (int32_t g = 0; g < d.groups; ++g, out += d.out_gap) {
    for (int32_t i = 0; i < 4 * (d.fours + d.fours_apart) + d.single; ++i, out += d.out_c) {
      make_pixel(d, x, d.w + g * wide_group_words(d.bytes), out);
      for (const uint32_t*& row : x) row += d.step / 4;
    }
    for (const uint32_t*& row : x) row += d.x_gap / 4;
  }
}

void widen_groups(const WidenGroups& d) {
  uint32_t* to = d.to;
  for (int32_t g = 0; g < d.groups; ++g, to += d.gap / 4) {
    const int8_t* x = d.x + 4 * g;
    for (int32_t i = 0; i < d.fours / 8 + d.rest; ++i, x += d.c, to += 2) {
      const uint32_t four = ThisArch::load(x);
      to[0] = ThisArch::even_plus(d.offset, four);
      to[1] = ThisArch::odd_plus(d.offset, four);
    }
  }
}

void wide_taps(const WideTaps& d) {
  const int8_t* w = d.w;
  for (int32_t c = 0; c < 4 * d.groups; c += 4) {
    int32_t sum[4] = {d.bias[c], d.bias[c + 1], d.bias[c + 2], d.bias[c + 3]};
    for (const int8_t* const* tap = d.tap; tap != d.tap_end; ++tap, w += 4)
      Scalar::multiply4_s8(sum, *tap + d.channel + c, static_cast<int16_t>(d.offset & 0xFFFF), w);
    for (int32_t j = 0; j < 4; ++j)
      d.out[c + j] =
          static_cast<int8_t>(Scalar::halve_to_s8(requantize_narrow_twice<Scalar>(sum[j], d.q[c + j], d.round - 1)));
  }
}
#endif

namespace {

// The carry memory: three rows of [group of four channels][column][two words].
struct Ring {
  uint32_t* words;
  int32_t columns;  // of a row, those outside the image included
  int32_t row_words;
  uint32_t* row(int32_t y) const { return words + y % 3 * row_words; }  // counted from the top of the first window
};

// Columns outside the image were set to zero when the row's memory was first used. With channels left over, the last
// group overlaps the one before.
void widen_row(const DepthwiseConv2D& p, const uint8_t* row, int32_t columns, uint32_t* to) {
  const int32_t reach = columns - p.pad_left, n = p.in_w < reach ? p.in_w : reach, c = p.in_c;
  const auto* x = static_cast<const int8_t*>(static_cast<const void*>(row));
  to += 2 * p.pad_left;
  const int32_t groups = c >> 2, gap = 8 * (columns - n);
  widen_groups({x, to, ThisArch::pair(-p.in_zero), c, 8 * (n & ~3), n & 3, gap, groups});
  if (c & 3)
    widen_groups({x + c - 4, to + groups * columns * 2, ThisArch::pair(-p.in_zero), c, 8 * (n & ~3), n & 3, gap, 1});
}

// Not inlined: for Cortex-M55 gcc 12 takes the vector code of this loop for shorter than it is, and branches too far
// over it.
__attribute__((noinline)) void clear(uint32_t* to, int32_t words) {
  for (uint32_t* end = to + words; to != end; ++to) *to = 0;
}

// The rows that this step's window is the first to reach.
void take_new_rows(const DepthwiseConv2D& p, const KernelArgs& args, const Ring& ring) {
  if (args.step == 0) clear(ring.words, 3 * ring.row_words);
  const int32_t top = args.step * p.stride_y, before = args.step ? top - p.stride_y + 3 : top;
  for (int32_t y = before; y < top + 3; ++y) {
    if (const uint8_t* row = args.in[y - top]) widen_row(p, row, ring.columns, ring.row(y));
    else clear(ring.row(y), ring.row_words);
  }
}

void clamp_row(int8_t* v, int32_t n, int32_t lo, int32_t hi) {
  for (int32_t i = 0; i < n; ++i) v[i] = clamp_s8(v[i], lo, hi);
}

}  // namespace

void depthwise_conv2d_wide_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  const int32_t groups = (p.in_c + 3) >> 2, columns = (p.out_w - 1) * p.stride_x + 3, top = args.step * p.stride_y;
  const Ring ring{static_cast<uint32_t*>(static_cast<void*>(args.carry)), columns, groups * columns * 2};
  take_new_rows(p, args, ring);
  Wide3 d;
  d.bytes = p.byte_weights, d.round = 2 * p.out_zero + 1, d.away = p.lo < p.out_zero;
  d.out_c = p.in_c, d.out_gap = 4 - p.out_w * p.in_c;
  const int32_t fours = p.out_w >> 2;
  d.fours = p.stride_x == 1 ? fours : 0, d.fours_apart = p.stride_x == 2 ? fours : 0, d.single = p.out_w & 3;
  d.step = 8 * p.stride_x, d.x_gap = (columns - p.out_w * p.stride_x) * 8;
  const int32_t whole = p.in_c >> 2, stream = wide_group_words(d.bytes);
  const auto* w = data_of<uint32_t>(args, 0);
  int8_t* out = out_row<int8_t>(args, 0);
  for (d.half = 0; d.half < 2; ++d.half) {
    for (int32_t y = 0; y < 3; ++y) d.x[y] = ring.row(top + y) + d.half;
    d.w = d.bytes ? w : w + d.half * groups * stream, d.out = out + d.half, d.groups = whole;
    wide3(d);
    if ((p.in_c & 3) == 0) continue;
    for (int32_t y = 0; y < 3; ++y) d.x[y] += whole * columns * 2;
    d.w += whole * stream, d.out += p.in_c - 4, d.groups = 1;
    wide3(d);
  }
  if (p.lo > -128 || p.hi < 127) clamp_row(out, p.out_w * p.in_c, p.lo, p.hi);
}

void depthwise_conv2d_taps_s8(const KernelArgs& args) {
  const DepthwiseConv2D& p = params_of<DepthwiseConv2D>(args);
  Missing missing(p, args.scratch);
  const int8_t* taps[kMaxWideTaps];
  WideTaps d;
  d.tap = taps, d.tap_end = taps + p.kh * p.kw;
  d.offset = ThisArch::pair(-p.in_zero), d.round = 2 * p.out_zero + 1;
  int8_t* out = out_row<int8_t>(args, 0);
  int32_t listed = 0;   // the window that `taps` is of
  bool inside = false;  // it is inside the image: the next one is the same further to the right
  for (int32_t i = 0, left = -p.pad_left; i < p.out_w; ++i, left += p.stride_x, out += p.in_c) {
    if (!inside || left > last_inside(p)) inside = list_taps(p, args, listed = left, missing, taps);
    const int32_t first = (left - listed) * p.in_c;
    d.w = data_of<int8_t>(args, 0), d.bias = data_of<int32_t>(args, 1), d.q = data_of<Requant>(args, 2);
    d.out = out, d.channel = first, d.groups = p.in_c >> 2;
    wide_taps(d);
    if ((p.in_c & 3) == 0) continue;
    const int32_t last = p.in_c - 4;
    d.w += 4 * d.groups * p.kh * p.kw, d.bias += last, d.q += last;
    d.out = out + last, d.channel = first + last, d.groups = 1;
    wide_taps(d);
  }
  if (p.lo > -128 || p.hi < 127) clamp_row(out_row<int8_t>(args, 0), p.out_w * p.in_c, p.lo, p.hi);
}

}  // namespace mote
