#include "mote/ops/distances/distances.kernel.h"

#include "mote/device/wide.h"

namespace mote {
namespace {

MOTE_INLINE int64_t square(int64_t sum, int32_t shift) {
  const auto y = static_cast<int32_t>(shift_round(sum, shift));
  return int64_t{y} * y;
}

template <class X>
MOTE_INLINE int64_t diagonal(const Distances& p, const X* x, const int16_t* centre, const int32_t* scale) {
  int64_t sum = 0;
  for (int32_t i = 0; i < p.n; ++i) sum += square(int64_t{scale[i]} * (x[i] - centre[i]), p.shift);
  return sum;
}

template <class X>
MOTE_INLINE int64_t triangular(const Distances& p, const X* x, const int16_t* centre, const int32_t* scale) {
  int64_t sum = 0;
  for (int32_t j = 0; j < p.n; ++j) {
    int64_t y = 0;
    for (int32_t i = 0; i <= j; ++i) y += int64_t{*scale++} * (x[i] - centre[i]);
    sum += square(y, p.shift);
  }
  return sum;
}

template <class X>
MOTE_INLINE void distances(const KernelArgs& args) {
  const Distances& p = params_of<Distances>(args);
  const int32_t* offsets = data_of<int32_t>(args, 2);
  const X* x = in_row<X>(args, 0);
  int32_t* out = out_row<int32_t>(args, 0);
  for (int32_t v = 0; v < p.vectors; ++v, x += p.n) {
    const int16_t* centre = data_of<int16_t>(args, 0);
    const int32_t* scale = data_of<int32_t>(args, 1);
    int32_t least = INT32_MAX;
    for (int32_t k = 0; k < p.centres; ++k, centre += p.n, scale += p.scales_step) {
      const int64_t sum = p.triangular ? triangular(p, x, centre, scale) : diagonal(p, x, centre, scale);
      const int32_t d = clamp_wide(shift_round(sum, p.out_shift) + offsets[k], INT32_MIN, INT32_MAX);
      if (d < least) least = d;
      if (!p.least) *out++ = d;
    }
    if (p.least) *out++ = least;
  }
}

}  // namespace

void distances_s8(const KernelArgs& args) { distances<int8_t>(args); }
void distances_s16(const KernelArgs& args) { distances<int16_t>(args); }

}  // namespace mote
