#include "mote/ops/iir/iir.kernel.h"

#include "mote/device/arch/this_arch.h"

namespace mote {
namespace {

constexpr int32_t kCoefficients = 6, kStates = 3, kBits = 30;

void start_axis(const Iir& p, int32_t x, const int32_t* c, int32_t* state) {
  for (int32_t s = 0;; ++s, c += kCoefficients, state += kStates) {
    state[0] = state[1] = p.steady ? x : 0;
    state[2] = 0;
    if (s == p.sections) return;
    x = static_cast<int32_t>((static_cast<int64_t>(x) * c[5]) >> kBits);
  }
}

// One sample through all sections.
MOTE_INLINE int32_t filter_sample(const Iir& p, int32_t x, const int32_t* c, int32_t* state) {
  for (int32_t s = p.sections; s > 0; --s, c += kCoefficients, state += kStates) {
    // Sums may wrap on the way to a result that does not.
    auto product = [](int32_t a, int32_t b) { return static_cast<uint64_t>(static_cast<int64_t>(a) * b); };
    const uint64_t acc = static_cast<uint32_t>(state[2]) + product(c[0], x) + product(c[1], state[0]) +
                         product(c[2], state[1]) + product(c[3], state[kStates]) + product(c[4], state[kStates + 1]);
    state[2] = static_cast<int32_t>(static_cast<uint32_t>(acc) & ((1u << kBits) - 1));
    state[1] = state[0], state[0] = x;
    x = static_cast<int32_t>(static_cast<uint32_t>(acc >> kBits));
  }
  state[1] = state[0], state[0] = x;
  return x;
}

}  // namespace

void iir_s16(const KernelArgs& args) {
  const Iir& p = params_of<Iir>(args);
  const int32_t* c = data_of<int32_t>(args, 0);
  const int16_t* in = in_row<int16_t>(args, 0);
  int16_t* out = out_row<int16_t>(args, 0);
  const int32_t states = kStates * (p.sections + 1);
  auto* first = static_cast<int32_t*>(static_cast<void*>(args.carry));
  if (args.step == 0)
    for (int32_t a = 0; a < p.axes; ++a) start_axis(p, in[a] * (1 << 14), c, first + a * states);
  for (int32_t i = 0; i < p.n; ++i)
    for (int32_t a = 0; a < p.axes; ++a) {
      const int32_t y = filter_sample(p, *in++ * (1 << 14), c, first + a * states);
      *out++ = static_cast<int16_t>(clamp(requantize_narrow<ThisArch>(y, {p.multiplier, p.shift}), -32768, 32767));
    }
}

}  // namespace mote
