#include "mote/ops/dense/dense.host.h"

#include <algorithm>

#include "mote/host/vector.h"
#include "mote/ops/dense/dense.kernel.h"

namespace mote {

void dense_host_s8(const KernelArgs& args) {
  const VectorForms& forms = forms_in_use();
  const Dense& p = params_of<Dense>(args);
  auto* to = static_cast<int16_t*>(static_cast<void*>(args.scratch));
  WindowProducts products{to,      data_of<int16_t>(args, 0), data_of<LaneQuant>(args, 1), 0, value_pairs(p.in_n),
                          p.out_n, {p.out_zero, p.lo, p.hi},  out_row<int8_t>(args, 0)};
  const int8_t* x = in_row<int8_t>(args, 0) + args.step * p.whole_step;
  for (int32_t i = 0; i < p.pixels; i += products.windows, products.out += products.windows * p.out_n) {
    products.windows = std::min(kMostWindows, p.pixels - i);
    for (int32_t window = 0; window < products.windows; ++window, x += p.in_n) {
      int16_t* values = to + window * 2 * products.pairs;
      forms.widen(x, p.in_n, p.in_zero, values);
      if (p.in_n % 2 != 0) values[p.in_n] = 0;
    }
    forms.multiply(products);
  }
}

}  // namespace mote
