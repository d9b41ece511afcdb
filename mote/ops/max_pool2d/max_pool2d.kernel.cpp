#include "mote/ops/max_pool2d/max_pool2d.kernel.h"

#include "mote/device/copy.h"
#include "mote/device/fixed.h"

namespace mote {
namespace {

// `most` holds the largest tap so far of each output value; lo is the least that there can be.
void start(const Pool2D& p, int8_t* most) {
  fill_bytes(static_cast<uint8_t*>(static_cast<void*>(most)), static_cast<uint8_t>(p.lo), p.out_w * p.channels);
}

// Raises it to the taps of one input row.
void raise(const Pool2D& p, int8_t* most, const int8_t* row) {
  each_window(p, [&](int32_t at, int32_t in, int32_t taps) {
    const int8_t* x = row + in;
    for (; taps > 0; --taps)
      for (int32_t c = at; c < at + p.channels; ++c, ++x)
        if (*x > most[c]) most[c] = *x;
  });
}

void finish(const Pool2D& p, int8_t* out, const int8_t* most) {
  for (int32_t i = 0; i < p.out_w * p.channels; ++i) out[i] = most[i] > p.hi ? static_cast<int8_t>(p.hi) : most[i];
}

}  // namespace

void max_pool2d_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  for (int32_t r = 0; r < args.rows; ++r) {
    int8_t* out = out_row<int8_t>(args, r);
    start(p, out);
    for (int32_t y = r * p.stride_y; y < r * p.stride_y + p.kh; ++y)
      if (args.in[y]) raise(p, out, in_row<int8_t>(args, y));
    finish(p, out, out);
  }
}

void max_pool2d_fold_s8(const KernelArgs& args) {
  const Pool2D& p = params_of<Pool2D>(args);
  int8_t* most = static_cast<int8_t*>(static_cast<void*>(args.carry));
  if (args.part == 0) start(p, most);
  if (args.in[0]) raise(p, most, in_row<int8_t>(args, 0));
  if (args.part + 1 == p.kh) finish(p, out_row<int8_t>(args, 0), most);
}

}  // namespace mote
