// FULLY_CONNECTED: the input's values, in order, form vectors of K; weights are [out_n][K]; bias [out_n] is optional.
#include "mote/ops/dense/dense.op.h"

#include <fmt/core.h>

#include <cmath>

#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/pack_host.h"
#include "mote/compiler/ir/pack_lanes.h"
#include "mote/compiler/ir/pack_pairs.h"
#include "mote/compiler/ir/pack_vectors.h"
#include "mote/compiler/ir/sample.h"
#include "mote/device/vectors.h"
#include "mote/ops/dense/dense.host.h"
#include "mote/ops/dense/dense.kernel.h"

namespace mote {

extern const OpDef dense_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/dense/dense.kernel.h";
constexpr std::string_view kFields =
    "in_n out_n pixels part_n whole_step per_channel in_zero weights_zero out_zero lo hi narrow";
constexpr KernelDef kKernel{"dense_s8", kHeader, "Dense", kFields, dense_s8};
constexpr KernelDef kPairs{"dense_pairs_s8", kHeader, "Dense", kFields, dense_pairs_s8};
constexpr KernelDef kVectors{"dense_vectors_s8", kHeader, "Dense", kFields, dense_vectors_s8};
constexpr KernelDef kFold{"dense_fold_s8", kHeader, "Dense", kFields, dense_fold_s8};
constexpr KernelDef kLanes{"dense_lanes_s8", kHeader, "Dense", kFields, dense_lanes_s8};
constexpr KernelDef kHost{
    "dense_host_s8", "mote/ops/dense/dense.host.h", "Dense", kFields, dense_host_s8, nullptr, true};

constexpr int64_t kMaxStepMacs = 32768;  // keeps a step of the cooperative form below about 100,000 instructions

Status read(const TfliteOp& from, const Graph& g, Op& op) {
  const auto* options = from.op.builtin_options_as_FullyConnectedOptions();
  DenseAttrs attrs;
  MOTE_TRY(attrs.clamp, read_clamp(options, op, g));
  if (options) attrs.keep_dims = options->keep_num_dims();
  if (options && options->weights_format() != tflite::WeightsFormat_DEFAULT)
    return unsupported("its weights are shuffled (SHUFFLED4x16INT8); only the default format is supported");
  op.attrs = attrs;
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), *weights = g.in(op, 1);
  MOTE_TRY_STATUS(require_int8(in, "the input"));
  MOTE_TRY_STATUS(require_int8(&g.out(op), "the output"));
  MOTE_TRY_STATUS(require_weights(weights, 0, true));
  MOTE_TRY_STATUS(require_rank(*weights, 2, "the weights"));
  const int32_t out_n = weights->shape[0], in_n = weights->shape[1];
  MOTE_TRY_STATUS(require_channel_factors(*in, *weights, g.out(op)));
  MOTE_TRY_STATUS(require_bias(g.in(op, 2), out_n));
  const int64_t values = element_count(in->shape);
  if (values % in_n != 0)
    return malformed(
        fmt::format("an input of {} ({} values) does not form vectors of {}", print(in->shape), values, in_n));
  Shape shape{static_cast<int32_t>(values / in_n), out_n};
  if (op.attrs.as<DenseAttrs>().keep_dims) {
    shape = in->shape;
    if (shape.empty() || shape.back() != in_n)
      return malformed(fmt::format("it keeps the dimensions of {}, whose last is not {}", print(in->shape), in_n));
    shape.back() = out_n;
  }
  return std::vector<OutputType>{{DType::int8, shape}};
}

// With one scale for all weights, TFLite rounds the product of both scales to float first.
double factor(const Tensor& in, const Tensor& weights, const Tensor& out, size_t o) {
  const float s = in.quant.scale[0], w = weights.quant.scale_at(o);
  const double product = weights.quant.scale.size() == 1 ? static_cast<double>(s * w) : double{s} * double{w};
  return product / double{out.quant.scale[0]};
}

void define(const Operands& o) {
  const Tensor &in = *o.graph.in(o.op, 0), &weights = *o.graph.in(o.op, 1), &out = o.graph.out(o.op);
  const auto x = o.input<int8_t>(0), w = o.input<int8_t>(1);
  const auto bias = o.op.in.size() > 2 ? o.input<int32_t>(2) : std::span<const int32_t>();
  const auto y = o.output<int8_t>(0);
  const auto out_n = static_cast<size_t>(weights.shape[0]), in_n = static_cast<size_t>(weights.shape[1]);
  const int32_t w_zero = weights.quant.scale.size() == 1 ? weights.quant.zero_at(0) : 0;
  const Clamp clamp = o.op.attrs.as<DenseAttrs>().clamp;
  for (size_t n = 0; n < x.size() / in_n; ++n)
    for (size_t j = 0; j < out_n; ++j) {
      int64_t acc = bias.empty() ? 0 : bias[j];
      for (size_t i = 0; i < in_n; ++i) acc += (x[n * in_n + i] - in.quant.zero_at(0)) * (w[j * in_n + i] - w_zero);
      y[n * out_n + j] =
          define_clamp(int64_t{out.quant.zero_at(0)} + define_requantize(define_wrap(acc), factor(in, weights, out, j)),
                       clamp.lo, clamp.hi);
    }
}

enum { kPixels = 2, kPart = 3, kWhole = 4 };  // among the parameters

std::vector<Requant> multipliers(const Tensor& in, const Tensor& weights, const Tensor& out) {
  std::vector<Requant> requant;
  for (int32_t o = 0; o < weights.shape[0]; ++o)
    requant.push_back(quantize_multiplier(factor(in, weights, out, static_cast<size_t>(o))));
  return requant;
}

// One multiplier for all outputs stays one.
VectorWeights vector_weights(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1);
  const int32_t out_n = weights.shape[0];
  std::vector<Requant> requant = multipliers(in, weights, g.out(op));
  if (weights.quant.scale.size() == 1) requant.resize(1);
  return {weights.data.as<int8_t>(), out_n, bias_values(g.in(op, 2), out_n), std::move(requant), in.quant.zero_at(0)};
}

// Whether a vector is spread over several rows of the input, and a step adds one of them.
bool is_fold(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const int32_t out_n = g.in(op, 1)->shape[0], in_n = g.in(op, 1)->shape[1];
  const int64_t row = row_bytes(in);
  const bool whole_vectors = row % in_n == 0 && row_count(out) == row_count(in);
  return !whole_vectors && in_n % row == 0 && row_bytes(out) == out_n;
}

// Every step reads all of the input.
void read_all(KernelCall& call, const Op& op, const Graph& g, int32_t in_n, int32_t out_n) {
  call.reads = {read_whole(op.in[0], *g.in(op, 0))};
  call.params[kPixels] = static_cast<int32_t>(row_bytes(g.out(op)) / out_n);
  call.params[kWhole] = in_n * call.params[kPixels];
}

// How the vectors lie in rows decides the form: whole vectors in a row, a vector over several rows, or neither.
void spread(KernelCall& call, const Op& op, const Graph& g, int32_t in_n, int32_t out_n) {
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const int64_t row = row_bytes(in);
  const int32_t rows = row_count(in);
  call.reads = {read_same_rows(op.in[0], in, false)};
  call.rows = row_count(out);
  if (row % in_n == 0 && call.rows == rows) {
    call.params[kPixels] = static_cast<int32_t>(row / in_n);
    const int64_t macs = row * out_n;
    if (const int32_t parts = static_cast<int32_t>((macs + kMaxStepMacs - 1) / kMaxStepMacs); parts > 1 && out_n > 4) {
      call.params[kPart] = ((out_n + parts - 1) / parts + 3) / 4 * 4;
      while (out_n % call.params[kPart] > 0 && out_n % call.params[kPart] < 4) call.params[kPart] += 4;
      call.steps_per_row = (out_n + call.params[kPart] - 1) / call.params[kPart];
    }
  } else if (is_fold(op, g)) {
    call.kernel = &kFold;
    call.fold = true;
    call.params[kPart] = static_cast<int32_t>(row);
    call.steps_per_row = static_cast<int32_t>(in_n / row);
    call.carry_bytes = out_n * 4;
  } else {
    read_all(call, op, g, in_n, out_n);
  }
}

bool is_per_channel(const Tensor& weights) { return weights.quant.scale.size() > 1; }

int32_t weights_zero(const Tensor& weights) { return is_per_channel(weights) ? 0 : weights.quant.zero_at(0); }

PairWeights pair_weights(const Op& op, const Graph& g) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const int32_t out_n = weights.shape[0], in_n = weights.shape[1];
  return {weights.data.as<int8_t>(), out_n, 1, in_n, bias_values(g.in(op, 2), out_n), multipliers(in, weights, out),
          in.quant.zero_at(0)};
}

// The plain call.
KernelCall plain_call(const Op& op, const Graph& g) {
  const Tensor &weights = *g.in(op, 1), &out = g.out(op);
  const int32_t out_n = weights.shape[0], in_n = weights.shape[1], w_zero = weights_zero(weights);
  const bool per_channel = is_per_channel(weights);
  const Clamp clamp = op.attrs.as<DenseAttrs>().clamp;
  PairWeights w = pair_weights(op, g);
  const int32_t narrow = w_zero == 0 ? narrowness(w.weights, in_n, in_n, 1, w.bias, w.requant, w.in_zero) : 0;
  if (!per_channel) w.requant.resize(1);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {in_n,     out_n,    1,     out_n, 0, per_channel, w.in_zero, w_zero, out.quant.zero_at(0),
                 clamp.lo, clamp.hi, narrow};
  call.tables = {make_table("weights", "int8_t", weights.data, Table::weights), make_table("bias", w.bias),
                 make_table("requant", w.requant)};
  call.writes = {{op.out[0], 0}};
  spread(call, op, g, in_n, out_n);
  const int64_t outputs = element_count(out.shape);
  call.work = {call.step_count(), outputs / out_n, outputs / out_n * in_n, outputs, outputs * in_n, 0};
  return call;
}

// Whole rows, or a vector that is spread over several rows read as a whole: the host makes all outputs in one step.
KernelCall host_call(const Op& op, const Graph& g) {
  const Tensor& weights = *g.in(op, 1);
  KernelCall call = plain_call(op, g);
  if (call.fold) read_all(call, op, g, weights.shape[1], weights.shape[0]);
  call.kernel = &kHost;
  call.fold = false;
  call.steps_per_row = 1, call.carry_bytes = 0;
  call.params[kPart] = weights.shape[0];
  const PairWeights w = pair_weights(op, g);
  call.tables = pack_host_windows(w.weights, weights_zero(weights), w.bias, w.requant);
  call.scratch_bytes = host_window_bytes(weights.shape[1]);
  return call;
}

std::vector<Way> ways(const Op& op, const Graph& g) {
  const KernelCall plain = plain_call(op, g);
  std::vector<Way> found{{plain.kernel}, {&kHost}};
  const Tensor& weights = *g.in(op, 1);
  if (plain.kernel != &kKernel || weights_zero(weights) != 0) return found;
  const PairWeights packed = pair_weights(op, g);
  if (fits_pairs(packed)) found.push_back({&kPairs});
  const bool pairs_in_all_parts = weights.shape[0] % plain.params[kPart] != 1;
  if (pairs_in_all_parts && fits_lanes(packed)) found.push_back({&kLanes});
  if (fits_vectors(vector_weights(op, g))) found.push_back({&kVectors});
  return found;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions& options) {
  if (options.way.kernel == &kHost) return std::vector<KernelCall>{host_call(op, g)};
  KernelCall call = plain_call(op, g);
  if (options.way.kernel == &kPairs) {
    call.kernel = &kPairs;
    call.tables = {pack_pairs(pair_weights(op, g), g.out(op).quant.zero_at(0))};
    call.scratch_bytes = 4 * pair_window_words(1, g.in(op, 1)->shape[1]);
    call.work.values *= call.steps_per_row;
  } else if (options.way.kernel == &kLanes) {
    const PairWeights packed = pair_weights(op, g);
    const Table requant = call.tables.back();
    call.kernel = &kLanes;
    call.tables = pack_lanes(packed);
    call.tables.push_back(requant);
    call.scratch_bytes = 4 * (lane_window_words(packed) + call.params[kPart]);
    call.work.values *= call.steps_per_row;
  }
  if (options.way.kernel == &kVectors) {
    const int32_t in_n = g.in(op, 1)->shape[1];
    call.kernel = &kVectors;
    call.tables = pack_vectors(vector_weights(op, g));
    if (in_n % kVectorBytes != 0) call.scratch_bytes = sixteens_of(in_n) * kVectorBytes;
  }
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) { return element_count(g.out(op).shape) * g.in(op, 1)->shape[1]; }

int32_t zero_of_weights(const Tensor& weights) {
  return weights.quant.scale.size() == 1 ? weights.quant.zero_at(0) : 0;
}

// A vector is made of whole pixels: its value i belongs to channel i % channels. Else any value may be of any channel.
bool has_channels(const Op& op, const Graph& g) { return g.in(op, 1)->shape[1] % channel_count(*g.in(op, 0)) == 0; }

Ranges ranges(const Op& op, const Graph& g, const OperandRanges& in_ranges) {
  const Tensor &in = *g.in(op, 0), &weights = *g.in(op, 1), &out = g.out(op);
  const auto out_n = static_cast<size_t>(weights.shape[0]), in_n = static_cast<size_t>(weights.shape[1]);
  const std::vector<int32_t> bias = bias_values(g.in(op, 2), weights.shape[0]);
  const auto w = weights.data.as<int8_t>();
  const Ranges x = has_channels(op, g) ? in_ranges[0] : Ranges{hull(in_ranges[0])};
  Ranges result;
  for (size_t o = 0; o < out_n; ++o) {
    Bounds sum{bias[o], bias[o]};
    for (size_t i = 0; i < in_n; ++i) {
      const Bounds b = bound_product(w[o * in_n + i] - zero_of_weights(weights), x[i % x.size()], in.quant.zero_at(0));
      sum.lo += b.lo, sum.hi += b.hi;
    }
    result.push_back(requantize_range(sum.lo, sum.hi, quantize_multiplier(factor(in, weights, out, o)),
                                      out.quant.zero_at(0), op.attrs.as<DenseAttrs>().clamp));
  }
  return result;
}

void need(const Op& op, const Graph& g, const OperandRanges& ranges, OpChannels& channels) {
  if (!has_channels(op, g)) return need_everything(channels);
  const Tensor& weights = *g.in(op, 1);
  for (size_t i = 1; i < channels.in.size(); ++i) channels.in[i].assign(channels.in[i].size(), true);
  ChannelSet &in = channels.in[0], &out = channels.out[0];
  // One scale alone would mean one for all outputs, which has a rounding of its own: a second output stays.
  if (weights.quant.scale.size() > 1 && count(out) == 1) out[out[0] ? 1 : 0] = true;
  const auto w = weights.data.as<int8_t>();
  const auto in_n = static_cast<size_t>(weights.shape[1]);
  for (size_t i = 0; i < w.size(); ++i)
    if (const size_t c = i % in_n % in.size();
        w[i] != zero_of_weights(weights) && out[i / in_n] && !ranges[0][c].is_constant())
      in[c] = true;
}

void keep(Op& op, Graph& g, const OperandRanges& ranges, const OpChannels& kept) {
  const Tensor in = *g.in(op, 0), weights = *g.in(op, 1);
  const auto w = weights.data.as<int8_t>();
  const auto in_n = static_cast<size_t>(weights.shape[1]);
  ChannelSet columns;
  for (size_t i = 0; i < in_n; ++i) columns.push_back(kept.in[0][i % kept.in[0].size()]);
  std::vector<int64_t> folded(kept.out[0].size(), 0);
  for (size_t i = 0; i < w.size(); ++i)
    if (const Range& range = ranges[0][i % in_n % kept.in[0].size()]; !columns[i % in_n] && range.is_constant())
      folded[i / in_n] += (w[i] - zero_of_weights(weights)) * (range.lo - in.quant.zero_at(0));
  const TensorId bias = keep_bias(g, op, kept.out[0], folded);
  op.in = {op.in[0], g.add(keep_indices(keep_indices(weights, 0, kept.out[0]), 1, columns))};
  if (bias != kNone) op.in.push_back(bias);
}

bool absorb_clamp(Op& op, Clamp clamp) { return narrow_clamp(op.attrs.as<DenseAttrs>().clamp, clamp); }

bool reads_flat(const Op& op) { return !op.attrs.as<DenseAttrs>().keep_dims; }

// Makes all factors powers of two, so that many sums lie halfway between two outputs.
void force_ties(Tensor& in, Tensor& weights, Tensor& out) {
  for (Tensor* t : {&in, &weights, &out})
    for (float& scale : t->quant.scale) scale = std::exp2(std::round(std::log2(scale)));
}

Graph sample(Rng& rng) {
  const int32_t a = rng.pick(1, 5), b = rng.pick(1, 4), c = rng.pick(1, 40);
  const Shape shapes[] = {{a, c}, {1, a, b, c}, {1, a, c}, {a, b, b, c}};
  const Shape shape = shapes[rng.pick(0, 3)];
  DenseAttrs attrs{rng.chance(0.3), {rng.pick(-128, -20), rng.pick(20, 127)}};
  int32_t in_n = shape.back();
  if (!attrs.keep_dims && rng.chance(0.6))
    in_n = static_cast<int32_t>(element_count(shape) / (rng.chance(0.7) ? 1 : shape[0]));
  const int32_t out_n = rng.chance(0.1) ? 32768 / in_n + rng.pick(1, 9) : rng.pick(1, 12);
  Tensor in = sample_int8(rng, shape), out = sample_int8(rng, {});
  Tensor weights = sample_weights(rng, {out_n, in_n}, rng.chance(0.5) ? 0 : kNone, in, out, in_n);
  if (weights.quant.scale.size() == 1 && rng.chance(0.3)) weights.quant.zero = {rng.pick(-128, 127)};
  if (rng.chance(0.3)) force_ties(in, weights, out);
  std::vector<Tensor> operands{in, weights};
  if (rng.chance(0.9)) operands.push_back(sample_bias(rng, out_n));
  return sample_graph(dense_op, "FULLY_CONNECTED", attrs, std::move(operands), out);
}

}  // namespace

extern const OpDef dense_op{.name = "dense",
                            .readers = {{"FULLY_CONNECTED", read}},
                            .infer = infer,
                            .define = define,
                            .lower = lower,
                            .ways = ways,
                            .macs = macs,
                            .absorb_clamp = absorb_clamp,
                            .reads_flat = reads_flat,
                            .ranges = ranges,
                            .need = need,
                            .keep = keep,
                            .sample = sample};

}  // namespace mote
