#include "mote/compiler/base/file_set.h"
#include "tests/learn/vectors.h"

namespace mote {

std::string read_vector_text(const std::string& name) {
  auto bytes = read_file(std::string(MOTE_SOURCE_DIR) + "/tests/learn/" + name);
  EXPECT_TRUE(bytes) << name;
  return bytes ? std::string(bytes->begin(), bytes->end()) : "";
}

}  // namespace mote
