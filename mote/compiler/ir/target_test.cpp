#include "mote/compiler/ir/target.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote {
namespace {

const Region* find_region(const std::vector<Region>& regions, const std::string& name) {
  for (const Region& region : regions)
    if (region.name == name) return &region;
  return nullptr;
}

TEST(Target, AllCoresAndBoardsAreThere) {
  for (const char* name : {"cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "cortex-m85",
                           "rv32imc", "nucleo-l4r5zi", "nucleo-u575zi-q", "nucleo-h7a3zi-q", "nucleo-g0b1re",
                           "arduino-nano-33-ble", "raspberry-pi-pico", "esp32-c3", "corstone-300"}) {
    const Expected<const Target*> target = find_target(name);
    ASSERT_TRUE(target) << target.error().text();
    EXPECT_EQ((*target)->name, name);
    EXPECT_FALSE((*target)->description.empty());
  }
}

TEST(Target, EveryEmulatedMachineHasRoom) {
  for (const Target& target : targets()) {
    const Region* code = find_region(target.emulator.regions, "code");
    const Region* data = find_region(target.emulator.regions, "data");
    ASSERT_TRUE(code && data) << target.name;
    EXPECT_GE(code->bytes, 1536u * 1024) << target.name;
    EXPECT_GE(data->bytes, 1024u * 1024) << target.name;  // 512 KB for firmware besides marks and stack
  }
}

TEST(Target, ABoardUsesItsCore) {
  for (const Target& target : targets()) {
    const Target* core = *find_target(target.core);
    EXPECT_EQ(core->name, core->core);
    EXPECT_EQ(core->arch, target.arch);
    EXPECT_EQ(core->emulator.machine, target.emulator.machine);
    EXPECT_EQ(core->toolchain.flags, target.toolchain.flags);
    EXPECT_EQ(target.board.name.empty(), &target == core);
    if (target.board.name.empty()) continue;
    EXPECT_GT(target.board.clock_hz, 1000000u);
    EXPECT_FALSE(target.board.source.empty()) << "numbers need a source";
    const auto kind_is = [](const char* kind) { return [kind](const Region& region) { return region.kind == kind; }; };
    EXPECT_TRUE(std::any_of(target.board.regions.begin(), target.board.regions.end(), kind_is("flash")));
    EXPECT_TRUE(std::any_of(target.board.regions.begin(), target.board.regions.end(), kind_is("ram")));
  }
}

TEST(Target, EveryCoreHasACostTable) {
  for (const Target& target : targets()) EXPECT_FALSE(target.costs.empty()) << target.name;
}

// Where two cores run the same code, one table says what it takes.
TEST(Target, ACoreMayHaveTheCostsOfAnother) {
  const Target &m55 = **find_target("cortex-m55"), &m85 = **find_target("cortex-m85");
  EXPECT_EQ(m85.costs_of, "cortex-m55");
  EXPECT_EQ(m85.toolchain.flags, m55.toolchain.flags);
  ASSERT_EQ(m85.costs.size(), m55.costs.size());
  for (const auto& [kernel, cost] : m55.costs) EXPECT_TRUE(m85.costs.contains(kernel)) << kernel;
}

TEST(Target, CaseDoesNotMatter) { EXPECT_EQ((*find_target("NUCLEO-L4R5ZI"))->core, "cortex-m4"); }

TEST(Target, AnUnknownNameSuggestsTheNearest) {
  const auto target = find_target("cortexm4");
  ASSERT_FALSE(target);
  EXPECT_NE(target.error().what.find("did you mean \"cortex-m4\"?"), std::string::npos) << target.error().what;
  EXPECT_NE(target.error().what.find("esp32-c3"), std::string::npos) << target.error().what;
  EXPECT_EQ(find_target("zzzzzzzzzzzz").error().what.find("did you mean"), std::string::npos);
}

constexpr char kBoard[] =
    R"({"description": "a board", "core": "cortex-m4", "board": {"name": "B", "clock_hz": 1000000, "source": "s",
  "regions": [{"name": "flash", "kind": "flash", "origin": "0x0", "bytes": "64K"}, {"name": "ram", "kind": "ram", "origin": "0x10000", "bytes": 4096}]}})";

std::string changed(const std::string& what, const std::string& by) {
  std::string text = kBoard;
  return text.replace(text.find(what), what.size(), by);
}

TEST(Target, ParsesABoard) {
  const auto target = parse_target("b", kBoard, targets());
  ASSERT_TRUE(target) << target.error().text();
  EXPECT_EQ(target->core, "cortex-m4");
  EXPECT_EQ(target->arch, "armv7e-m");
  EXPECT_EQ(target->board.regions[0].bytes, 65536u);
  EXPECT_EQ(target->board.regions[1].origin, 65536u);
  EXPECT_EQ(target->board.active_ma, 0);
}

TEST(Target, ReadsHowFlashIsRead) {
  const std::string flash =
      R"("flash": {"wait_states": 5, "read_bytes": 8, "caches": [{"reads": "code", "bytes": "1K", "ways": 4}]}, )";
  const auto target = parse_target("b", changed("\"source\"", flash + "\"source\""), targets());
  ASSERT_TRUE(target) << target.error().text();
  EXPECT_EQ(target->pipeline, "cortex-m4");
  EXPECT_EQ(target->board.flash.wait_states, 5u);
  EXPECT_EQ(target->board.flash.read_bytes, 8u);
  ASSERT_EQ(target->board.flash.caches.size(), 1u);
  EXPECT_TRUE(target->board.flash.caches[0].code && !target->board.flash.caches[0].data);
  EXPECT_EQ(target->board.flash.caches[0].bytes, 1024u);
  EXPECT_EQ((*find_target("raspberry-pi-pico"))->pipeline, "cortex-m0plus");
}

TEST(Target, RefusesWhatItDoesNotUnderstand) {
  const struct {
    std::string text, message;
  } cases[] = {
      {"{", "is not a JSON object"},
      {"[]", "is not a JSON object"},
      {"{}", "\"arch\" must be there"},
      {changed("cortex-m4", "cortex-m5"), "\"core\" is \"cortex-m5\", which is no core"},
      {changed("\"ram\", \"kind\": \"ram\"", "\"ram\", \"kind\": \"rom\""), "\"kind\" must be \"flash\" or \"ram\""},
      {changed("0x10000", "0x8000"), "\"flash\" and \"ram\" overlap"},
      {changed("64K", "64Q"), "\"bytes\" must be a whole number"},
      {changed("64K", "8192M"), "end within 32-bit addresses"},
      {changed("4096", "-1"), "\"bytes\" must be a whole number"},
      {changed("\"clock_hz\"", "\"clok_hz\""), "\"clok_hz\" is not known in \"board\""},
      {changed("\"source\"", "\"flash\": {\"wait_states\": 5}, \"source\""),
       "\"read_bytes\" of the flash must be there"},
      {changed("\"source\"",
               "\"flash\": {\"wait_states\": 5, \"read_bytes\": 8, \"caches\": [{\"reads\": \"all\", "
               "\"bytes\": 8}, {\"reads\": \"data\", \"bytes\": 8}]}, \"source\""),
       "\"caches\" serve the same reads twice"},
      {changed("\"description\": \"a board\", ", ""), "\"description\" must be there"},
  };
  for (const auto& [text, message] : cases) {
    const auto target = parse_target("b", text, targets());
    ASSERT_FALSE(target) << text;
    EXPECT_NE(target.error().text().find(message), std::string::npos) << target.error().text();
    EXPECT_EQ(target.error().text().rfind("target b: ", 0), 0u) << target.error().text();
  }
}

}  // namespace
}  // namespace mote
