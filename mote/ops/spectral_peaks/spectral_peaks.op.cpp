// Peaks of spectra. There is no such op in model files: sensor blocks make it (make_spectral_peaks).
#include "mote/ops/spectral_peaks/spectral_peaks.op.h"

#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/ir/sample.h"
#include "mote/compiler/ir/vector_op.h"
#include "mote/ops/spectral_peaks/spectral_peaks.kernel.h"

namespace mote {

extern const OpDef spectral_peaks_op;

namespace {

constexpr KernelDef kKernel{"spectral_peaks_s16", "mote/ops/spectral_peaks/spectral_peaks.kernel.h", "SpectralPeaks",
                            "n vectors peaks first_bin floor", spectral_peaks_s16};
constexpr int32_t kMostPeaks = 64, kMostBins = 1 << 14;

Expected<std::vector<OutputType>> infer(const Op& op, const Graph& g) {
  const auto& a = op.attrs.as<SpectralPeaksAttrs>();
  const Tensor *in = g.in(op, 0), &out = g.out(op);
  MOTE_TRY_STATUS(require_type(in, DType::int16, "the spectra"));
  MOTE_TRY_STATUS(require_vectors(in, kMostBins));
  if (a.peaks < 1 || a.peaks > kMostPeaks || a.first_bin < 0 || a.first_bin > kMostBins || a.floor < -32768 ||
      a.floor > 32767)
    return unsupported(fmt::format("{} peaks from bin {} on; 1 to {} are supported", a.peaks, a.first_bin, kMostPeaks));
  const bool has_scales = in->quant.scale.size() == 1 && out.quant.scale.size() == 2 * static_cast<size_t>(a.peaks);
  if (!has_scales || out.quant != spectral_peaks_quant(a.peaks, out.quant.scale[0], *in))
    return unsupported("the scales of peaks are, in turn, the hertz of a bin and the scale of the spectra");
  return std::vector<OutputType>{{DType::int16, with_last(*in, 2 * a.peaks)}};
}

void define(const Operands& o) {
  const auto& a = o.op.attrs.as<SpectralPeaksAttrs>();
  const auto x = o.input<int16_t>(0);
  const auto y = o.output<int16_t>(0);
  const auto n = static_cast<size_t>(o.graph.in(o.op, 0)->shape.back()), width = 2 * static_cast<size_t>(a.peaks);
  for (size_t v = 0; v < x.size() / n; ++v) {
    const auto spectrum = x.subspan(v * n, n);
    std::vector<size_t> peaks;
    for (size_t k = 1; k + 1 < n; ++k) {
      size_t next = k;
      while (next + 1 < n && spectrum[next] == spectrum[k]) ++next;
      if (spectrum[k - 1] < spectrum[k] && spectrum[next] < spectrum[k]) peaks.push_back(k);
    }
    std::stable_sort(peaks.begin(), peaks.end(), [&](size_t i, size_t j) { return spectrum[i] > spectrum[j]; });
    for (size_t i = 0; i < width / 2; ++i) {
      const bool is_there = i < peaks.size();
      y[v * width + 2 * i] = static_cast<int16_t>(is_there ? static_cast<size_t>(a.first_bin) + peaks[i] : 0);
      y[v * width + 2 * i + 1] = static_cast<int16_t>(is_there ? spectrum[peaks[i]] : a.floor);
    }
  }
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  const auto& a = op.attrs.as<SpectralPeaksAttrs>();
  return std::vector<KernelCall>{call_on_vectors(op, g, kKernel, {a.peaks, a.first_bin, a.floor})};
}

Graph sample(Rng& rng) {
  Tensor in = sample_vectors(rng, rng.pick(1, 40));
  in.type = DType::int16, in.quant = {{0.01f}, {0}, 0};
  const SpectralPeaksAttrs a{rng.pick(1, 5), rng.pick(0, 9), rng.pick(-30000, 0)};
  Tensor out;
  out.type = DType::int16;
  out.quant = spectral_peaks_quant(a.peaks, static_cast<float>(0.5 + rng.unit()), in);
  return sample_graph(spectral_peaks_op, "SPECTRAL_PEAKS", a, {in}, out);
}

}  // namespace

Quant spectral_peaks_quant(int32_t peaks, float bin_hz, const Tensor& spectra) {
  Quant quant{{}, {0}, static_cast<int32_t>(spectra.shape.size()) - 1};
  for (int32_t i = 0; i < peaks; ++i) quant.scale.insert(quant.scale.end(), {bin_hz, spectra.quant.scale[0]});
  return quant;
}

Op make_spectral_peaks(SpectralPeaksAttrs attrs, TensorId spectra, TensorId out) {
  return make_op(spectral_peaks_op, "SPECTRAL_PEAKS", attrs, {spectra}, out);
}

extern const OpDef spectral_peaks_op{
    .name = "spectral_peaks", .readers = {}, .infer = infer, .define = define, .lower = lower, .sample = sample};

}  // namespace mote
