#include "mote/ops/spectral_peaks/spectral_peaks.kernel.h"

namespace mote {
namespace {

// The list of a vector's peaks so far, in its output.
struct Highest {
  int16_t* out;
  int32_t most, count;

  void add(int32_t bin, int16_t height) {
    int32_t at = count;
    while (at > 0 && out[2 * at - 1] < height) --at;
    if (at == most) return;
    if (count < most) ++count;
    for (int32_t i = count - 1; i > at; --i) out[2 * i] = out[2 * i - 2], out[2 * i + 1] = out[2 * i - 1];
    out[2 * at] = static_cast<int16_t>(bin), out[2 * at + 1] = height;
  }
};

}  // namespace

void spectral_peaks_s16(const KernelArgs& args) {
  const SpectralPeaks& p = params_of<SpectralPeaks>(args);
  const int16_t* x = in_row<int16_t>(args, 0);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t v = 0; v < p.vectors; ++v, x += p.n, out += 2 * p.peaks) {
    Highest highest = {out, p.peaks, 0};
    int32_t rise = 0;  // where the plateau that ends here began, if values rose to it
    for (int32_t k = 1; k < p.n; ++k) {
      if (x[k] > x[k - 1]) rise = k;
      if (x[k] >= x[k - 1] || rise == 0) continue;
      highest.add(p.first_bin + rise, x[rise]);
      rise = 0;
    }
    for (int32_t i = highest.count; i < p.peaks; ++i) out[2 * i] = 0, out[2 * i + 1] = static_cast<int16_t>(p.floor);
  }
}

}  // namespace mote
