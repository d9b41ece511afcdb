#include "mote/ops/minimum/minimum.kernel.h"

#include "mote/device/broadcast.h"

namespace mote {

void minimum_s8(const KernelArgs& args) {
  for_each_run<Minimum>(args, [](const Minimum& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
    make_run(p, in_a, in_b, out, [](int8_t a, int8_t b) { return a < b ? a : b; });
  });
}

}  // namespace mote
