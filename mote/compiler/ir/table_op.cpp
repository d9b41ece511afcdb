#include "mote/compiler/ir/table_op.h"

#include <fmt/core.h>

#include "mote/compiler/ir/lower.h"
#include "mote/compiler/ir/sample.h"
#include "mote/device/lut.h"

namespace mote {
namespace {

constexpr KernelDef kLut{"lut_s8", "mote/device/lut.h", "Lut", "n", lut_s8};

}  // namespace

Status require_byte(const Tensor* t, const std::string& what) {
  if (!t) return malformed(what + " is missing");
  if (t->type != DType::int8 && t->type != DType::uint8)
    return unsupported(fmt::format("{} \"{}\" is {}; int8 and uint8 are supported", what, t->name, name_of(t->type)));
  if (t->quant.scale.size() != 1)
    return unsupported(fmt::format("{} \"{}\" has {} scales; exactly one (per tensor) is supported", what, t->name,
                                   t->quant.scale.size()));
  return {};
}

std::vector<KernelCall> lower_table(const Op& op, const Graph& g, const std::vector<int8_t>& table) {
  const Tensor& in = *g.in(op, 0);
  KernelCall call;
  call.kernel = &kLut;
  call.params = {static_cast<int32_t>(row_bytes(in))};
  call.tables = {make_table("table", table, Table::multipliers)};
  call.reads = {read_same_rows(op.in[0], in, true)};
  call.writes = {{op.out[0], 0}};
  call.rows = row_count(in);
  return {call};
}

Tensor sample_byte(Rng& rng, Shape shape) {
  Tensor t = sample_int8(rng, std::move(shape));
  if (rng.chance(0.3)) t.type = DType::uint8, t.quant.zero[0] += 128;
  return t;
}

}  // namespace mote
