#include <algorithm>

#include "mote/compiler/ir/op_def.h"

namespace mote {

const OpDef* find_op(std::string_view name) {
  for (const OpDef* def : all_ops())
    if (def->name == name) return def;
  return nullptr;
}

std::pair<const OpDef*, const Reader*> find_reader(std::string_view opcode) {
  for (const OpDef* def : all_ops())
    for (const Reader& reader : def->readers)
      if (reader.opcode == opcode) return {def, &reader};
  return {nullptr, nullptr};
}

Reads read_same_rows(TensorId tensor, const Tensor& type, bool may_overlap) {
  Reads reads;
  reads.tensor = tensor;
  reads.count = row_count(type);
  reads.may_overlap = may_overlap;
  return reads;
}

Reads read_whole(TensorId tensor, const Tensor& type) {
  Reads reads;
  reads.tensor = tensor;
  reads.whole = true;
  reads.count = row_count(type);
  return reads;
}

}  // namespace mote
