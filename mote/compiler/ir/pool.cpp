#include "mote/compiler/ir/pool.h"

#include <fmt/core.h>

#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"

namespace mote {
namespace {

constexpr int32_t kMaxTaps = 1 << 20;  // sums of int8 stay far from 2^31

}  // namespace

Expected<std::vector<OutputType>> infer_pool(const Op& op, const Graph& g) {
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the input"));
  MOTE_TRY_STATUS(require_same_quant(*in, g.out(op), "a pool does not rescale"));
  const Window2D& w = op.attrs.as<PoolAttrs>().window;
  MOTE_TRY_STATUS(check_window(w, in->shape[1], in->shape[2]));
  if (w.kh * w.kw > kMaxTaps)
    return unsupported(fmt::format("a window of {}x{}; at most {} taps are supported", w.kh, w.kw, kMaxTaps));
  if (w.dilation_y != 1 || w.dilation_x != 1) return unsupported("a dilated pool is not supported");
  if (std::max(w.pad_top, w.pad_bottom) >= w.kh || std::max(w.pad_left, w.pad_right) >= w.kw)
    return malformed(fmt::format("a padding as large as the window of {}x{}", w.kh, w.kw));
  return std::vector<OutputType>{
      {DType::int8, {in->shape[0], w.out_h(in->shape[1]), w.out_w(in->shape[2]), in->shape[3]}}};
}

std::vector<KernelCall> lower_pool(const Op& op, const Graph& g, const KernelDef& window, const KernelDef& fold,
                                   int32_t carry_bytes) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const auto& [w, clamp] = op.attrs.as<PoolAttrs>();
  const int32_t h = in.shape[1], out_h = out.shape[1];
  const int64_t carry = row_bytes(out) * carry_bytes;
  const bool folds =
      w.kh > 1 && (w.stride_y == w.kh || out_h == 1) && row_bytes(in) + carry < std::min(w.kh, h) * row_bytes(in);
  KernelCall call;
  call.kernel = folds ? &fold : &window;
  call.params = {h,          in.shape[2], in.shape[3], out.shape[2], w.kh,     w.kw,
                 w.stride_y, w.stride_x,  w.pad_top,   w.pad_left,   clamp.lo, clamp.hi};
  call.rows = out_h;
  call.fold = folds;
  if (folds) call.steps_per_row = w.kh, call.carry_bytes = static_cast<int32_t>(carry);
  std::vector<KernelCall> calls;
  for (int32_t n = 0; n < in.shape[0]; ++n) {
    Reads reads = read_window_rows(op.in[0], w, n * h, h);
    if (folds) reads.span = reads.stride = 1;
    call.reads = {reads};
    call.writes = {{op.out[0], n * out_h}};
    calls.push_back(call);
  }
  return calls;
}

int64_t count_pool_taps(const Op& op, const Graph& g) {
  const Window2D& w = op.attrs.as<PoolAttrs>().window;
  return element_count(g.out(op).shape) * w.kh * w.kw;
}

bool absorb_clamp_into_pool(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<PoolAttrs>().clamp, clamp); }

Ranges pool_ranges(const Op& op, const Graph&, const OperandRanges& in) {
  Ranges out;
  for (const Range& r : in[0]) out.push_back(clamp_range(r, op.attrs.as<PoolAttrs>().clamp));
  return out;
}

bool is_identity_pool(const Op& op, const Graph&, const OperandRanges& in) {
  const auto& [w, clamp] = op.attrs.as<PoolAttrs>();
  const Range all = hull(in[0]);
  return w.kh * w.kw == 1 && w.stride_y == 1 && w.stride_x == 1 && clamp.lo <= all.lo && all.hi <= clamp.hi;
}

Graph sample_pool(Rng& rng, const OpDef& def, std::string type) {
  const int32_t h = rng.pick(1, 12), w = rng.pick(1, 12);
  PoolAttrs attrs{sample_window(rng, h, w, 12, false), {rng.pick(-128, -20), rng.pick(20, 127)}};
  if (rng.chance(0.3)) {
    attrs.window = {};
    attrs.window.kh = h, attrs.window.kw = w;  // global
  } else if (rng.chance(0.4)) {
    attrs.window.stride_y = attrs.window.kh;
    pad_same(attrs.window, h, w);
  }
  const int32_t channels = rng.pick(1, rng.chance(0.3) ? 40 : 9);
  Tensor in = sample_int8(rng, {rng.chance(0.2) ? 2 : 1, h, w, channels}), out = sample_int8(rng, {});
  out.quant = in.quant;
  return sample_graph(def, std::move(type), attrs, {in}, out);
}

}  // namespace mote
