#include "mote/ops/nearest/nearest.kernel.h"

namespace mote {

void nearest_s32(const KernelArgs& args) {
  const Nearest& p = params_of<Nearest>(args);
  const uint16_t* labels = data_of<uint16_t>(args, 0);
  const int32_t* x = in_row<int32_t>(args, 0);
  int8_t* out = out_row<int8_t>(args, 0);
  auto* found = static_cast<int32_t*>(static_cast<void*>(args.scratch));
  for (int32_t v = 0; v < p.vectors; ++v, x += p.n, out += p.classes) {
    int32_t count = 0;
    for (int32_t i = 0; i < p.n; ++i) {
      if (count == p.k && x[i] >= x[found[count - 1]]) continue;
      int32_t at = count < p.k ? count++ : count - 1;
      for (; at > 0 && x[i] < x[found[at - 1]]; --at) found[at] = found[at - 1];
      found[at] = i;
    }
    for (int32_t c = 0; c < p.classes; ++c) out[c] = 0;
    for (int32_t j = 0; j < p.k; ++j) ++out[labels[found[j]]];
  }
}

}  // namespace mote
