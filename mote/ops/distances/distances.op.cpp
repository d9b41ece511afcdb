// Squared distances to centres: see distances.op.h for the operands.
#include "mote/ops/distances/distances.op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/vector_op.h"
#include "mote/ops/distances/distances.kernel.h"

namespace mote {

extern const OpDef distances_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/distances/distances.kernel.h";
constexpr std::string_view kFields = "n vectors centres triangular scales_step least shift out_shift";
constexpr KernelDef kNarrow{"distances_s8", kHeader, "Distances", kFields, distances_s8};
constexpr KernelDef kWide{"distances_s16", kHeader, "Distances", kFields, distances_s16};

constexpr int32_t kMaxFeatures = 4096, kMaxCentres = 65535;

// The operands with their meanings.
struct Centres {
  const Tensor& x;
  std::span<const int16_t> centres;
  std::span<const int32_t> scales, offsets;
  int32_t n, count, per_centre;  // numbers of a scaling
  bool shared, triangular;

  int32_t centre(int32_t k, int32_t i) const { return centres[static_cast<size_t>(k * n + i)]; }
  // What x[i] - centre[i] is multiplied by on the way to y[j].
  int32_t scale(int32_t k, int32_t j, int32_t i) const {
    const int32_t at = triangular ? (i > j ? -1 : j * (j + 1) / 2 + i) : (i != j ? -1 : i);
    return at < 0 ? 0 : scales[static_cast<size_t>((shared ? 0 : k) * per_centre + at)];
  }
  int32_t offset(int32_t k) const { return offsets.empty() ? 0 : offsets[static_cast<size_t>(k)]; }
};

Centres centres_of(const Op& op, const Graph& g) {
  const Tensor &x = *g.in(op, 0), &centres = *g.in(op, 1), &scales = *g.in(op, 2);
  const Tensor* offsets = g.in(op, 3);
  const int32_t n = x.shape.back();
  return {x,
          centres.data.as<int16_t>(),
          scales.data.as<int32_t>(),
          offsets ? offsets->data.as<int32_t>() : std::span<const int32_t>(),
          n,
          centres.shape[0],
          scales.shape[1],
          scales.shape[0] == 1,
          scales.shape[1] != n};
}

Status check_operands(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(require_vectors(g.in(op, 0), kMaxFeatures));
  const int32_t n = g.in(op, 0)->shape.back();
  MOTE_TRY_STATUS(require_constant(g.in(op, 1), DType::int16, 2, "the operand with the centres"));
  MOTE_TRY_STATUS(require_constant(g.in(op, 2), DType::int32, 2, "the operand with the scales"));
  const Shape &centres = g.in(op, 1)->shape, &scales = g.in(op, 2)->shape;
  if (centres[1] != n || centres[0] > kMaxCentres)
    return malformed(
        fmt::format("its centres are {}; up to {} of {} values are allowed", print(centres), kMaxCentres, n));
  if ((scales[0] != 1 && scales[0] != centres[0]) || (scales[1] != n && scales[1] != n * (n + 1) / 2))
    return malformed(fmt::format("its scales are {} for {} centres of {} values", print(scales), centres[0], n));
  if (const Tensor* offsets = g.in(op, 3)) {
    MOTE_TRY_STATUS(require_constant(offsets, DType::int32, 1, "the operand with the offsets"));
    if (offsets->shape[0] != centres[0])
      return malformed(fmt::format("it has {} offsets for {} centres", offsets->shape[0], centres[0]));
  }
  const auto& a = op.attrs.as<DistancesAttrs>();
  if (a.shift < 0 || a.shift > 31 || a.out_shift < 0 || a.out_shift > 62)
    return malformed(fmt::format("its shifts are {} and {}; up to 31 and 62 are allowed", a.shift, a.out_shift));
  return {};
}

// Every y of every x fits 32 bits, every sum of squares 62.
Status check_sums(const Centres& c, int32_t shift) {
  const int32_t low = c.x.type == DType::int8 ? -128 : -32768, high = -1 - low;
  for (int32_t k = 0; k < c.count; ++k) {
    double squares = 0;
    for (int32_t j = 0; j < c.n; ++j) {
      double y = 0;
      for (int32_t i = c.triangular ? 0 : j; i <= j; ++i)
        y += std::abs(double{static_cast<double>(c.scale(k, j, i))}) *
             std::max(high - c.centre(k, i), c.centre(k, i) - low);
      y = y / static_cast<double>(int64_t{1} << shift) + 1;
      squares += y * y;
      if (!(y < 2147483647.0) || !(squares < 4611686018427387904.0))
        return unsupported(fmt::format("the distance to its centre {} may leave 62 bits; its scales are too large", k));
    }
  }
  return {};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  MOTE_TRY_STATUS(check_operands(op, g));
  const Centres c = centres_of(op, g);
  const auto& attrs = op.attrs.as<DistancesAttrs>();
  MOTE_TRY_STATUS(check_sums(c, attrs.shift));
  return std::vector<OutputType>{{DType::int32, with_last(c.x, attrs.least ? 1 : c.count)}};
}

// v / 2^bits, halves up.
Wide define_halve(Wide v, int32_t bits) {
  const Wide unit = Wide{1} << bits;
  return define_floor_div(2 * v + unit, 2 * unit);
}

void define(const Operands& o) {
  const Centres c = centres_of(o.op, o.graph);
  const auto& attrs = o.op.attrs.as<DistancesAttrs>();
  const auto y = o.output<int32_t>(0);
  size_t to = 0;
  for (int64_t v = 0; v < element_count(c.x.shape) / c.n; ++v) {
    std::vector<Wide> out;
    for (int32_t k = 0; k < c.count; ++k) {
      Wide sum = 0;
      for (int32_t j = 0; j < c.n; ++j) {
        Wide scaled = 0;
        for (int32_t i = 0; i < c.n; ++i)
          scaled += Wide{c.scale(k, j, i)} * (define_value(o, static_cast<size_t>(v * c.n + i)) - c.centre(k, i));
        scaled = define_halve(scaled, attrs.shift);
        sum += scaled * scaled;
      }
      out.push_back(std::min<Wide>(define_halve(sum, attrs.out_shift) + c.offset(k), INT32_MAX));
    }
    if (attrs.least) out = {*std::min_element(out.begin(), out.end())};
    for (Wide d : out) y[to++] = static_cast<int32_t>(d);
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const Centres c = centres_of(op, g);
  const auto& attrs = op.attrs.as<DistancesAttrs>();
  std::vector<int32_t> offsets;
  for (int32_t k = 0; k < c.count; ++k) offsets.push_back(c.offset(k));
  KernelCall call =
      call_on_vectors(op, g, c.x.type == DType::int8 ? kNarrow : kWide,
                      {c.count, c.triangular, c.shared ? 0 : c.per_centre, attrs.least, attrs.shift, attrs.out_shift});
  call.tables = {make_table("centres", "int16_t", g.in(op, 1)->data, Table::weights),
                 make_table("scales", "int32_t", g.in(op, 2)->data, Table::weights), make_table("offsets", offsets)};
  return std::vector<KernelCall>{call};
}

int64_t macs(const Op& op, const Graph& g) {
  const Centres c = centres_of(op, g);
  return element_count(c.x.shape) / c.n * c.count * (c.per_centre + c.n);
}

Graph sample(Rng& rng) {
  const int32_t n = rng.pick(1, 12), centres = rng.pick(1, 6);
  Tensor x = sample_vectors(rng, n);
  const int32_t reach = x.type == DType::int8 ? 128 : 32768, shift = rng.pick(0, 20);
  const int32_t largest = rng.chance(0.2) ? (1 << 28) / reach / n : 1 << rng.pick(1, 12);  // of a scale
  std::vector<int16_t> values;
  for (int32_t i = 0; i < centres * n; ++i) values.push_back(static_cast<int16_t>(rng.pick(-reach, reach - 1)));
  const int32_t numbers = rng.chance(0.5) && n > 1 ? n * (n + 1) / 2 : n, sets = rng.chance(0.5) ? 1 : centres;
  std::vector<int32_t> scales, offsets;
  for (int32_t i = 0; i < sets * numbers; ++i) scales.push_back(rng.pick(-largest, largest));
  for (int32_t k = 0; k < centres; ++k) offsets.push_back(rng.pick(-100000, rng.chance(0.1) ? INT32_MAX : 100000));
  Tensor c;
  c.type = DType::int16, c.shape = {centres, n}, c.data = make_blob(values);
  std::vector<Tensor> in{std::move(x), std::move(c), constant_int32({sets, numbers}, scales)};
  if (rng.chance(0.7)) in.push_back(constant_int32({centres}, offsets));
  return sample_graph(distances_op, "DISTANCES", DistancesAttrs{rng.chance(0.4), shift, rng.pick(0, 40)}, std::move(in),
                      {});
}

}  // namespace

extern const OpDef distances_op{.name = "distances",
                                .readers = {},
                                .infer = infer,
                                .define = define,
                                .lower = lower,
                                .macs = macs,
                                .sample = sample};

}  // namespace mote
