// Projects with a mistake each: tests/refusals/*.toml, whose first lines are what mote check says of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kMark = "# says: ";

std::vector<std::string> mistakes() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(in_source("tests/refusals")))
    if (entry.path().extension() == ".toml") files.push_back(entry.path().stem().string());
  std::sort(files.begin(), files.end());
  return files;
}

class Refusals : public testing::TestWithParam<std::string> {};

TEST_P(Refusals, SayWhatIsWrong) {
  const std::string file = GetParam() + ".toml";
  const Ran ran = run_mote({"check", file}, {in_source("tests/refusals"), {}});
  EXPECT_EQ(ran.exit_code, 1) << transcript(ran);
  std::istringstream text(text_of(fs::path(in_source("tests/refusals")) / file));
  size_t said = 0;
  for (std::string line; std::getline(text, line) && line.starts_with(kMark); ++said)
    EXPECT_NE(ran.err.find(line.substr(kMark.size())), ran.err.npos)
        << "not said: " << line.substr(kMark.size()) << "\nbut: " << ran.err;
  EXPECT_GT(said, 0u) << file << " does not say what it is refused for";
}

INSTANTIATE_TEST_SUITE_P(Projects, Refusals, testing::ValuesIn(mistakes()),
                         [](const auto& info) { return info.param; });

TEST(RefusalsFolder, HasEveryKindOfMistake) { EXPECT_GT(mistakes().size(), 45u); }

}  // namespace
}  // namespace mote
