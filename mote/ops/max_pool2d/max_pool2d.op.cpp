// MAX_POOL_2D: each value is the largest in its window; taps outside the image do not count.
#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/pool.h"
#include "mote/ops/max_pool2d/max_pool2d.kernel.h"

namespace mote {

extern const OpDef max_pool2d_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/max_pool2d/max_pool2d.kernel.h";
constexpr KernelDef kWindow{"max_pool2d_s8", kHeader, "Pool2D", kPoolFields, max_pool2d_s8};
constexpr KernelDef kFold{"max_pool2d_fold_s8", kHeader, "Pool2D", kPoolFields, max_pool2d_fold_s8};

Status read(const TfliteOp& from, const Graph& g, Op& op) { return read_pool(from, g, op); }

void define(const Operands& o) {
  const auto y = o.output<int8_t>(0);
  const Clamp clamp = o.op.attrs.as<PoolAttrs>().clamp;
  define_pool(o, [&](size_t at, const std::vector<int8_t>& values) {
    y[at] = define_clamp(*std::max_element(values.begin(), values.end()), clamp.lo, clamp.hi);
  });
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_pool(op, g, kWindow, kFold, sizeof(int8_t));
}

Graph sample(Rng& rng) { return sample_pool(rng, max_pool2d_op, "MAX_POOL_2D"); }

}  // namespace

extern const OpDef max_pool2d_op{.name = "max_pool2d",
                                 .readers = {{"MAX_POOL_2D", read}},
                                 .infer = infer_pool,
                                 .define = define,
                                 .lower = lower,
                                 .taps = count_pool_taps,
                                 .absorb_clamp = absorb_clamp_into_pool,
                                 .ranges = pool_ranges,
                                 .is_identity = is_identity_pool,
                                 .need = need_same_channels,
                                 .sample = sample};

}  // namespace mote
