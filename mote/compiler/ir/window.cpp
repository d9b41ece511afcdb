#include "mote/compiler/ir/window.h"

#include <fmt/core.h>

namespace mote {
namespace {

constexpr int32_t kMaxSize = 4096;

void pad_axis(int32_t size, int32_t reach, int32_t stride, int32_t& before, int32_t& after) {
  const int32_t outputs = (size + stride - 1) / stride;
  const int32_t total = std::max((outputs - 1) * stride + reach - size, 0);
  before = total / 2;
  after = total - before;
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
