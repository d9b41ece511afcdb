// CONV_2D: operands are the image [N][H][W][C], weights [out_c][kh][kw][C / groups] and an optional bias [out_c].
#include "mote/ops/conv2d/conv2d.op.h"

#include <fmt/core.h>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/pack_host.h"
#include "mote/compiler/ir/pack_lanes.h"
#include "mote/compiler/ir/pack_pairs.h"
#include "mote/compiler/ir/pack_vectors.h"
#include "mote/compiler/ir/params.h"
#include "mote/compiler/ir/sample.h"
#include "mote/device/vectors.h"
#include "mote/ops/conv2d/conv2d.host.h"
#include "mote/ops/conv2d/conv2d.kernel.h"

namespace mote {

extern const OpDef conv2d_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/conv2d/conv2d.kernel.h";
constexpr std::string_view kFields =
    "in_w in_c out_w out_c groups kh kw stride_y stride_x dilation_y dilation_x pad_left in_zero "
    "out_zero lo hi narrow";
constexpr KernelDef kKernel{"conv2d_s8", kHeader, "Conv2D", kFields, conv2d_s8, pack<Conv2D, 17>};
constexpr KernelDef kApart{"conv2d_apart_s8", kHeader, "Conv2D", kFields, conv2d_apart_s8, pack<Conv2D, 17>};

constexpr KernelDef kPairs4{"conv2d_pairs4_s8", kHeader, "Conv2D", kFields, conv2d_pairs4_s8, pack<Conv2D, 17>};
constexpr KernelDef kPairs1{"conv2d_pairs1_s8", kHeader, "Conv2D", kFields, conv2d_pairs1_s8, pack<Conv2D, 17>};
constexpr KernelDef kLanes{"conv2d_lanes_s8", kHeader, "Conv2D", kFields, conv2d_lanes_s8, pack<Conv2D, 17>};
constexpr KernelDef kVectors{"conv2d_vectors_s8", kHeader, "Conv2D", kFields, conv2d_vectors_s8, pack<Conv2D, 17>};

constexpr KernelDef kHost{
    "conv2d_host_s8", "mote/ops/conv2d/conv2d.host.h", "Conv2D", kFields, conv2d_host_s8, pack<Conv2D, 17>, true};

int32_t groups_of(const Tensor& in, const Tensor& weights) { return in.shape[3] / weights.shape[3]; }

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  Conv2DAttrs attrs;
  MOTE_TRY_STATUS(read_window(from.op.builtin_options_as_Conv2DOptions(), op, g, attrs.window));
  MOTE_TRY(attrs.clamp, read_clamp(from.op.builtin_options_as_Conv2DOptions(), op, g));
  op.attrs = attrs;
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), *weights = g.in(op, 1), *bias = g.in(op, 2);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY_STATUS(require_weights(weights, 0, false));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the input"));
  MOTE_TRY_STATUS(require_rank(*weights, 4, "the weights"));
  const int32_t out_c = weights->shape[0], depth = weights->shape[3];
  if (in->shape[3] % depth != 0 || out_c % (in->shape[3] / depth) != 0)
    return malformed(fmt::format("{} input channels, {} weights per tap and {} outputs do not form whole groups",
                                 in->shape[3], depth, out_c));
  MOTE_TRY_STATUS(require_channel_factors(*in, *weights, g.out(op)));
  MOTE_TRY_STATUS(require_bias(bias, out_c));
  const Window2D& w = op.attrs.as<Conv2DAttrs>().window;
  if (w.kh != weights->shape[1] || w.kw != weights->shape[2]) return malformed("the window is not that of the weights");
  MOTE_TRY_STATUS(check_window(w, in->shape[1], in->shape[2]));
  return std::vector<OutputType>{{DType::int8, {in->shape[0], w.out_h(in->shape[1]), w.out_w(in->shape[2]), out_c}}};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &weights = *o.graph.in(o.op, 1), &out = o.graph.out(o.op);
  const auto& [w, clamp] = o.op.attrs.as<Conv2DAttrs>();
  const auto x = o.input<int8_t>(0), k = o.input<int8_t>(1);
  const auto bias = o.op.in.size() > 2 ? o.input<int32_t>(2) : std::span<const int32_t>();
  const auto y = o.output<int8_t>(0);
  const int32_t h = in.shape[1], width = in.shape[2], c = in.shape[3], depth = weights.shape[3];
  const int32_t out_c = weights.shape[0], per_group = out_c / (c / depth);
  std::vector<DefinedFactor> factor;
  for (int32_t i = 0; i < out_c; ++i)
    factor.push_back(define_factor(double{in.quant.scale[0]} * double{weights.quant.scale_at(static_cast<size_t>(i))} /
                                   double{out.quant.scale[0]}));
  size_t at = 0;
  for (int32_t n = 0; n < out.shape[0]; ++n)
    for (int32_t oy = 0; oy < out.shape[1]; ++oy)
      for (int32_t ox = 0; ox < out.shape[2]; ++ox)
        for (int32_t oc = 0; oc < out_c; ++oc) {
          int64_t acc = bias.empty() ? 0 : bias[static_cast<size_t>(oc)];
          for (int32_t ky = 0; ky < w.kh; ++ky)
            for (int32_t kx = 0; kx < w.kw; ++kx) {
              const int32_t iy = oy * w.stride_y - w.pad_top + ky * w.dilation_y;
              const int32_t ix = ox * w.stride_x - w.pad_left + kx * w.dilation_x;
              if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
              for (int32_t i = 0; i < depth; ++i) {
                const auto from = static_cast<size_t>(((n * h + iy) * width + ix) * c + oc / per_group * depth + i);
                const auto tap = static_cast<size_t>(((oc * w.kh + ky) * w.kw + kx) * depth + i);
                acc += (x[from] - in.quant.zero_at(0)) * k[tap];
              }
            }
          y[at++] = define_clamp(
              int64_t{out.quant.zero_at(0)} + define_requantize(define_wrap(acc), factor[static_cast<size_t>(oc)]),
              clamp.lo, clamp.hi);
        }
}

bool is_apart(const Op& op, const Graph& g) {
  const Window2D& w = op.attrs.as<Conv2DAttrs>().window;
  return groups_of(*g.in(op, 0), *g.in(op, 1)) > 1 || w.dilation_x > 1 || w.dilation_y > 1;
}

VectorWeights vector_weights(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const int32_t out_c = weights.shape[0];
  return {weights.data.as<int8_t>(), out_c, bias_values(g.in(op, 2), out_c), channel_requant(in, weights, out, out_c),
          in.quant.zero_at(0)};
}

PairWeights pair_weights(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const int32_t out_c = weights.shape[0];
  return {weights.data.as<int8_t>(),
          out_c,
          weights.shape[1],
          weights.shape[2] * weights.shape[3],
          bias_values(g.in(op, 2), out_c),
          channel_requant(in, weights, out, out_c),
          in.quant.zero_at(0)};
}

// Bytes of a row of a strip: the columns that all windows of a row reach; 0: they are taken from the image.
int32_t strip_pitch(const Op& op, const Graph& g) {
  const Tensor& in = *g.in(op, 0);
  const Window2D& w = op.attrs.as<Conv2DAttrs>().window;
  const int32_t columns = (g.out(op).shape[2] - 1) * w.stride_x + w.kw;
  return w.kh == 1 && w.pad_left == 0 && columns <= in.shape[2] ? 0 : columns * in.shape[3];
}

bool can_be_vectors(const Op& op, const Graph& g) {
  const Window2D& w = op.attrs.as<Conv2DAttrs>().window;
  const int32_t pitch = strip_pitch(op, g);
  if (pitch == 0 && (w.pad_top > 0 || w.pad_bottom > 0)) return false;
  return w.kh * pitch <= UINT16_MAX && fits_vectors(vector_weights(op, g));
}

// Where the values of a window lie in a strip.
std::vector<uint16_t> window_order(int32_t kh, int32_t n, int32_t pitch) {
  std::vector<uint16_t> order;
  for (int32_t half : {0, 8})
    for (int32_t i = 0; i < kh * n; ++i)
      if (i % 16 / 8 * 8 == half) order.push_back(static_cast<uint16_t>(i / n * pitch + i % n));
  return order;
}

// The tables and scratch memory of the way by vectors.
void make_vectors(KernelCall& call, const Op& op, const Graph& g) {
  const Window2D& w = op.attrs.as<Conv2DAttrs>().window;
  const int32_t pitch = strip_pitch(op, g), n = w.kw * g.in(op, 0)->shape[3];
  call.tables = pack_vectors(vector_weights(op, g));
  if (w.kh > 1 && n % kVectorBytes != 0) call.tables.push_back(make_table("order", window_order(w.kh, n, pitch)));
  const int32_t strip_rows = (call.rows_per_step - 1) * w.stride_y + w.kh;
  call.scratch_bytes = 4 * kVectorBytes * sixteens_of(w.kh * n) + strip_rows * pitch;
}

std::vector<Way> ways(const Op& op, const Graph& g) {
  std::vector<Way> found{{is_apart(op, g) ? &kApart : &kKernel}};
  if (groups_of(*g.in(op, 0), *g.in(op, 1)) == 1) found.push_back({&kHost});
  if (is_apart(op, g)) return found;
  const PairWeights weights = pair_weights(op, g);
  if (fits_lanes(weights)) found.push_back({&kLanes});
  const Shape& out = g.out(op).shape;
  if (can_be_vectors(op, g)) {
    found.push_back({&kVectors});
    if (const int32_t n = rows_that_fill(out[2], out[1]); n > 1) found.push_back({&kVectors, n});
  }
  if (!fits_pairs(weights)) return found;
  found.push_back({&kPairs1});
  found.push_back({&kPairs4});
  if (const int32_t n = rows_that_fill(out[2], out[1]); n > 1) found.push_back({&kPairs4, n});
  return found;
}

// Pixels in whole blocks of four, and those that are left over.
Work work_of_blocks(const Op& op, const Graph& g, const Way& way) {
  const Tensor& weights = *g.in(op, 1);
  const Shape& out = g.out(op).shape;
  const int64_t taps = element_count(weights.shape) / weights.shape[0];
  const int64_t steps = int64_t{out[0]} * (out[1] / way.rows_per_step),
                rest_rows = out[0] * (out[1] % way.rows_per_step);
  const int64_t block = way.kernel == &kPairs4 || way.kernel == &kVectors ? 4 : 1;
  const int64_t left = steps * (int64_t{way.rows_per_step} * out[2] % block) +
                       (rest_rows > 0 ? out[0] * (rest_rows / out[0] * out[2] % block) : 0);
  const int64_t pixels = int64_t{out[0]} * out[1] * out[2];
  return {steps + (rest_rows > 0 ? out[0] : 0),
          pixels,
          pixels * taps,
          pixels * out[3],
          pixels * taps * out[3],
          left * taps * out[3]};
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions& options) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const auto& [w, clamp] = op.attrs.as<Conv2DAttrs>();
  const int32_t h = in.shape[1], out_h = out.shape[1], out_c = out.shape[3];
  const PairWeights packed = pair_weights(op, g);
  const int64_t taps = element_count(weights.shape) / out_c;
  const int32_t narrow = narrowness(packed.weights, taps, taps, 1, packed.bias, packed.requant, packed.in_zero);
  const Way way = options.way.kernel ? options.way : Way{is_apart(op, g) ? &kApart : &kKernel};
  KernelCall call;
  call.kernel = way.kernel;
  call.rows_per_step = way.rows_per_step;
  call.params = {in.shape[2],
                 in.shape[3],
                 out.shape[2],
                 out_c,
                 groups_of(in, weights),
                 w.kh,
                 w.kw,
                 w.stride_y,
                 w.stride_x,
                 w.dilation_y,
                 w.dilation_x,
                 w.pad_left,
                 in.quant.zero_at(0),
                 out.quant.zero_at(0),
                 clamp.lo,
                 clamp.hi,
                 narrow};
  if (way.kernel == &kPairs4 || way.kernel == &kPairs1) {
    call.tables = {pack_pairs(packed, out.quant.zero_at(0))};
    const int32_t words = pair_window_words(packed.runs, packed.run_values);
    const int32_t run = w.is_padded() ? packed.run_values : 0;
    call.scratch_bytes = (way.kernel == &kPairs4 ? 4 : 1) * (4 * words + run);
  } else if (way.kernel == &kLanes) {
    call.tables = pack_lanes(packed);
    call.tables.push_back(make_table("requant", packed.requant));
    call.scratch_bytes = 4 * (lane_window_words(packed) + out_c);
  } else if (way.kernel == &kVectors) {
    make_vectors(call, op, g);
  } else if (way.kernel == &kHost) {
    call.tables = pack_host_windows(packed.weights, 0, packed.bias, packed.requant);
    call.scratch_bytes = host_window_bytes(taps);
  } else {
    call.tables = {make_table("weights", "int8_t", weights.data, Table::weights), make_table("bias", packed.bias),
                   make_table("requant", packed.requant)};
  }
  call.work = work_of_blocks(op, g, way);
  call.rows = out_h;
  std::vector<KernelCall> calls;
  for (int32_t n = 0; n < in.shape[0]; ++n) {
    call.reads = {read_window_rows(op.in[0], w, n * h, h)};
    call.writes = {{op.out[0], n * out_h}};
    calls.push_back(call);
    call.work = {};  // counted once for all
  }
  return calls;
}

int64_t macs(const Op& op, const Graph& g) {
  const Tensor& weights = *g.in(op, 1);
  return element_count(g.out(op).shape) * weights.shape[1] * weights.shape[2] * weights.shape[3];
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const auto& [w, clamp] = op.attrs.as<Conv2DAttrs>();
  const int32_t out_c = weights.shape[0], depth = weights.shape[3], per_group = out_c / groups_of(in, weights);
  const std::vector<int32_t> bias = bias_values(g.in(op, 2), out_c);
  const std::vector<Requant> requant = channel_requant(in, weights, out, out_c);
  const int8_t* k = weights.data.as<int8_t>().data();
  const TapSpans spans = find_tap_spans(w, in.shape[1], in.shape[2]);
  Ranges result;
  for (int32_t o = 0; o < out_c; ++o) {
    const Range* x = in_ranges[0].data() + o / per_group * depth;
    std::vector<Bounds> taps(static_cast<size_t>(w.kh * w.kw));
    for (Bounds& tap : taps)
      for (int32_t i = 0; i < depth; ++i) {
        const Bounds b = bound_product(*k++, x[i], in.quant.zero_at(0));
        tap.lo += b.lo, tap.hi += b.hi;
      }
    const Bounds sum = bound_window_sums(w, spans, taps);
    const auto c = static_cast<size_t>(o);
    result.push_back(requantize_range(bias[c] + sum.lo, bias[c] + sum.hi, requant[c], out.quant.zero_at(0), clamp));
  }
  return result;
}

// A constant channel is folded into the bias where each of its taps adds the same everywhere: nothing, or what it adds
// inside the image if no window leaves it.
bool can_fold(const Range& range, const Tensor& in, const Window2D& w) {
  return range.is_constant(in.quant.zero_at(0)) || (range.is_constant() && stays_inside(w, in.shape[1], in.shape[2]));
}

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1);
  if (groups_of(in, weights) > 1) return need_everything(channels);
  for (size_t i = 1; i < channels.in.size(); ++i) channels.in[i].assign(channels.in[i].size(), true);
  const auto depth = static_cast<size_t>(weights.shape[3]);
  ChannelSet read(depth, false);
  const auto k = weights.data.as<int8_t>();
  const size_t per_output = k.size() / channels.out[0].size();
  for (size_t i = 0; i < k.size(); ++i)
    if (k[i] != 0 && channels.out[0][i / per_output]) read[i % depth] = true;
  for (size_t c = 0; c < depth; ++c)
    if (read[c] && !can_fold(ranges[0][c], in, op.attrs.as<Conv2DAttrs>().window)) channels.in[0][c] = true;
}

void keep(Op& op, Graph& g, const OperandRanges& ranges, const OpChannels& kept) {
  const Tensor in = *g.in(op, 0), weights = *g.in(op, 1);
  const auto depth = static_cast<size_t>(weights.shape[3]);
  const auto k = weights.data.as<int8_t>();
  std::vector<int64_t> folded(kept.out[0].size(), 0);
  for (size_t i = 0; i < k.size(); ++i)
    if (const size_t c = i % depth; !kept.in[0][c] && ranges[0][c].is_constant())
      folded[i / (k.size() / folded.size())] += k[i] * (ranges[0][c].lo - in.quant.zero_at(0));
  const TensorId bias = keep_bias(g, op, kept.out[0], folded);
  op.in = {op.in[0], g.add(keep_indices(keep_indices(weights, 0, kept.out[0]), 3, kept.in[0]))};
  if (bias != kNone) op.in.push_back(bias);
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<Conv2DAttrs>().clamp, clamp); }

bool absorb_padding(Op& op, const Graph&, const std::vector<std::pair<int32_t, int32_t>>& padding) {
  return add_padding(op.attrs.as<Conv2DAttrs>().window, padding);
}

Graph sample(Rng& rng) {
  const int32_t h = rng.pick(1, 12), w = rng.pick(1, 12);
  const int32_t groups = rng.chance(0.25) ? rng.pick(2, 4) : 1, depth = rng.pick(1, 9), out_c = groups * rng.pick(1, 9);
  Conv2DAttrs attrs{sample_window(rng, h, w, 5, true), {rng.pick(-128, -20), rng.pick(20, 127)}};
  Tensor in = sample_int8(rng, {rng.chance(0.2) ? 2 : 1, h, w, groups * depth}), out = sample_int8(rng, {});
  Tensor weights = sample_weights(rng, {out_c, attrs.window.kh, attrs.window.kw, depth}, rng.chance(0.8) ? 0 : kNone,
                                  in, out, int64_t{attrs.window.kh} * attrs.window.kw * depth);
  std::vector<Tensor> operands{in, weights};
  if (rng.chance(0.9)) operands.push_back(sample_bias(rng, out_c));
  return sample_graph(conv2d_op, "CONV_2D", attrs, std::move(operands), out);
}

}  // namespace

extern const OpDef conv2d_op{.name = "conv2d",
                             .readers = {{"CONV_2D", read}},
                             .infer = infer,
                             .define = define,
                             .lower = lower,
                             .ways = ways,
                             .macs = macs,
                             .absorb_clamp = absorb_clamp,
                             .absorb_padding = absorb_padding,
                             .ranges = ranges,
                             .need = need,
                             .keep = keep,
                             .sample = sample};

}  // namespace mote
