#include "mote/ops/tilt/tilt.kernel.h"

#include "mote/device/fixed.h"
#include "mote/device/real.h"

namespace mote {
namespace {

constexpr int32_t kBits = 14;

int64_t dot3(const int16_t* a, const int16_t* b) {
  return static_cast<int64_t>(a[0] * b[0]) + a[1] * b[1] + static_cast<int64_t>(a[2] * b[2]);
}

}  // namespace

void tilt_s16(const KernelArgs& args) {
  const int16_t *a = in_row<int16_t>(args, 0), *g = in_row<int16_t>(args, 1);
  int16_t* out = out_row<int16_t>(args, 0);
  for (int32_t i = params_of<Tilt>(args).n; i > 0; --i, a += 3, g += 3) {
    const int64_t product = dot3(a, g);
    const auto length = static_cast<uint64_t>(dot3(g, g)), size = static_cast<uint64_t>(dot3(a, a)) << (2 * kBits);
    const Real along = length == 0 ? Real{0, 0}
                                   : divide(real_of(static_cast<uint64_t>(product < 0 ? -product : product)),
                                            square_root(real_of(length)));
    const auto fine = static_cast<uint64_t>(round_real(along, kBits)), square = fine * fine;
    const Real across = square_root(real_of(size > square ? size - square : 0, -2 * kBits));
    const int32_t half = round_real(along, -1);
    *out++ = static_cast<int16_t>(product < 0 ? -half : half);
    *out++ = static_cast<int16_t>(round_real(across, -1));
  }
}

}  // namespace mote
