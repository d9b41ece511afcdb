// What pools share in the compiler.
#pragma once
#include "mote/compiler/ir/window.h"

namespace mote {

struct PoolAttrs {
  Window2D window;  // not dilated
  Clamp clamp{-128, 127};
};

inline constexpr std::string_view kPoolFields =
    "in_h in_w channels out_w kh kw stride_y stride_x pad_top pad_left lo hi";

Expected<std::vector<OutputType>> infer_pool(const Op& op, const Graph& graph);

// Calls of `window`, or of `fold` where windows do not share rows and memory is saved: a row and `carry_bytes` for each
// output value against the rows of a window.
std::vector<KernelCall> lower_pool(const Op& op, const Graph& graph, const KernelDef& window, const KernelDef& fold,
                                   int32_t carry_bytes);

int64_t count_pool_taps(const Op& op, const Graph& graph);

bool absorb_clamp_into_pool(Op& op, Clamp clamp);

// A mean or maximum of values within a range lies within it. A pool of one tap changes nothing but what it clamps.
Ranges pool_ranges(const Op& op, const Graph& graph, const OperandRanges& in);
bool is_identity_pool(const Op& op, const Graph& graph, const OperandRanges& in);

// Calls visit(value index of the output, values of its window) for each output value: what definitions have in common.
template <class Visit>
void define_pool(const Operands& o, Visit visit) {
  const Tensor &in = *o.graph.in(o.op, 0), &out = o.graph.out(o.op);
  const Window2D& w = o.op.attrs.as<PoolAttrs>().window;
  const auto x = o.input<int8_t>(0);
  const int32_t h = in.shape[1], width = in.shape[2], c = in.shape[3];
  size_t at = 0;
  for (int32_t n = 0; n < out.shape[0]; ++n)
    for (int32_t oy = 0; oy < out.shape[1]; ++oy)
      for (int32_t ox = 0; ox < out.shape[2]; ++ox)
        for (int32_t oc = 0; oc < c; ++oc) {
          std::vector<int8_t> values;
          for (int32_t ky = 0; ky < w.kh; ++ky)
            for (int32_t kx = 0; kx < w.kw; ++kx) {
              const int32_t iy = oy * w.stride_y - w.pad_top + ky, ix = ox * w.stride_x - w.pad_left + kx;
              if (iy >= 0 && iy < h && ix >= 0 && ix < width)
                values.push_back(x[static_cast<size_t>(((n * h + iy) * width + ix) * c + oc)]);
            }
          visit(at++, values);
        }
}

Graph sample_pool(Rng& rng, const OpDef& def, std::string type);

}  // namespace mote
