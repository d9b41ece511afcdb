#include "mote/ops/wavelet/wavelet.kernel.h"

#include "mote/device/fixed.h"

namespace mote {
namespace {

struct Axis {
  const int16_t* x;
  int32_t n, step;
};

int32_t mirrored(int32_t i, int32_t n) {
  while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
  return i;
}

// The sum whose first tap belongs to sample `at`.
int64_t sum_taps(Axis axis, const int32_t* taps, int32_t count, int32_t at) {
  int64_t acc = 1 << 29;
  if (at < axis.n && at - count >= -1) {
    const int16_t* x = axis.x + at * axis.step;
    for (; count > 0; --count, x -= axis.step) acc += static_cast<int64_t>(*taps++) * *x;
  } else {
    for (; count > 0; --count, --at) acc += static_cast<int64_t>(*taps++) * axis.x[mirrored(at, axis.n) * axis.step];
  }
  return acc;
}

}  // namespace

void wavelet_s16(const KernelArgs& args) {
  const Wavelet& p = params_of<Wavelet>(args);
  const int32_t* taps = data_of<int32_t>(args, 0);
  const Axis axis{in_row<int16_t>(args, 0) + args.part, p.n, p.axes};
  int16_t* out = out_row<int16_t>(args, 0) + args.part;
  for (int32_t at = 1; at < p.n + p.taps - 1; at += 2, out += p.axes)
    *out = static_cast<int16_t>(clamp(static_cast<int32_t>(sum_taps(axis, taps, p.taps, at) >> 30), -32768, 32767));
}

}  // namespace mote
