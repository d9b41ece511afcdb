// Content hashes for manifests.
#pragma once
#include <string>
#include <string_view>

namespace mote {

// 64 hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace mote
