#include "mote/ops/maximum/maximum.kernel.h"

#include "mote/device/broadcast.h"

namespace mote {

void maximum_s8(const KernelArgs& args) {
  for_each_run<Maximum>(args, [](const Maximum& p, const int8_t* in_a, const int8_t* in_b, int8_t* out) {
    make_run(p, in_a, in_b, out, [](int8_t a, int8_t b) { return a > b ? a : b; });
  });
}

}  // namespace mote
