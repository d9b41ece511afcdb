#include "tests/cli/sound.h"

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace mote {

std::string demo_samples() { return text_of(keywords("demo.wav")).substr(44); }

void write_wav(const std::string& path, const std::string& samples) {
  std::string file = text_of(keywords("demo.wav")).substr(0, 44) + samples;
  auto put = [&](size_t at, size_t value) {
    for (size_t i = 0; i < 4; ++i) file[at + i] = static_cast<char>(value >> (8 * i));
  };
  put(4, 36 + samples.size()), put(40, samples.size());
  EXPECT_TRUE(write_file(path, file.data(), file.size()));
}

}  // namespace mote
