#include "mote/project/with_keys.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

using Values = std::map<std::string, std::string>;
const Values kTwo{{"threshold", "0.5"}, {"votes", "2"}};

TEST(WithKeys, WritesASectionThatIsNotThere) {
  EXPECT_EQ(with_keys("[project]\nname = \"x\"\n", "decision", kTwo),
            "[project]\nname = \"x\"\n\n[decision]\nthreshold = 0.5\nvotes = 2\n");
  EXPECT_EQ(with_keys("a = 1", "b", {{"c", "2"}}), "a = 1\n\n[b]\nc = 2\n");
}

TEST(WithKeys, KeepsCommentsOtherKeysAndOtherSections) {
  EXPECT_EQ(with_keys("[decision]\n# how sure\nthreshold=0.9 # a guess\nmargin = 0\n\n# Where\n[target]\nvotes = 7\n",
                      "decision", kTwo),
            "[decision]\n# how sure\nthreshold=0.5 # a guess\nmargin = 0\nvotes = 2\n\n# Where\n[target]\nvotes = 7\n");
  EXPECT_EQ(with_keys("[decision]\n[target]\n", "decision", kTwo),
            "[decision]\nthreshold = 0.5\nvotes = 2\n[target]\n");
}

TEST(WithKeys, ReplacesListsOfSeveralLinesAndTextsWithAnything) {
  const char* before =
      "[d]\nt = [ # each\n  \"caf\xC3\xA9 # 0.8\",\n  \"no ] 0.7\",\n] # end\nn = \"\xC3\xA9#\" # why\nm = 1\n";
  EXPECT_EQ(with_keys(before, "d", {{"t", "[\"yes 0.5\"]"}}),
            "[d]\nt = [\"yes 0.5\"] # end\nn = \"\xC3\xA9#\" # why\nm = 1\n");
  EXPECT_EQ(with_keys("[d]\nn = \"\xC3\xA9#\" # why\n", "d", {{"n", "3"}}), "[d]\nn = 3 # why\n");
}

}  // namespace
}  // namespace mote
