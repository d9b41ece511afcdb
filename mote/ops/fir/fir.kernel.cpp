#include "mote/ops/fir/fir.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/samples.h"

namespace mote {

void fir_s16(const KernelArgs& args) {
  const Fir& p = params_of<Fir>(args);
  const int32_t* taps = data_of<int32_t>(args, 0);
  const SampleRows samples = find_samples(args, p.row, p.axes, p.before, p.rows);
  int16_t* out = out_row<int16_t>(args, 0);
  int32_t first = p.before * p.row - p.taps / 2;
  for (int32_t m = 0; m < p.row; m += p.factor, first += p.factor)
    for (int32_t axis = 0; axis < p.axes; ++axis) {
      const int64_t sum = sum_products(samples, first, axis, taps, p.taps, int64_t{1} << 29);
      *out++ = static_cast<int16_t>(clamp(static_cast<int32_t>(sum >> 30), -32768, 32767));
    }
}

}  // namespace mote
