// Matrix, int16. There is no such op in model files: sensor blocks and learners make it (make_matrix).
#include "mote/ops/matrix/matrix.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/ops/matrix/matrix.kernel.h"

namespace mote {

extern const OpDef matrix_op;

namespace {

constexpr KernelDef kKernel{"matrix_s16", "mote/ops/matrix/matrix.kernel.h", "Matrix",
                            "vectors n m multiplier shift narrow", matrix_s16};

Status require_scale(const Tensor& t, const std::string& what) {
  if (t.quant.scale.size() == 1 && t.quant.zero_at(0) == 0) return {};
  return unsupported(fmt::format("{} \"{}\" has {} scales and the zero point {}; one scale and 0 are supported", what,
                                 t.name, t.quant.scale.size(), t.quant.zero_at(0)));
}

double factor(const Op& op, const Graph& g) {
  return double{g.in(op, 0)->quant.scale[0]} * double{g.in(op, 1)->quant.scale[0]} / double{g.out(op).quant.scale[0]};
}

// The largest sum that any input can make.
int64_t reach(std::span<const int16_t> weights, std::span<const int32_t> bias, size_t m) {
  const size_t n = weights.size() / m;
  int64_t most = 0;
  for (size_t j = 0; j < m; ++j) {
    int64_t sum = bias.empty() ? 0 : std::abs(int64_t{bias[j]});
    for (size_t i = 0; i < n; ++i) sum += 32768 * std::abs(int64_t{weights[j * n + i]});
    most = std::max(most, sum);
  }
  return most;
}

int64_t largest_sum(const Op& op, const Graph& g) {
  const Tensor& w = *g.in(op, 1);
  const Tensor* bias = g.in(op, 2);
  return reach(w.data.as<int16_t>(), bias ? bias->data.as<int32_t>() : std::span<const int32_t>(),
               static_cast<size_t>(w.shape[0]));
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const Tensor *in = g.in(op, 0), *w = g.in(op, 1), *bias = g.in(op, 2);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the input"));
  MOTE_TRY_STATUS(require_type(w, DType::int16, "the weights"));
  MOTE_TRY_STATUS(require_rank(*w, 2, "the weights"));
  if (in->shape.empty() || in->shape.back() != w->shape[1] || !w->is_constant())
    return unsupported(
        fmt::format("weights of the shape {} for vectors of the shape {}; they have to be constant, as "
                    "wide as a vector is long",
                    print(w->shape), print(in->shape)));
  MOTE_TRY_STATUS(require_scale(*in, "the input"));
  MOTE_TRY_STATUS(require_scale(*w, "the weights"));
  MOTE_TRY_STATUS(require_scale(g.out(op), "the output"));
  if (bias) MOTE_TRY_STATUS(require_bias(bias, w->shape[0]));
  MOTE_TRY_STATUS(require_factor(factor(op, g)));
  if (largest_sum(op, g) > INT32_MAX)
    return unsupported(fmt::format("the weights \"{}\" are so large that sums could leave 32 bits", w->name));
  Shape shape = in->shape;
  shape.back() = w->shape[0];
  return std::vector<OutputType>{{DType::int16, shape}};
}

void define(const Operands& o) {
  const auto x = o.input<int16_t>(0), w = o.input<int16_t>(1);
  const auto bias = o.in.size() > 2 ? o.input<int32_t>(2) : std::span<const int32_t>();
  const auto y = o.output<int16_t>(0);
  const auto n = static_cast<size_t>(o.graph.in(o.op, 1)->shape[1]), m = w.size() / n;
  const DefinedFactor f = define_factor(factor(o.op, o.graph));
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t v = i / m, j = i % m;
    int64_t sum = bias.empty() ? 0 : bias[j];
    for (size_t k = 0; k < n; ++k) sum += int64_t{x[v * n + k]} * w[j * n + k];
    y[i] = static_cast<int16_t>(std::clamp(define_requantize(static_cast<int32_t>(sum), f), -32768, 32767));
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Tensor &in = *g.in(op, 0), &w = *g.in(op, 1), &out = g.out(op);
  const int32_t m = w.shape[0], n = w.shape[1];
  const Requant q = quantize_multiplier(factor(op, g));
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {static_cast<int32_t>(row_bytes(out) / 2 / m),        n, m, q.multiplier, q.shift,
                 q.shift < 0 && largest_sum(op, g) < int64_t{1} << 30};
  call.tables = {make_table("weights", "int16_t", w.data, Table::weights),
                 make_table("bias", bias_values(g.in(op, 2), m))};
  call.reads = {read_same_rows(op.in[0], in, false)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(out);
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) { return element_count(g.out(op).shape) * g.in(op, 1)->shape[1]; }

Graph sample(Rng& rng) {
  Tensor in;
  in.type = DType::int16;
  for (int32_t rank = rng.pick(0, 3); rank > 0; --rank) in.shape.push_back(rng.pick(1, 4));
  const int32_t n = rng.pick(1, 20), m = rng.pick(1, 9);
  in.shape.push_back(n);
  in.quant = {{static_cast<float>(0.001 + rng.unit())}, {0}, 0};
  std::vector<std::vector<double>> rows(static_cast<size_t>(m));
  for (auto& row : rows)
    for (int32_t i = 0; i < n; ++i) row.push_back(2 * rng.unit() - 1);
  Tensor out;
  out.quant = {{static_cast<float>(in.quant.scale[0] * (0.1 + 4 * rng.unit()))}, {0}, 0};
  std::vector<Tensor> operands{in, matrix_weights(rows)};
  if (rng.chance(0.5)) {
    std::vector<int32_t> bias;
    for (int32_t j = 0; j < m; ++j) bias.push_back(rng.pick(-1000000, 1000000));
    operands.push_back(constant_int32({m}, bias));
  }
  return sample_graph(matrix_op, "MATRIX", {}, operands, out);
}

}  // namespace

Tensor matrix_weights(const std::vector<std::vector<double>>& rows) {
  double sum = 0, most = 0;
  for (const auto& row : rows) {
    double size = 0;
    for (double w : row) size += std::abs(w), most = std::max(most, std::abs(w));
    sum = std::max(sum, size);
  }
  // Half of 2^31 / 2^15 is left for a bias; rounding adds at most a half to each weight.
  const double room = 32768.0 - 0.5 * static_cast<double>(rows.empty() ? 0 : rows[0].size());
  const double scale = std::max({sum / room, most / 32767, 1e-30});
  Tensor t;
  t.name = "weights";
  t.type = DType::int16;
  t.shape = {static_cast<int32_t>(rows.size()), static_cast<int32_t>(rows.empty() ? 0 : rows[0].size())};
  t.quant = {{static_cast<float>(scale)}, {0}, 0};
  std::vector<int16_t> values;
  for (const auto& row : rows)
    for (double w : row) values.push_back(static_cast<int16_t>(std::lround(w / t.quant.scale[0])));
  t.data = make_blob(values);
  return t;
}

Op make_matrix(TensorId in, TensorId weights, TensorId bias, TensorId out) {
  return make_op(matrix_op, "MATRIX", {}, bias == kNone ? std::vector{in, weights} : std::vector{in, weights, bias},
                 out);
}

extern const OpDef matrix_op{
    .name = "matrix", .readers = {}, .infer = infer, .define = define, .lower = lower, .macs = macs, .sample = sample};

}  // namespace mote
