#include "mote/ops/matrix/matrix.kernel.h"

#include "mote/device/arch/this_arch.h"

namespace mote {

namespace {

template <bool narrow>
void multiply(const KernelArgs& args) {
  const Matrix& p = params_of<Matrix>(args);
  const int16_t* x = in_row<int16_t>(args, 0);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t v = 0; v < p.vectors; ++v, x += p.n) {
    const int16_t* w = data_of<int16_t>(args, 0);
    const int32_t* bias = data_of<int32_t>(args, 1);
    for (int32_t j = 0; j < p.m; ++j) {
      const int32_t sum = ThisArch::dot_s16(*bias++, x, w, p.n);
      w += p.n;
      *out++ =
          static_cast<int16_t>(clamp(requantize_as<ThisArch, narrow>(sum, {p.multiplier, p.shift}), -32768, 32767));
    }
  }
}

}  // namespace

void matrix_s16(const KernelArgs& args) {
  if (params_of<Matrix>(args).narrow) multiply<true>(args);
  else multiply<false>(args);
}

}  // namespace mote
