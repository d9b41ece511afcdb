#include <fmt/core.h>

#include "mote/cli/cli.h"
#include "mote/compiler/ir/target.h"

namespace mote {
namespace {

Json to_json(const Target& t) {
  Json j{{"name", t.name}, {"description", t.description},     {"core", t.core},
         {"arch", t.arch}, {"compiler", t.toolchain.compiler}, {"emulator", t.emulator.machine}};
  if (t.board.name.empty()) return j;
  j["board"] = t.board.name;
  for (const Region& r : t.board.regions)
    j["regions"].push_back({{"name", r.name}, {"kind", r.kind}, {"origin", r.origin}, {"bytes", r.bytes}});
  if (t.board.clock_hz) j["clock_hz"] = t.board.clock_hz;
  j["source"] = t.board.source;
  return j;
}

}  // namespace

void add_targets(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand("targets", "List the cores and boards that --target takes");
  add_json(*verb, chosen);
  verb->callback([&chosen] {
    chosen.run = [&chosen]() -> Expected<int> {
      if (chosen.json) {
        Json j = Json::array();
        for (const Target& t : targets()) j.push_back(to_json(t));
        fmt::print("{}", dump(j));
        return 0;
      }
      for (bool boards : {false, true}) {
        fmt::print("{}\n", boards ? "\nboards" : "cores");
        for (const Target& t : targets())
          if (t.board.name.empty() != boards) fmt::print("  {:<22} {}\n", t.name, t.description);
      }
      return 0;
    };
  });
}

}  // namespace mote
