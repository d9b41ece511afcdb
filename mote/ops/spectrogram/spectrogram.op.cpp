// Spectrogram. There is no such op in model files: sensor blocks make it (make_spectrogram).
#include "mote/ops/spectrogram/spectrogram.op.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "mote/compiler/ir/define_real.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/device/log2.h"
#include "mote/ops/spectrogram/spectrogram.kernel.h"

namespace mote {

extern const OpDef spectrogram_op;

namespace {

using Attrs_ = SpectrogramAttrs;

constexpr double kPi = 3.14159265358979323846;
constexpr KernelDef kKernel{"spectrogram_s16", "mote/ops/spectrogram/spectrogram.kernel.h", "Spectrogram",
                            "n frame row preemphasis bands offset floor windowed added added_exponent most_shift",
                            spectrogram_s16};

constexpr KernelDef kHeld{"held_spectrum_s16", kKernel.header, "HeldSpectrum",
                          "n stride samples axes first bins offset floor", held_spectrum_s16};
constexpr int32_t kMaxHeldSamples = 32768;

int32_t used_samples(const Attrs_& a) { return std::min(a.frame, a.fft); }
int32_t output_count(const Attrs_& a) { return a.bands.empty() ? a.fft / 2 + 1 : static_cast<int32_t>(a.bands.size()); }
int32_t preemphasis_q15(const Attrs_& a) { return static_cast<int32_t>(std::lround(a.preemphasis * 32768)); }

constexpr int kSumBits = 90;   // of what is added, at most
constexpr int kMaxShift = 30;  // by which a frame is scaled up

// The logarithm of what a sum of 1 at shift 0 is in real units: samples have 14 more bits, the transform is divided by
// its length.
int32_t weight_bits(const Attrs_& a);
double log2_of_unit(const Attrs_& a, const Tensor& in) {
  const double scale = in.quant.scale[0];
  return std::log2(a.gain * scale * scale) + 2 * std::log2(a.fft) - 28 - weight_bits(a);
}

Status check_bands(const Attrs_& a) {
  for (const Attrs_::Band& band : a.bands) {
    if (band.first < 0 || band.first + static_cast<int64_t>(band.weights.size()) > a.fft / 2 + 1)
      return unsupported(fmt::format("a band takes the bins {} to {}; there are {}", band.first,
                                     band.first + static_cast<int64_t>(band.weights.size()) - 1, a.fft / 2 + 1));
    for (double w : band.weights)
      if (!(w >= 0 && w <= 1e6)) return unsupported(fmt::format("a band weighs a bin {}; 0 to 1e6 is supported", w));
  }
  return {};
}

Expected<std::vector<OutputType>> infer_held(const Attrs_& a, const Tensor& in) {
  if (a.preemphasis > 0 || a.window != Attrs_::Window::none || !a.bands.empty() || a.added > 0)
    return unsupported("a held spectrum has no pre-emphasis, window, bands or added power");
  if (a.frame != a.fft || a.stride < 1) return unsupported("a held spectrum has frames as long as the transform");
  if (a.axes < 1 || in.shape[0] != 1 || in.shape[2] % a.axes != 0)
    return unsupported(fmt::format("rows of {} values for {} axes", in.shape[2], a.axes));
  if (element_count(in.shape) / a.axes > kMaxHeldSamples)
    return unsupported(
        fmt::format("a window of {} samples; at most {}", element_count(in.shape) / a.axes, kMaxHeldSamples));
  if (a.first_bin < 0 || a.bins < 1 || a.first_bin + int64_t{a.bins} > a.fft / 2 + 1)
    return unsupported(fmt::format("{} bins from {} on; there are {}", a.bins, a.first_bin, a.fft / 2 + 1));
  return std::vector<OutputType>{{DType::int16, {1, 1, a.axes, a.bins}}};
}

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<Attrs_>();
  const Tensor* in = g.in(op, 0);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the samples"));
  MOTE_TRY_STATUS(require_rank(*in, 3, "the samples"));
  if (in->quant.scale.size() != 1) return unsupported("the samples have no scale");
  if (a.fft < 16 || a.fft > 2048 || !std::has_single_bit(static_cast<uint32_t>(a.fft)))
    return unsupported(fmt::format("a transform of length {}; powers of two from 16 to 2048 are supported", a.fft));
  if (!(a.gain > 0) || !(a.floor > 0)) return unsupported("gain and floor of powers have to be above 0");
  if (a.hold) return infer_held(a, *in);
  if (a.axes != 1) return unsupported("frames of one axis are supported");
  const int32_t row = in->shape[2], samples = in->shape[1] * row;
  if (in->shape[0] != 1 || a.frame < 1 || a.stride < 1 || a.stride % row != 0 || a.frame > samples)
    return unsupported(
        fmt::format("frames of {} samples, {} apart, of {} rows of {} samples: the stride has to be a "
                    "multiple of a row, and the frame no longer than all of them",
                    a.frame, a.stride, in->shape[1], row));
  if (!(a.preemphasis >= 0 && a.preemphasis <= 0.999))
    return unsupported(fmt::format("a pre-emphasis of {}; 0 to 0.999 is supported", a.preemphasis));
  if (const double most = std::exp2(kSumBits + log2_of_unit(a, *in)); !(a.added >= 0 && a.added < most))
    return unsupported(fmt::format("an added power of {}; from 0 to {} is supported here", a.added, most));
  MOTE_TRY_STATUS(check_bands(a));
  return std::vector<OutputType>{{DType::int16, {1, (samples - a.frame) / a.stride + 1, output_count(a)}}};
}

// ---- tables, which are part of what the op is ----

int32_t fraction_q31(double x) {
  return static_cast<int32_t>(std::min<int64_t>(std::llround(x * 2147483648.0), INT32_MAX));
}

// cos, -sin of 2 pi k / n.
std::vector<int32_t> twiddles(int32_t n) {
  std::vector<int32_t> values;
  for (int32_t k = 0; k < n / 2; ++k)
    for (double x : {std::cos(2 * kPi * k / n), -std::sin(2 * kPi * k / n)}) values.push_back(fraction_q31(x));
  return values;
}

std::vector<uint16_t> log2_table() {
  std::vector<uint16_t> table;
  for (int32_t i = 0; i <= kLog2Steps; ++i)
    table.push_back(static_cast<uint16_t>(std::lround(65536 * std::log2(1.0 + i / double{kLog2Steps}))));
  return table;
}

// The first half and the middle: the other half is its mirror image.
std::vector<int32_t> window(const Attrs_& a) {
  std::vector<int32_t> values;
  if (a.window == Attrs_::Window::none) return values;
  const int32_t n = used_samples(a);
  const double middle = a.window == Attrs_::Window::hann ? 0.5 : 0.54;
  for (int32_t i = 0; i <= n / 2; ++i)
    values.push_back(fraction_q31(middle - (1 - middle) * std::cos(2 * kPi * i / n)));
  return values;
}

// Weights are stored times 2^weight_bits, the largest just below 2^16.
int32_t weight_bits(const Attrs_& a) {
  double most = 0;
  for (const auto& band : a.bands)
    for (double w : band.weights) most = std::max(most, w);
  int32_t bits = a.bands.empty() ? 0 : 15;
  while (bits < 30 && most > 0 && std::ldexp(most, bits + 1) < 65535) ++bits;
  while (std::ldexp(most, bits) > 65535) --bits;
  return bits;
}

std::vector<uint16_t> stored_weights(const Attrs_& a) {
  const int32_t bits = weight_bits(a);
  std::vector<uint16_t> values;
  for (const auto& band : a.bands)
    for (double w : band.weights) values.push_back(static_cast<uint16_t>(std::lround(std::ldexp(w, bits))));
  return values;
}

int32_t offset_q16(const Attrs_& a, const Tensor& in) {
  return static_cast<int32_t>(std::lround(65536 * log2_of_unit(a, in)));
}

// The power that is added to sums at shift 0: a number of 31 bits and its exponent.
std::pair<int32_t, int32_t> added_power(const Attrs_& a, const Tensor& in) {
  int exponent = 0;
  const double fraction = std::frexp(a.added / std::exp2(log2_of_unit(a, in)), &exponent);
  if (a.added <= 0 || exponent < -100) return {0, 0};
  return {static_cast<int32_t>(std::min(std::ldexp(fraction, 31), 2147483647.0)), exponent - 31};
}

// So much is added that a quiet frame need not be scaled up any further.
int32_t most_shift(const Attrs_& a, const Tensor& in) {
  return std::min(kMaxShift, (kSumBits - (added_power(a, in).second + 31)) / 2);
}

int32_t floor_q9(const Attrs_& a) {
  return static_cast<int32_t>(std::clamp(std::lround(512 * std::log2(a.floor)), -32768L, 32767L));
}

// ---- definition ----

using Value = std::pair<int64_t, int64_t>;  // re, im

int64_t floor_shift(Wide x, int bits) { return static_cast<int64_t>(define_floor_div(x, Wide{1} << bits)); }

// Half of b * (re + j im), each of the four products rounded down.
Value half_of_product(Value b, int64_t re, int64_t im) {
  return {floor_shift(Wide{b.first} * re, 32) + floor_shift(Wide{-b.second} * im, 32),
          floor_shift(Wide{b.first} * im, 32) + floor_shift(Wide{b.second} * re, 32)};
}

// The transform of z, divided by its length: that of the even and that of the odd values, put together.
std::vector<Value> define_transform(const std::vector<Value>& z, const std::vector<int32_t>& w) {
  if (z.size() == 1) return z;
  std::vector<Value> half[2], result(z.size());
  for (size_t i = 0; i < z.size(); ++i) half[i % 2].push_back(z[i]);
  const auto even = define_transform(half[0], w), odd = define_transform(half[1], w);
  for (size_t k = 0; k < even.size(); ++k) {
    const size_t at = 2 * (w.size() / z.size()) * k;
    const Value t = z.size() == 2 ? Value{floor_shift(odd[0].first, 1), floor_shift(odd[0].second, 1)}
                                  : half_of_product(odd[k], w[at], w[at + 1]);
    const Value a{floor_shift(even[k].first, 1), floor_shift(even[k].second, 1)};
    result[k] = {a.first + t.first, a.second + t.second};
    result[k + even.size()] = {a.first - t.first, a.second - t.second};
  }
  return result;
}

Wide size_squared(Value x) { return Wide{x.first} * x.first + Wide{x.second} * x.second; }

std::vector<Wide> define_powers(const std::vector<int64_t>& v) {
  const size_t n = v.size(), m = n / 2;
  const std::vector<int32_t> w = twiddles(static_cast<int32_t>(n));
  std::vector<Value> pairs(m);
  for (size_t i = 0; i < m; ++i) pairs[i] = {v[2 * i], v[2 * i + 1]};
  const std::vector<Value> z = define_transform(pairs, w);
  std::vector<Wide> powers(m + 1);
  auto half = [](int64_t x) { return floor_shift(x, 1); };
  for (size_t k = 0; k <= m; ++k) {
    if (k % m == 0) {
      const int64_t re = half(z[0].first), im = half(z[0].second);
      powers[k] = size_squared({k == 0 ? re + im : re - im, 0});
      continue;
    }
    const size_t low = std::min(k, m - k);
    const Value a = z[low], b = z[m - low];
    const Value even{half(half(a.first) + half(b.first)), half(half(a.second) - half(b.second))};
    const Value odd{half(a.second) + half(b.second), half(b.first) - half(a.first)};
    const Value t = half_of_product(odd, w[2 * low], w[2 * low + 1]);
    const int64_t sign = k == low ? 1 : -1;
    powers[k] = size_squared({even.first + sign * t.first, even.second + sign * t.second});
  }
  return powers;
}

// 16 fractional bits; x > 0.
int64_t define_log2(Wide x) {
  int exponent = 0;
  while (x >> exponent > 1) ++exponent;
  // The 22 bits behind the leading one: 6 choose a piece of the curve, 16 a place on its chord.
  const auto bits = static_cast<int64_t>((exponent > 22 ? x >> (exponent - 22) : x << (22 - exponent)) & 0x3FFFFF);
  auto at = [](int64_t i) { return std::llround(65536 * std::log2(1 + static_cast<double>(i) / 64)); };
  const int64_t i = bits / 65536;
  return int64_t{exponent} * 65536 + at(i) + floor_shift(Wide{at(i + 1) - at(i)} * (bits % 65536), 16);
}

// The samples of a frame, weighed, with 14 fractional bits.
std::vector<int64_t> define_frame(const Attrs_& a, std::span<const int16_t> x, size_t first) {
  const std::vector<int32_t> w = window(a);
  std::vector<int64_t> v(static_cast<size_t>(a.fft), 0);
  for (size_t i = 0; i < static_cast<size_t>(used_samples(a)); ++i) {
    const size_t at = first + i;
    v[i] = x[at] * 16384 - floor_shift(Wide{preemphasis_q15(a)} * x[at > 0 ? at - 1 : 0], 1);
    if (!w.empty()) v[i] = floor_shift(Wide{v[i]} * w[std::min(i, static_cast<size_t>(used_samples(a)) - i)], 31);
  }
  return v;
}

// Scales up by a power of two, as long as all values stay within 30 bits and a sign; returns its exponent.
int define_scale_up(std::vector<int64_t>& v, int most) {
  auto fits = [&](int shift) {
    return std::all_of(v.begin(), v.end(), [&](int64_t x) {
      const int64_t y = x * (int64_t{1} << shift);
      return y >= -(int64_t{1} << 30) && y < int64_t{1} << 30;
    });
  };
  int shift = 0;
  if (std::any_of(v.begin(), v.end(), [](int64_t x) { return x != 0 && x != -1; }))
    while (shift < most && fits(shift + 1)) ++shift;
  for (int64_t& x : v) x *= int64_t{1} << shift;
  return shift;
}

// A power as an output; its samples were scaled up by 2^shift.
int16_t define_output(const Attrs_& a, const Tensor& in, Wide power, int shift) {
  int64_t value = floor_q9(a);
  if (power > 0)
    value = std::max(value, floor_shift(define_log2(power) + offset_q16(a, in) - int64_t{shift} * 131072 + 64, 7));
  return static_cast<int16_t>(std::min<int64_t>(value, 32767));
}

// The samples of an axis less their mean, with 14 fractional bits.
std::vector<int64_t> define_centred(std::span<const int16_t> x, size_t axis, size_t axes) {
  std::vector<int64_t> v;
  int64_t sum = 0;
  for (size_t i = axis; i < x.size(); i += axes) v.push_back(int64_t{x[i]} * 16384), sum += x[i];
  const DefinedReal size = define_quotient(define_real(std::abs(sum)), define_real(static_cast<Wide>(v.size())));
  const int64_t mean = sum < 0 ? -define_round(size, 14) : define_round(size, 14);
  for (int64_t& value : v) value -= mean;
  return v;
}

void define_held(const Operands& o) {
  const auto& a = o.op.attrs.as<Attrs_>();
  const auto y = o.output<int16_t>(0);
  const auto axes = static_cast<size_t>(a.axes), bins = static_cast<size_t>(a.bins), n = static_cast<size_t>(a.fft);
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<int64_t> v = define_centred(o.input<int16_t>(0), axis, axes);
    const int shift = define_scale_up(v, kMaxShift);
    std::vector<Wide> greatest(n / 2 + 1, 0);
    for (size_t first = 0; first < v.size(); first += static_cast<size_t>(a.stride)) {
      std::vector<int64_t> frame(n, 0);
      for (size_t i = 0; i < n && first + i < v.size(); ++i) frame[i] = v[first + i];
      const std::vector<Wide> powers = define_powers(frame);
      for (size_t k = 0; k < powers.size(); ++k) greatest[k] = std::max(greatest[k], powers[k]);
    }
    for (size_t b = 0; b < bins; ++b)
      y[axis * bins + b] =
          define_output(a, *o.graph.in(o.op, 0), greatest[static_cast<size_t>(a.first_bin) + b], shift);
  }
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<Attrs_>();
  if (a.hold) return define_held(o);
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const std::vector<uint16_t> weights = stored_weights(a);
  const auto frames = static_cast<size_t>(out.shape[1]), outputs = static_cast<size_t>(out.shape[2]);
  for (size_t f = 0; f < frames; ++f) {
    std::vector<int64_t> v = define_frame(a, x, f * static_cast<size_t>(a.stride));
    const int shift = define_scale_up(v, most_shift(a, in));
    const std::vector<Wide> powers = define_powers(v);
    for (size_t b = 0, w = 0; b < outputs; ++b) {
      Wide sum = a.bands.empty() ? powers[b] : 0;
      if (!a.bands.empty())
        for (size_t i = 0; i < a.bands[b].weights.size(); ++i)
          sum += powers[static_cast<size_t>(a.bands[b].first) + i] * weights[w++];
      const auto [added, exponent] = added_power(a, in);
      const int up = exponent + 2 * shift;
      sum += up >= 0 ? Wide{added} * (Wide{1} << up) : up > -60 ? define_floor_div(added, Wide{1} << -up) : 0;
      y[f * outputs + b] = define_output(a, in, sum, shift);
    }
  }
}

// ---- kernel ----

KernelCall lower_held(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<Attrs_>();
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kHeld;
  call.params = {a.fft,
                 a.stride,
                 static_cast<int32_t>(element_count(in.shape) / a.axes),
                 a.axes,
                 a.first_bin,
                 a.bins,
                 offset_q16(a, in),
                 floor_q9(a)};
  call.tables = {make_table("twiddles", twiddles(a.fft), Table::multipliers), make_table("log2", log2_table())};
  call.reads = {read_whole(op.in[0], in)};
  call.writes = {{op.out[0], 0}};
  call.steps_per_row = a.axes;
  call.scratch_bytes = (a.fft + 2 + 2 * a.bins) * 4;
  return call;
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<Attrs_>();
  if (a.hold) return std::vector<KernelCall>{lower_held(op, g)};
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  const int32_t row = in.shape[2], used = used_samples(a), emphasis = preemphasis_q15(a);
  std::vector<uint16_t> bands;
  for (const auto& band : a.bands)
    for (size_t n : {static_cast<size_t>(band.first), band.weights.size()}) bands.push_back(static_cast<uint16_t>(n));
  const std::vector<int32_t> w = window(a);
  KernelCall call;
  call.kernel = &kKernel;
  call.params = {a.fft,
                 used,
                 row,
                 emphasis,
                 static_cast<int32_t>(a.bands.size()),
                 offset_q16(a, in),
                 floor_q9(a),
                 !w.empty(),
                 added_power(a, in).first,
                 added_power(a, in).second,
                 most_shift(a, in)};
  call.tables = {make_table("twiddles", twiddles(a.fft), Table::multipliers), make_table("log2", log2_table())};
  if (!bands.empty() || !w.empty()) {
    call.tables.push_back(make_table("bands", bands));
    call.tables.push_back(make_table("weights", stored_weights(a)));
  }
  if (!w.empty()) call.tables.push_back(make_table("window", w, Table::multipliers));
  Reads reads;
  reads.tensor = op.in[0];
  reads.count = in.shape[1];
  reads.span = (used + row - 1) / row + (emphasis ? 1 : 0);
  reads.stride = a.stride / row;
  reads.offset = emphasis ? -1 : 0;
  call.reads = {reads};
  call.writes = {{op.out[0], 0}};
  call.rows = out.shape[1];
  call.scratch_bytes = (a.fft + 2) * 4;
  return std::vector<KernelCall>{call};
}

int64_t taps(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<Attrs_>();
  const int64_t frames = a.hold ? element_count(g.in(op, 0)->shape) / a.stride + a.axes : g.out(op).shape[1];
  return frames * a.fft * 16;
}

Graph sample_held(Rng& rng) {
  Attrs_ a;
  a.hold = true;
  a.axes = rng.pick(1, 4);
  a.fft = a.frame = 16 << rng.pick(0, 3);
  a.stride = rng.chance(0.5) ? a.fft : a.fft / 2;
  a.first_bin = rng.pick(0, a.fft / 2);
  a.bins = rng.pick(1, a.fft / 2 + 1 - a.first_bin);
  a.gain = 1.0 / a.fft;
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, rng.pick(1, 6), rng.pick(1, 40) * a.axes};
  in.quant = {{static_cast<float>(rng.chance(0.5) ? 1 : 1.0 / 32768)}, {0}, 0};
  Tensor out;
  out.quant = {{1.0f / 512}, {0}, 0};
  return sample_graph(spectrogram_op, "SPECTROGRAM", a, {in}, out);
}

Graph sample(Rng& rng) {
  if (rng.chance(0.3)) return sample_held(rng);
  Attrs_ a;
  a.fft = 16 << rng.pick(0, rng.chance(0.1) ? 5 : 3);
  const int32_t row = rng.pick(1, a.fft);
  a.stride = row * rng.pick(1, 2);
  a.frame = rng.pick(1, a.fft + a.fft / 2);
  if (rng.chance(0.5)) a.preemphasis = 0.999 * rng.unit();
  a.window = static_cast<Attrs_::Window>(rng.pick(0, 2));
  if (rng.chance(0.6))
    for (int32_t b = rng.pick(1, 12); b > 0; --b) {
      Attrs_::Band band{rng.pick(0, a.fft / 2), {}};
      for (int32_t i = rng.pick(0, a.fft / 2 + 1 - band.first); i > 0; --i) band.weights.push_back(rng.unit());
      a.bands.push_back(band);
    }
  a.gain = 0.001 + rng.unit();
  if (rng.chance(0.5)) a.added = std::exp2(-rng.pick(10, 60)) * (0.5 + rng.unit());
  Tensor in;
  in.type = DType::int16;
  in.shape = {1, (a.frame + row - 1) / row + rng.pick(0, 6), row};
  in.quant = {{static_cast<float>(rng.chance(0.5) ? 1 : 1.0 / 32768)}, {0}, 0};
  Tensor out;
  out.quant = {{1.0f / 512}, {0}, 0};
  return sample_graph(spectrogram_op, "SPECTROGRAM", a, {in}, out);
}

}  // namespace

std::vector<SpectrogramAttrs::Band> triangles(const std::vector<double>& corners) {
  std::vector<SpectrogramAttrs::Band> bands;
  for (size_t b = 0; b + 2 < corners.size(); ++b) {
    const double left = corners[b], middle = corners[b + 1], right = corners[b + 2];
    SpectrogramAttrs::Band band;
    band.first = static_cast<int32_t>(std::ceil(left));
    for (int32_t k = band.first; k <= right; ++k)
      band.weights.push_back(k <= middle ? (middle > left ? (k - left) / (middle - left) : 1)
                                         : (right - k) / (right - middle));
    // Weights of 0 at the ends take no place.
    while (!band.weights.empty() && band.weights.back() <= 0) band.weights.pop_back();
    while (!band.weights.empty() && band.weights.front() <= 0) band.weights.erase(band.weights.begin()), ++band.first;
    if (band.weights.empty()) band.first = 0;
    bands.push_back(std::move(band));
  }
  return bands;
}

Op make_spectrogram(SpectrogramAttrs attrs, TensorId samples, TensorId out) {
  return make_op(spectrogram_op, "SPECTROGRAM", std::move(attrs), {samples}, out);
}

extern const OpDef spectrogram_op{.name = "spectrogram",
                                  .readers = {},
                                  .infer = infer,
                                  .define = define,
                                  .lower = lower,
                                  .taps = taps,
                                  .sample = sample};

}  // namespace mote
