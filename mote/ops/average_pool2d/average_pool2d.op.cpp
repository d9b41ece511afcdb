// AVERAGE_POOL_2D: each value is the mean of those in its window; taps outside the image do not count.
#include "mote/compiler/formats/tflite_options.h"
#include "mote/compiler/ir/define.h"
#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/pool.h"
#include "mote/ops/average_pool2d/average_pool2d.kernel.h"

namespace mote {

extern const OpDef average_pool2d_op;

namespace {

constexpr std::string_view kHeader = "mote/ops/average_pool2d/average_pool2d.kernel.h";
constexpr KernelDef kWindow{"average_pool2d_s8", kHeader, "Pool2D", kPoolFields, average_pool2d_s8};
constexpr KernelDef kFold{"average_pool2d_fold_s8", kHeader, "Pool2D", kPoolFields, average_pool2d_fold_s8};
constexpr KernelDef kSlide{"average_pool2d_slide_s8", kHeader, "Pool2D", kPoolFields, average_pool2d_slide_s8};

Status read(const TfliteOp& from, const Graph& g, Op& op) { return read_pool(from, g, op); }

void define(const Operands& o) {
  const auto y = o.output<int8_t>(0);
  const Clamp clamp = o.op.attrs.as<PoolAttrs>().clamp;
  define_pool(o, [&](size_t at, const std::vector<int8_t>& values) {
    int64_t sum = 0;
    for (int8_t v : values) sum += v;
    const auto n = static_cast<int64_t>(values.size());
    const int64_t size = (2 * (sum < 0 ? -sum : sum) + n) / (2 * n);  // halves up, and thus away from zero
    y[at] = define_clamp(sum < 0 ? -size : size, clamp.lo, clamp.hi);
  });
}

Expected<std::vector<KernelCall>> lower(const Op& op, const Graph& g, const LowerOptions&) {
  return lower_pool(op, g, kWindow, kFold, sizeof(int32_t));
}

std::optional<KernelCall> slide(const KernelCall& fold, int32_t rows) {
  constexpr size_t kStrideY = 6;
  if (fold.kernel != &kFold) return std::nullopt;
  KernelCall call = slide_rows(fold, rows);
  call.kernel = &kSlide;
  call.params[kStrideY] = rows;
  return call;
}

Graph sample(Rng& rng) { return sample_pool(rng, average_pool2d_op, "AVERAGE_POOL_2D"); }

}  // namespace

extern const OpDef average_pool2d_op{.name = "average_pool2d",
                                     .readers = {{"AVERAGE_POOL_2D", read}},
                                     .infer = infer_pool,
                                     .define = define,
                                     .lower = lower,
                                     .slide = slide,
                                     .taps = count_pool_taps,
                                     .absorb_clamp = absorb_clamp_into_pool,
                                     .ranges = pool_ranges,
                                     .is_identity = is_identity_pool,
                                     .need = need_same_channels,
                                     .sample = sample};

}  // namespace mote
