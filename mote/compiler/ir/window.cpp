#include "mote/compiler/ir/window.h"

#include <fmt/core.h>

#include <algorithm>

namespace mote {
namespace {

constexpr int32_t kMaxSize = 4096;

void pad_axis(int32_t size, int32_t reach, int32_t stride, int32_t& before, int32_t& after) {
  const int32_t outputs = (size + stride - 1) / stride;
  const int32_t total = std::max((outputs - 1) * stride + reach - size, 0);
  before = total / 2;
  after = total - before;
}

std::vector<TapSpan> tap_spans(int32_t outputs, int32_t size, int32_t taps, int32_t stride, int32_t dilation,
                               int32_t before) {
  std::vector<TapSpan> spans;
  for (int32_t i = 0; i < outputs; ++i) {
    const int64_t first = int64_t{i} * stride - before;  // where tap 0 is
    auto taps_below = [&](int64_t end) {
      return std::clamp<int64_t>((end - first + dilation - 1) / dilation, 0, taps);
    };
    const TapSpan span{static_cast<int32_t>(first < 0 ? taps_below(0) : 0), static_cast<int32_t>(taps_below(size))};
    if (spans.empty() || !(spans.back() == span)) spans.push_back(span);  // equal ones follow one another
  }
  return spans;
}

}  // namespace

Status check_window_sizes(const Window2D& w) {
  for (int32_t v : {w.kh, w.kw, w.stride_y, w.stride_x, w.dilation_y, w.dilation_x})
    if (v < 1 || v > kMaxSize)
      return unsupported(fmt::format("window {}x{}, stride {}x{}, dilation {}x{}: each has to be from 1 to {}", w.kh,
                                     w.kw, w.stride_y, w.stride_x, w.dilation_y, w.dilation_x, kMaxSize));
  return {};
}

Status check_window(const Window2D& w, int32_t height, int32_t width) {
  MOTE_TRY_STATUS(check_window_sizes(w));
  for (int32_t v : {w.pad_top, w.pad_bottom, w.pad_left, w.pad_right})
    if (v < 0 || v > kMaxSize) return unsupported(fmt::format("a padding of {}; 0 to {} is allowed", v, kMaxSize));
  if (w.out_h(height) < 1 || w.out_w(width) < 1)
    return malformed(fmt::format("the window {}x{} (reaching {}x{}) is larger than the padded input {}x{}", w.kh, w.kw,
                                 w.reach_y(), w.reach_x(), height + w.pad_top + w.pad_bottom,
                                 width + w.pad_left + w.pad_right));
  return {};
}

void pad_same(Window2D& w, int32_t height, int32_t width) {
  pad_axis(height, w.reach_y(), w.stride_y, w.pad_top, w.pad_bottom);
  pad_axis(width, w.reach_x(), w.stride_x, w.pad_left, w.pad_right);
}

Reads read_window_rows(TensorId tensor, const Window2D& w, int32_t begin, int32_t h) {
  Reads reads;
  reads.tensor = tensor;
  reads.begin = begin;
  reads.count = h;
  reads.span = w.kh;
  reads.stride = w.stride_y;
  reads.offset = -w.pad_top;
  reads.dilation = w.dilation_y;
  return reads;
}

TapSpans find_tap_spans(const Window2D& w, int32_t h, int32_t width) {
  return {tap_spans(w.out_h(h), h, w.kh, w.stride_y, w.dilation_y, w.pad_top),
          tap_spans(w.out_w(width), width, w.kw, w.stride_x, w.dilation_x, w.pad_left)};
}

bool stays_inside(const Window2D& w, int32_t h, int32_t width) {
  return find_tap_spans(w, h, width) == TapSpans{{{0, w.kh}}, {{0, w.kw}}};
}

Bounds bound_window_sums(const Window2D& w, const TapSpans& spans, std::span<const Bounds> taps) {
  // below[y][x]: the sums of the taps above and left of (y, x); any rectangle's sum is four of them.
  const auto kh = static_cast<size_t>(w.kh), kw = static_cast<size_t>(w.kw);
  std::vector<Bounds> below((kh + 1) * (kw + 1));
  auto at = [&](size_t y, size_t x) -> Bounds& { return below[y * (kw + 1) + x]; };
  for (size_t y = 0; y < kh; ++y)
    for (size_t x = 0; x < kw; ++x) {
      const Bounds &own = taps[y * kw + x], &up = at(y, x + 1), &left = at(y + 1, x), &both = at(y, x);
      at(y + 1, x + 1) = {own.lo + up.lo + left.lo - both.lo, own.hi + up.hi + left.hi - both.hi};
    }
  Bounds all{INT64_MAX, INT64_MIN};
  for (const TapSpan& rows : spans.rows)
    for (const TapSpan& cols : spans.columns) {
      const auto y0 = static_cast<size_t>(rows.begin), y1 = static_cast<size_t>(rows.end);
      const auto x0 = static_cast<size_t>(cols.begin), x1 = static_cast<size_t>(cols.end);
      if (y0 >= y1 || x0 >= x1) {
        all = {std::min<int64_t>(all.lo, 0), std::max<int64_t>(all.hi, 0)};
        continue;
      }
      all.lo = std::min(all.lo, at(y1, x1).lo - at(y0, x1).lo - at(y1, x0).lo + at(y0, x0).lo);
      all.hi = std::max(all.hi, at(y1, x1).hi - at(y0, x1).hi - at(y1, x0).hi + at(y0, x0).hi);
    }
  return all;
}

int32_t rows_that_fill(int32_t width, int32_t rows) {
  for (int32_t n : {1, 2, 4})
    if (n <= rows && n * width % 4 == 0) return n;
  return 1;
}

Window2D sample_window(Rng& rng, int32_t h, int32_t w, int32_t max_size, bool dilated) {
  Window2D r;
  r.kh = rng.pick(1, std::min(max_size, h));
  r.kw = rng.pick(1, std::min(max_size, w));
  r.stride_y = rng.pick(1, 3);
  r.stride_x = rng.pick(1, 3);
  if (dilated && rng.chance(0.3)) {
    if (r.kh > 1) r.dilation_y = rng.pick(1, std::max(1, (h - 1) / (r.kh - 1)));
    if (r.kw > 1) r.dilation_x = rng.pick(1, std::max(1, (w - 1) / (r.kw - 1)));
  }
  if (rng.chance(0.5)) pad_same(r, h, w);
  else if (rng.chance(0.3)) {
    r.pad_top = rng.pick(0, r.reach_y() - 1), r.pad_bottom = rng.pick(0, r.reach_y() - 1);
    r.pad_left = rng.pick(0, r.reach_x() - 1), r.pad_right = rng.pick(0, r.reach_x() - 1);
  }
  return r;
}

bool add_padding(Window2D& w, const std::vector<std::pair<int32_t, int32_t>>& padding) {
  if (padding.size() != 4) return false;
  for (size_t d : {0, 3})
    if (padding[d] != std::pair<int32_t, int32_t>(0, 0)) return false;
  w.pad_top += padding[1].first, w.pad_bottom += padding[1].second;
  w.pad_left += padding[2].first, w.pad_right += padding[2].second;
  return std::max({w.pad_top, w.pad_bottom, w.pad_left, w.pad_right}) <= kMaxSize;
}

}  // namespace mote
