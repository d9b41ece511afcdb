// Raw bytes, and immutable shared bytes (Blob) that are cheap to copy.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

using Bytes = std::vector<uint8_t>;

template <class T>
std::span<const T> view_as(std::span<const uint8_t> bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

template <class T>
std::span<T> view_as(Bytes& bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

class Blob {
 public:
  Blob() = default;
  explicit Blob(Bytes bytes) : bytes_(std::make_shared<const Bytes>(std::move(bytes))) {}

  explicit operator bool() const { return bytes_ != nullptr; }
  size_t size() const { return bytes_ ? bytes_->size() : 0; }
  std::span<const uint8_t> bytes() const {
    return bytes_ ? std::span<const uint8_t>(*bytes_) : std::span<const uint8_t>();
  }
  template <class T>
  std::span<const T> as() const {
    return view_as<T>(bytes());
  }

 private:
  std::shared_ptr<const Bytes> bytes_;
};

// A blob of the elements of a vector (or of one trivially copyable struct).
template <class T>
Blob make_blob(const std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  Bytes bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return Blob(std::move(bytes));
}

}  // namespace mote
