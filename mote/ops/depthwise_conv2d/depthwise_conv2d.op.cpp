// DEPTHWISE_CONV_2D: operands are the image [N][H][W][C], weights [1][kh][kw][C * multiplier] and an optional bias.
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/pack_host.h"
#include "mote/compiler/ir/pack_vectors.h"
#include "mote/compiler/ir/params.h"
#include "mote/compiler/ir/sample.h"
#include "mote/device/vectors.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.host.h"
#include "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h"
#include "mote/ops/depthwise_conv2d/wide.kernel.h"

namespace mote {

extern const OpDef depthwise_conv2d_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/depthwise_conv2d/depthwise_conv2d.kernel.h";
constexpr std::string_view kFields =
    "in_w in_c out_w multiplier kh kw stride_y stride_x dilation_y dilation_x pad_left "
    "in_zero out_zero lo hi narrow byte_weights";
constexpr KernelDef kKernel{"depthwise_conv2d_s8",    kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_s8,
                            pack<DepthwiseConv2D, 17>};
constexpr KernelDef kKernel3{"depthwise_conv2d_3_s8",  kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_3_s8,
                             pack<DepthwiseConv2D, 17>};
constexpr KernelDef kTaps{"depthwise_conv2d_taps_s8", kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_taps_s8,
                          pack<DepthwiseConv2D, 17>};
constexpr KernelDef kSpread{
    "depthwise_conv2d_spread_s8", kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_spread_s8,
    pack<DepthwiseConv2D, 17>};
constexpr KernelDef kColumns{
    "depthwise_conv2d_columns_s8", kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_columns_s8,
    pack<DepthwiseConv2D, 17>};

constexpr KernelDef kWide{"depthwise_conv2d_wide_s8", kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_wide_s8,
                          pack<DepthwiseConv2D, 17>};
// The same code with tables of half the size.
constexpr KernelDef kWideBytes = kWide;

constexpr KernelDef kChannels{
    "depthwise_conv2d_channels_s8", kHeader, "DepthwiseConv2D", kFields, depthwise_conv2d_channels_s8,
    pack<DepthwiseConv2D, 17>};

constexpr KernelDef kHost{"depthwise_conv2d_host_s8",
                          "mote/ops/depthwise_conv2d/depthwise_conv2d.host.h",
                          "DepthwiseConv2D",
                          kFields,
                          depthwise_conv2d_host_s8,
                          pack<DepthwiseConv2D, 17>,
                          true};

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  DepthwiseConv2DAttrs attrs;
  MOTE_TRY_STATUS(read_window(from.op.builtin_options_as_DepthwiseConv2DOptions(), op, g, attrs.window));
  MOTE_TRY(attrs.clamp, read_clamp(from.op.builtin_options_as_DepthwiseConv2DOptions(), op, g));
  op.attrs = attrs;
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), *weights = g.in(op, 1);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY_STATUS(require_weights(weights, 3, false));
  MOTE_TRY_STATUS(require_rank(*in, 4, "the input"));
  MOTE_TRY_STATUS(require_rank(*weights, 4, "the weights"));
  const int32_t in_c = in->shape[3], out_c = weights->shape[3];
  if (weights->shape[0] != 1 || in_c < 1 || out_c % in_c != 0)
    return malformed(fmt::format("weights of {} for {} input channels; [1][kh][kw][channels * multiplier] is needed",
                                 print(weights->shape), in_c));
  MOTE_TRY_STATUS(require_channel_factors(*in, *weights, g.out(op)));
  MOTE_TRY_STATUS(require_bias(g.in(op, 2), out_c));
  const Window2D& w = op.attrs.as<DepthwiseConv2DAttrs>().window;
  if (w.kh != weights->shape[1] || w.kw != weights->shape[2]) return malformed("the window is not that of the weights");
  MOTE_TRY_STATUS(check_window(w, in->shape[1], in->shape[2]));
  return std::vector<OutputType>{{DType::int8, {in->shape[0], w.out_h(in->shape[1]), w.out_w(in->shape[2]), out_c}}};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &weights = *o.graph.in(o.op, 1), &out = o.graph.out(o.op);
  const auto& [w, clamp] = o.op.attrs.as<DepthwiseConv2DAttrs>();
  const auto x = o.input<int8_t>(0), k = o.input<int8_t>(1);
  const auto bias = o.op.in.size() > 2 ? o.input<int32_t>(2) : std::span<const int32_t>();
  const auto y = o.output<int8_t>(0);
  const int32_t h = in.shape[1], width = in.shape[2], c = in.shape[3], out_c = weights.shape[3];
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
              const auto from = static_cast<size_t>(((n * h + iy) * width + ix) * c + oc / (out_c / c));
              const auto tap = static_cast<size_t>((ky * w.kw + kx) * out_c + oc);
              acc += (x[from] - in.quant.zero_at(0)) * k[tap];
            }
          const double factor = double{in.quant.scale[0]} * double{weights.quant.scale_at(static_cast<size_t>(oc))} /
                                double{out.quant.scale[0]};
          const int64_t v = int64_t{out.quant.zero_at(0)} + define_requantize(define_wrap(acc), factor);
          y[at++] = define_clamp(v, clamp.lo, clamp.hi);
        }
}

int32_t narrowness(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const Window2D& w = op.attrs.as<DepthwiseConv2DAttrs>().window;
  const int32_t out_c = out.shape[3];
  return narrowness(weights.data.as<int8_t>(), int64_t{w.kh} * w.kw, 1, out_c, bias_values(g.in(op, 2), out_c),
                    channel_requant(in, weights, out, out_c), in.quant.zero_at(0));
}

constexpr int32_t kMaxWideShift = 22;  // the rounding constant with the zero point fits 32 bits

// Factors that wide.kernel.h takes.
bool fits_wide(const Op& op, const Graph& g) {
  for (const Requant& q : channel_requant(*g.in(op, 0), *g.in(op, 1), g.out(op), g.out(op).shape[3]))
    if (q.shift < -kMaxWideShift) return false;
  return narrowness(op, g) > 0;
}

bool fits_columns(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  return out.shape[3] == in.shape[3] && shifts_right(channel_requant(in, *g.in(op, 1), out, out.shape[3]));
}

// The tables and scratch memory of the way by columns. Word q * kw + x of a window holds the taps of column x in rows
// 4 * q to 4 * q + 3.
void make_columns(KernelCall& call, const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const Window2D& w = op.attrs.as<DepthwiseConv2DAttrs>().window;
  const int32_t c = in.shape[3], quads = (w.kh + 3) / 4, groups = (quads * w.kw + 3) / 4, taps = groups * kVectorBytes;
  const ColumnsRoom room = columns_room(out.shape[2], w.stride_x, w.kw, w.dilation_x, quads, c, call.rows_per_step);
  const auto values = weights.data.as<int8_t>();
  std::vector<int8_t> packed(static_cast<size_t>(c) * static_cast<size_t>(taps));
  for (int32_t y = 0; y < w.kh; ++y)
    for (int32_t x = 0; x < w.kw; ++x)
      for (int32_t i = 0; i < c; ++i)
        packed[static_cast<size_t>(i * taps + (y / 4 * w.kw + x) * 4 + y % 4)] =
            values[static_cast<size_t>((y * w.kw + x) * c + i)];
  std::vector<int32_t> words(static_cast<size_t>(groups) * 4);
  for (int32_t q = 0; q < quads; ++q)
    for (int32_t x = 0; x < w.kw; ++x)
      words[static_cast<size_t>(q * w.kw + x)] = (q * room.columns + x * w.dilation_x) * 4 * c;
  const std::vector<int32_t> bias = bias_values(g.in(op, 2), c);
  call.tables = {make_table("weights", packed),
                 make_table("bias", bias_without_zero(values, w.kh * w.kw, 1, c, bias, in.quant.zero_at(0))),
                 make_table("requant", with_right_shifts(channel_requant(in, weights, out, c))),
                 make_table("words", words, Table::multipliers)};
  call.scratch_bytes = room.bytes + 8 * room.pixels + in.shape[2] * c;
}

std::vector<Way> ways(const Op& op, const Graph& g) {
  const int32_t c = g.in(op, 0)->shape[3], out_c = g.out(op).shape[3];
  const Shape& out = g.out(op).shape;
  std::vector<Way> found{{out_c > c || c < 4 ? &kSpread : &kKernel}};
  if (out_c == c) found.push_back({&kHost});
  if (fits_columns(op, g)) {
    found.push_back({&kColumns});
    if (const int32_t n = rows_that_fill(out[2], out[1]); n > 1) found.push_back({&kColumns, n});
    if (out[2] < 4 && out[1] >= 8) found.push_back({&kColumns, 8});
  }
  if (out_c > c || c < 4) return found;
  const Window2D& w = op.attrs.as<DepthwiseConv2DAttrs>().window;
  const bool dense = w.dilation_x == 1 && w.dilation_y == 1;
  if (w.kw == 3 && dense && narrowness(op, g) > 0) found.push_back({&kKernel3});
  if (w.kh * w.kw <= kMaxWideTaps) found.push_back({&kChannels});
  if (!fits_wide(op, g)) return found;
  if (w.kh * w.kw <= kMaxWideTaps) found.push_back({&kTaps});
  if (w.kh == 3 && w.kw == 3 && dense && w.stride_x <= 2 && w.stride_y <= 3)
    found.insert(found.end(), {{&kWide}, {&kWideBytes}});
  return found;
}

uint32_t two_halves(int32_t low, int32_t high) {
  return (static_cast<uint32_t>(low) & 0xFFFF) | static_cast<uint32_t>(high) << 16;
}

// The first channels of groups of four; the last group may overlap the one before.
std::vector<size_t> group_begins(size_t channels) {
  std::vector<size_t> begins;
  for (size_t c = 0; c < channels; c += 4) begins.push_back(std::min(c, channels - 4));
  return begins;
}

int32_t four_bytes(const std::array<int32_t, 4>& v) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word |= (static_cast<uint32_t>(v[i]) & 0xFF) << 8 * i;
  return static_cast<int32_t>(word);
}

// The stream of wide.kernel.h.
Table wide_stream(const Op& op, const Graph& g, bool bytes) {
  const Tensor &weights = *g.in(op, 1), &out = g.out(op);
  const auto w = weights.data.as<int8_t>();
  const auto channels = static_cast<size_t>(out.shape[3]);
  const std::vector<int32_t> bias = bias_values(g.in(op, 2), out.shape[3]);
  const std::vector<Requant> requant = channel_requant(*g.in(op, 0), weights, out, out.shape[3]);
  using Offsets = std::vector<size_t>;
  const std::vector<Offsets> parts = bytes ? std::vector<Offsets>{{0, 1, 2, 3}} : std::vector<Offsets>{{0, 2}, {1, 3}};
  std::vector<int32_t> words;
  for (const Offsets& part : parts)
    for (size_t c : group_begins(channels)) {
      for (size_t j : part) words.push_back(2 * bias[c + j]);
      for (size_t tap = 0; tap < kWideTaps; ++tap) {
        const int8_t* four = &w[tap * channels + c];
        words.push_back(bytes ? four_bytes({four[0], four[1], four[2], four[3]})
                              : static_cast<int32_t>(two_halves(2 * four[part[0]], 2 * four[part[1]])));
      }
      for (size_t j : part) words.push_back(requant[c + j].multiplier);
      std::array<int32_t, 4> shifts{};
      for (size_t i = 0; i < part.size(); ++i) shifts[i] = ~requant[c + part[i]].shift;
      words.push_back(four_bytes(shifts));
    }
  Table table = make_table("weights", words);
  const auto finish_words = static_cast<int64_t>(bytes ? 5 : 2 * 3);
  table.other_bytes = static_cast<int64_t>(group_begins(channels).size()) * finish_words * 4;
  return table;
}

Table weights_by_groups(const Tensor& weights) {
  const auto w = weights.data.as<int8_t>();
  const auto channels = static_cast<size_t>(weights.shape[3]);
  std::vector<int8_t> values;
  for (size_t c : group_begins(channels))
    for (size_t tap = 0; tap < w.size() / channels; ++tap)
      for (size_t j = 0; j < 4; ++j) values.push_back(w[tap * channels + c + j]);
  return make_table("weights", values);
}

// The bias with the zero points of all taps in it, modulo 2^32.
std::vector<int32_t> start_values(const Op& op, const Graph& g) {
  const auto weights = g.in(op, 1)->data.as<int8_t>();
  std::vector<int32_t> start = bias_values(g.in(op, 2), g.out(op).shape[3]);
  const int32_t in_zero = g.in(op, 0)->quant.zero_at(0);
  for (size_t i = 0; i < weights.size(); ++i) {
    int32_t& s = start[i % start.size()];
    s = wrapping_add(s, -in_zero * weights[i]);
  }
  return start;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions& options) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const auto& [w, clamp] = op.attrs.as<DepthwiseConv2DAttrs>();
  const int32_t h = in.shape[1], c = in.shape[3], out_h = out.shape[1], out_c = out.shape[3];
  KernelCall call;
  const Way way = options.way.kernel ? options.way : ways(op, g)[0];
  call.kernel = way.kernel;
  call.rows_per_step = way.rows_per_step;
  call.params = {in.shape[2],
                 c,
                 out.shape[2],
                 out_c / c,
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
                 narrowness(op, g),
                 call.kernel == &kWideBytes};
  const int64_t pixels = element_count(out.shape) / out_c, outputs = element_count(out.shape);
  call.work = {int64_t{in.shape[0]} * ((out_h + way.rows_per_step - 1) / way.rows_per_step),
               pixels,
               0,
               outputs,
               outputs * w.kh * w.kw,
               0};
  if (call.kernel == &kWide || call.kernel == &kWideBytes) {
    const bool bytes = call.kernel == &kWideBytes;
    call.tables = {wide_stream(op, g, bytes)};
    const int32_t row_bytes = (c + 3) / 4 * ((out.shape[2] - 1) * w.stride_x + 3) * 8;
    call.carry_bytes = 3 * row_bytes;
    call.work.values = int64_t{in.shape[0]} * h * row_bytes / 2;
    if (bytes) call.work.values += call.work.steps * kWideTaps * c;
    if (w.stride_x > 1) call.work.rest_macs = call.work.macs;
  } else if (call.kernel == &kColumns) {
    make_columns(call, op, g);
  } else if (call.kernel == &kHost) {
    call.tables = pack_host_taps(weights.data.as<int8_t>(), bias_values(g.in(op, 2), out_c),
                                 channel_requant(in, weights, out, out_c));
  } else {
    const int32_t missing_bytes = w.is_padded() ? (c + 3) / 4 * 4 : 0;
    call.scratch_bytes = call.kernel == &kTaps ? missing_bytes : call.kernel == &kChannels ? 4 * c + missing_bytes : 0;
    call.tables = {call.kernel == &kTaps ? weights_by_groups(weights)
                                         : make_table("weights", "int8_t", weights.data, Table::weights),
                   call.kernel == &kChannels ? make_table("start", start_values(op, g))
                                             : make_table("bias", bias_values(g.in(op, 2), out_c)),
                   make_table("requant", channel_requant(in, weights, out, out_c))};
  }
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
  return element_count(g.out(op).shape) * weights.shape[1] * weights.shape[2];
}

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const auto& [w, clamp] = op.attrs.as<DepthwiseConv2DAttrs>();
  const auto out_c = static_cast<size_t>(weights.shape[3]), multiplier = out_c / in_ranges[0].size();
  const std::vector<int32_t> bias = bias_values(g.in(op, 2), weights.shape[3]);
  const std::vector<Requant> requant = channel_requant(in, weights, out, weights.shape[3]);
  const auto k = weights.data.as<int8_t>();
  const TapSpans spans = find_tap_spans(w, in.shape[1], in.shape[2]);
  Ranges result;
  for (size_t o = 0; o < out_c; ++o) {
    std::vector<Bounds> taps;
    for (size_t t = 0; t < k.size() / out_c; ++t)
      taps.push_back(bound_product(k[t * out_c + o], in_ranges[0][o / multiplier], in.quant.zero_at(0)));
    const Bounds sum = bound_window_sums(w, spans, taps);
    result.push_back(requantize_range(bias[o] + sum.lo, bias[o] + sum.hi, requant[o], out.quant.zero_at(0), clamp));
  }
  return result;
}

// Each input channel makes `multiplier` output channels, all of them or none.
void need(const Op& op, const Graph& g, const OperandRanges&, OpChannels& channels) {
  ChannelSet &in = channels.in[0], &out = channels.out[0];
  const size_t multiplier = out.size() / in.size();
  for (size_t o = 0; o < out.size(); ++o)
    if (out[o]) in[o / multiplier] = true;
  for (size_t o = 0; o < out.size(); ++o) out[o] = in[o / multiplier];
  for (size_t i = 1; i < op.in.size(); ++i)
    if (g.in(op, i)) channels.in[i].assign(channels.in[i].size(), true);
}

void keep(Op& op, Graph& g, const OperandRanges&, const OpChannels& kept) {
  const Tensor weights = *g.in(op, 1);
  const TensorId bias = keep_bias(g, op, kept.out[0], std::vector<int64_t>(kept.out[0].size(), 0));
  op.in = {op.in[0], g.add(keep_indices(weights, 3, kept.out[0]))};
  if (bias != kNone) op.in.push_back(bias);
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<DepthwiseConv2DAttrs>().clamp, clamp); }

bool absorb_padding(Op& op, const Graph&, const std::vector<std::pair<int32_t, int32_t>>& padding) {
  return add_padding(op.attrs.as<DepthwiseConv2DAttrs>().window, padding);
}

Graph sample(Rng& rng) {
  const int32_t h = rng.pick(1, 12), w = rng.pick(1, 12);
  const bool spread = rng.chance(0.4), one = spread && rng.chance(0.6);
  const int32_t in_c = one ? 1 : rng.pick(1, spread ? 4 : 14), out_c = in_c * (spread ? rng.pick(2, 9) : 1);
  const bool whole_range = rng.chance(0.5);
  DepthwiseConv2DAttrs attrs{sample_window(rng, h, w, 5, true),
                             whole_range ? Clamp{-128, 127} : Clamp{rng.pick(-128, -20), rng.pick(20, 127)}};
  Window2D& window = attrs.window;
  if (w >= 3 && rng.chance(0.4)) {  // kernels have forms of their own for these
    window.kw = 3, window.dilation_y = window.dilation_x = 1;
    if (h >= 3 && rng.chance(0.7)) window.kh = 3;
    window.pad_left = rng.pick(0, 2), window.pad_right = rng.pick(0, 2);
  }
  Tensor in = sample_int8(rng, {rng.chance(0.2) ? 2 : 1, h, w, in_c}), out = sample_int8(rng, {});
  Tensor weights = sample_weights(rng, {1, window.kh, window.kw, out_c}, rng.chance(0.8) ? 3 : kNone, in, out,
                                  int64_t{window.kh} * window.kw);
  std::vector<Tensor> operands{in, weights};
  if (rng.chance(0.9)) operands.push_back(sample_bias(rng, out_c));
  return sample_graph(depthwise_conv2d_op, "DEPTHWISE_CONV_2D", attrs, std::move(operands), out);
}

}  // namespace

extern const OpDef depthwise_conv2d_op{.name = "depthwise_conv2d",
                                       .readers = {{"DEPTHWISE_CONV_2D", read}},
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
