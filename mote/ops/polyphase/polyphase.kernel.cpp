#include "mote/ops/polyphase/polyphase.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/samples.h"

namespace mote {

void polyphase_s16(const KernelArgs& args) {
  const Polyphase& p = params_of<Polyphase>(args);
  const int16_t* phases = data_of<int16_t>(args, 0);
  const SampleRows samples = find_samples(args, p.row, p.axes, p.before, p.rows);
  const int32_t half = (1 << p.bits) >> 1;
  int16_t* out = out_row<int16_t>(args, 0);
  int32_t first = p.first, phase = p.phase;
  for (int32_t m = 0; m < p.made; ++m) {
    const int16_t* taps = phases + phase * p.taps;
    for (int32_t axis = 0; axis < p.axes; ++axis) {
      const int32_t sum = sum_products(samples, first, axis, taps, p.taps, half);
      *out++ = static_cast<int16_t>(clamp(sum >> p.bits, -32768, 32767));
    }
    first += p.step, phase -= p.rest;
    if (phase < 0) ++first, phase += p.up;
  }
}

}  // namespace mote
