#include "mote/compiler/base/sha256.h"

#include <sodium.h>

#include <fstream>
#include <vector>

namespace mote {
namespace {

std::string hexadecimal(const unsigned char* bytes, size_t size) {
  std::string text(2 * size + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

const unsigned char* raw(const void* p) { return static_cast<const unsigned char*>(p); }

}  // namespace

struct Sha256::State {
  crypto_hash_sha256_state state;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->state); }
Sha256::~Sha256() = default;

void Sha256::add(const void* data, size_t size) { crypto_hash_sha256_update(&state_->state, raw(data), size); }

std::string Sha256::digest() {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(&state_->state, hash);
  return hexadecimal(hash, sizeof hash);
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes.data(), bytes.size());
  return hash.digest();
}

Expected<std::string> sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::io, "cannot be read", path.string()};
  Sha256 hash;
  std::vector<char> block(1 << 16);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0)
    hash.add(block.data(), static_cast<size_t>(file.gcount()));
  if (file.bad()) return Error{Code::io, "cannot be read", path.string()};
  return hash.digest();
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  unsigned char code[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_init(&state, raw(key.data()), key.size());
  crypto_auth_hmacsha256_update(&state, raw(bytes.data()), bytes.size());
  crypto_auth_hmacsha256_final(&state, code);
  return hexadecimal(code, sizeof code);
}

}  // namespace mote
