// Content hashes for manifests, and the codes of signed recordings.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "mote/compiler/base/expected.h"

namespace mote {

// 64 hexadecimal digits.
std::string sha256(std::string_view bytes);

// Of a file of any length.
Expected<std::string> sha256_of_file(const std::filesystem::path& path);

// HMAC-SHA-256 (RFC 2104), 64 hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(const void* data, size_t size);
  std::string digest();  // once, at the end

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mote
