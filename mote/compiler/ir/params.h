// The parameters of a kernel as the bytes of its struct.
#pragma once
#include <cstring>
#include <utility>

#include "mote/compiler/ir/op_def.h"

namespace mote {

// A value that becomes a member of any integer type that holds it.
struct Member {
  int32_t value;
  template <class T>
  operator T() const {
    const T t = static_cast<T>(value);
    MOTE_ASSERT(static_cast<int32_t>(t) == value);
    return t;
  }
};

template <class Params, size_t... i>
Bytes pack_members(const std::vector<int32_t>& values, std::index_sequence<i...>) {
  MOTE_ASSERT(values.size() == sizeof...(i));
  const Params params{Member{values[i]}...};
  Bytes bytes(sizeof params);
  std::memcpy(bytes.data(), &params, sizeof params);
  return bytes;
}

// KernelDef::pack of a struct with `members` members, not all of them int32_t.
template <class Params, size_t members>
Bytes pack(const std::vector<int32_t>& values) {
  return pack_members<Params>(values, std::make_index_sequence<members>());
}

inline Bytes params_of(const KernelCall& call) {
  if (call.kernel->pack) return call.kernel->pack(call.params);
  Bytes bytes(call.params.size() * sizeof(int32_t));
  if (!bytes.empty()) std::memcpy(bytes.data(), call.params.data(), bytes.size());
  return bytes;
}

}  // namespace mote
