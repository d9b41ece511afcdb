#include "mote/compiler/ir/target.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mote/compiler/base/embedded.h"

namespace mote {
namespace {

using Json = nlohmann::json;

constexpr char kCostsFolder[] = "targets/costs/";

// Reading JSON: every problem names the key.

Error bad(const std::string& key, const std::string& what) { return malformed("\"" + key + "\" " + what); }

Status check_keys(const Json& json, const std::string& where, std::initializer_list<const char*> known) {
  if (!json.is_object()) return bad(where, "must be an object");
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string all;
    for (const char* name : known) all += (all.empty() ? "" : ", ") + std::string(name);
    return bad(key, "is not known in \"" + where + "\" (allowed: " + all + ")");
  }
  return {};
}

Expected<std::string> read_text(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
    return bad(key, "must be there and be a text");
  return found->get<std::string>();
}

Expected<std::vector<std::string>> read_texts(const Json& json, const std::string& key) {
  std::vector<std::string> texts;
  const auto found = json.find(key);
  if (found == json.end()) return texts;
  if (!found->is_array()) return bad(key, "must be a list of texts");
  for (const Json& item : *found) {
    if (!item.is_string()) return bad(key, "must be a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

// A whole number: 4096, "0x1000" or "4K", "2M".
Expected<uint64_t> read_size(const Json& json, const std::string& key) {
  const Error error = bad(key, "must be a whole number, as 4096, \"0x1000\", \"4K\" or \"2M\"");
  const auto found = json.find(key);
  if (found == json.end()) return error;
  if (found->is_number_unsigned()) return found->get<uint64_t>();
  if (!found->is_string()) return error;
  const std::string& text = found->get_ref<const std::string&>();
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0]))) return error;
  char* end = nullptr;
  const int base = text.rfind("0x", 0) == 0 ? 16 : 10;
  const uint64_t number = std::strtoull(text.c_str(), &end, base);
  const std::string unit = end;
  const uint64_t factor = unit.empty() ? 1 : unit == "K" ? 1024 : unit == "M" ? 1024 * 1024 : 0;
  if (factor == 0 || number > std::numeric_limits<uint32_t>::max()) return error;
  return number * factor;
}

Expected<uint32_t> read_u32(const Json& json, const std::string& key, uint32_t otherwise) {
  if (!json.contains(key)) return otherwise;
  MOTE_TRY(const uint64_t number, read_size(json, key));
  if (number > std::numeric_limits<uint32_t>::max()) return bad(key, "must be below 2^32");
  return static_cast<uint32_t>(number);
}

Expected<double> read_amount(const Json& json, const std::string& key, const std::string& unit) {
  const auto found = json.find(key);
  if (found == json.end()) return 0.0;
  if (!found->is_number() || found->get<double>() < 0) return bad(key, "must be a number of " + unit);
  return found->get<double>();
}

Expected<Region> read_region(const Json& json) {
  MOTE_TRY_STATUS(check_keys(json, "regions", {"name", "kind", "origin", "bytes"}));
  Region region;
  MOTE_TRY(region.name, read_text(json, "name"));
  MOTE_TRY(region.kind, read_text(json, "kind"));
  MOTE_TRY(region.origin, read_size(json, "origin"));
  MOTE_TRY(region.bytes, read_size(json, "bytes"));
  if (region.kind != "flash" && region.kind != "ram") return bad("kind", "must be \"flash\" or \"ram\"");
  const uint64_t end = uint64_t{1} << 32;
  if (region.bytes == 0 || region.bytes > end || region.origin > end - region.bytes)
    return bad("bytes", "of region \"" + region.name + "\" must be above 0 and end within 32-bit addresses");
  return region;
}

Expected<std::vector<Region>> read_regions(const Json& json) {
  const auto found = json.find("regions");
  if (found == json.end() || !found->is_array() || found->empty()) return bad("regions", "must be a list of regions");
  std::vector<Region> regions;
  for (const Json& item : *found) {
    MOTE_TRY(Region region, read_region(item));
    for (const Region& other : regions) {
      if (other.name == region.name) return bad("regions", "has \"" + region.name + "\" twice");
      if (region.origin < other.origin + other.bytes && other.origin < region.origin + region.bytes)
        return bad("regions", "\"" + other.name + "\" and \"" + region.name + "\" overlap");
    }
    regions.push_back(std::move(region));
  }
  return regions;
}

Expected<Toolchain> read_toolchain(const Json& json) {
  MOTE_TRY_STATUS(
      check_keys(json, "toolchain", {"compiler", "package", "flags", "clang_triple", "clang_flags", "small_flag"}));
  Toolchain toolchain;
  MOTE_TRY(toolchain.compiler, read_text(json, "compiler"));
  MOTE_TRY(toolchain.package, read_text(json, "package"));
  MOTE_TRY(toolchain.flags, read_texts(json, "flags"));
  MOTE_TRY(toolchain.clang_triple, read_text(json, "clang_triple"));
  MOTE_TRY(toolchain.clang_flags, read_texts(json, "clang_flags"));
  MOTE_TRY(toolchain.small_flag, read_text(json, "small_flag"));
  return toolchain;
}

Status read_counter(const Json& json, Emulator& emulator) {
  const auto found = json.find("counter");
  if (found == json.end()) return {};
  MOTE_TRY_STATUS(check_keys(*found, "counter", {"address", "hz"}));
  MOTE_TRY(emulator.counter_address, read_size(*found, "address"));
  MOTE_TRY(emulator.counter_hz, read_u32(*found, "hz", 0));
  if (emulator.counter_hz == 0) return bad("hz", "of the counter must be there and above 0");
  return {};
}

Expected<Emulator> read_emulator(const Json& json) {
  MOTE_TRY_STATUS(
      check_keys(json, "emulator", {"program", "package", "machine", "options", "start", "counter", "regions"}));
  Emulator emulator;
  MOTE_TRY(emulator.program, read_text(json, "program"));
  MOTE_TRY(emulator.package, read_text(json, "package"));
  MOTE_TRY(emulator.machine, read_text(json, "machine"));
  MOTE_TRY(emulator.options, read_texts(json, "options"));
  MOTE_TRY(emulator.start, read_text(json, "start"));
  MOTE_TRY(emulator.regions, read_regions(json));
  MOTE_TRY_STATUS(read_counter(json, emulator));
  if (emulator.start != "arm" && emulator.start != "riscv") return bad("start", "must be \"arm\" or \"riscv\"");
  if (emulator.start == "arm" && emulator.counter_address == 0)
    return bad("counter", "must be there for an Arm machine");
  for (const char* name : {"code", "data"}) {
    const auto same = [&](const Region& region) { return region.name == name; };
    if (std::none_of(emulator.regions.begin(), emulator.regions.end(), same))
      return bad("regions", std::string("of the emulator must have \"") + name + "\"");
  }
  return emulator;
}

Expected<FlashCache> read_flash_cache(const Json& json) {
  MOTE_TRY_STATUS(check_keys(json, "caches", {"reads", "bytes", "ways"}));
  MOTE_TRY(const std::string reads, read_text(json, "reads"));
  if (reads != "code" && reads != "data" && reads != "all")
    return bad("reads", "must be \"code\", \"data\" or \"all\"");
  FlashCache cache;
  cache.code = reads != "data";
  cache.data = reads != "code";
  MOTE_TRY(cache.bytes, read_u32(json, "bytes", 0));
  MOTE_TRY(cache.ways, read_u32(json, "ways", 1));
  if (cache.bytes == 0 || cache.ways == 0) return bad("caches", "must have \"bytes\" and \"ways\" above 0");
  return cache;
}

Expected<FlashTiming> read_flash_timing(const Json& json) {
  FlashTiming flash;
  const auto found = json.find("flash");
  if (found == json.end()) return flash;
  MOTE_TRY_STATUS(check_keys(*found, "flash", {"wait_states", "read_bytes", "caches"}));
  MOTE_TRY(const uint64_t wait_states, read_size(*found, "wait_states"));
  flash.wait_states = static_cast<uint32_t>(std::min<uint64_t>(wait_states, 10000));
  MOTE_TRY(flash.read_bytes, read_u32(*found, "read_bytes", 0));
  if (flash.read_bytes == 0) return bad("read_bytes", "of the flash must be there and above 0");
  for (const Json& item : found->value("caches", Json::array())) {
    MOTE_TRY(const FlashCache cache, read_flash_cache(item));
    for (const FlashCache& other : flash.caches)
      if ((cache.code && other.code) || (cache.data && other.data)) return bad("caches", "serve the same reads twice");
    flash.caches.push_back(cache);
  }
  return flash;
}

Expected<Board> read_board(const Json& json) {
  MOTE_TRY_STATUS(check_keys(json, "board",
                             {"name", "regions", "clock_hz", "flash", "active_ma", "sleep_ma", "supply_v", "source"}));
  Board board;
  MOTE_TRY(board.name, read_text(json, "name"));
  MOTE_TRY(board.regions, read_regions(json));
  MOTE_TRY(board.clock_hz, read_u32(json, "clock_hz", 0));
  MOTE_TRY(board.flash, read_flash_timing(json));
  MOTE_TRY(board.active_ma, read_amount(json, "active_ma", "mA"));
  MOTE_TRY(board.sleep_ma, read_amount(json, "sleep_ma", "mA"));
  MOTE_TRY(board.supply_v, read_amount(json, "supply_v", "V"));
  MOTE_TRY(board.source, read_text(json, "source"));
  return board;
}

Expected<Target> read_core(const Json& json) {
  MOTE_TRY_STATUS(check_keys(json, "core", {"description", "arch", "toolchain", "emulator", "costs"}));
  Target target;
  MOTE_TRY(target.arch, read_text(json, "arch"));
  for (const char* part : {"toolchain", "emulator"})
    if (!json.contains(part)) return bad(part, "must be there (or \"core\" and \"board\", for a board)");
  MOTE_TRY(target.toolchain, read_toolchain(json["toolchain"]));
  MOTE_TRY(target.emulator, read_emulator(json["emulator"]));
  if (json.contains("costs")) {
    MOTE_TRY(target.costs_of, read_text(json, "costs"));
  }
  return target;
}

Expected<Target> read_board_target(const Json& json, const std::vector<Target>& cores) {
  MOTE_TRY_STATUS(check_keys(json, "board target", {"description", "core", "pipeline", "board"}));
  MOTE_TRY(const std::string name, read_text(json, "core"));
  const auto core = std::find_if(cores.begin(), cores.end(), [&](const Target& target) { return target.name == name; });
  if (core == cores.end()) return bad("core", "is \"" + name + "\", which is no core in targets/");
  if (!json.contains("board")) return bad("board", "must be there");
  Target target = *core;
  if (json.contains("pipeline")) {
    MOTE_TRY(target.pipeline, read_text(json, "pipeline"));
  }
  MOTE_TRY(target.board, read_board(json["board"]));
  return target;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Levenshtein's: how many letters must be put in, taken out or changed.
size_t edit_distance(const std::string& from, const std::string& to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t change = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// "targets/cortex-m4.json" -> "cortex-m4"
std::string stem_of(std::string_view path) {
  const size_t begin = path.rfind('/') + 1;
  return std::string(path.substr(begin, path.rfind(".json") - begin));
}

Costs read_embedded_costs(const std::string& core) {
  for (const EmbeddedFile& file : embedded_under(kCostsFolder)) {
    if (stem_of(file.path) != core) continue;
    Expected<Costs> costs = parse_costs(core, std::string(file.text));
    if (!costs) std::fprintf(stderr, "%s\n", costs.error().text().c_str());
    MOTE_ASSERT(costs);
    return *std::move(costs);
  }
  return {};
}

// Our own files: an error in one is a bug, which target_test finds.
std::vector<Target> read_embedded_targets() {
  std::vector<Target> all;
  for (const bool boards : {false, true}) {
    const std::vector<Target> cores = all;
    for (const EmbeddedFile& file : embedded_under("targets/")) {
      if (file.path.substr(0, sizeof kCostsFolder - 1) == kCostsFolder) continue;
      const std::string name = stem_of(file.path);
      const std::string text(file.text);
      if (boards != Json::parse(text, nullptr, false).contains("core")) continue;
      Expected<Target> target = parse_target(name, text, cores);
      if (!target) std::fprintf(stderr, "%s\n", target.error().text().c_str());
      MOTE_ASSERT(target);
      if (!boards) target->costs = read_embedded_costs(target->costs_of);
      all.push_back(*std::move(target));
    }
  }
  std::sort(all.begin(), all.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
  return all;
}

}  // namespace

const Costs& host_costs() {
  static const Costs costs = read_embedded_costs("host");
  return costs;
}

const std::vector<Target>& targets() {
  static const std::vector<Target> all = read_embedded_targets();
  return all;
}

Expected<const Target*> find_target(const std::string& name) {
  const std::string wanted = lower(name);
  const Target* nearest = nullptr;
  size_t least = std::numeric_limits<size_t>::max();
  std::string names;
  for (const Target& target : targets()) {
    const size_t distance = edit_distance(wanted, lower(target.name));
    if (distance == 0) return &target;
    if (distance < least) least = distance, nearest = &target;
    names += (names.empty() ? "" : ", ") + target.name;
  }
  const std::string hint = nearest && least <= wanted.size() / 2 ? "; did you mean \"" + nearest->name + "\"?" : ";";
  return unsupported("target \"" + name + "\" is not known" + hint + " There are: " + names);
}

Expected<Target> parse_target(const std::string& name, const std::string& text, const std::vector<Target>& cores) {
  const std::string where = "target " + name;
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return malformed("is not a JSON object").at(where);
  const bool board = json.contains("core");
  Expected<Target> target = board ? read_board_target(json, cores) : read_core(json);
  if (!target) return std::move(target.error()).at(where);
  Expected<std::string> description = read_text(json, "description");
  if (!description) return std::move(description.error()).at(where);
  target->name = name;
  target->description = *std::move(description);
  if (!board) target->core = target->pipeline = name;
  if (target->costs_of.empty()) target->costs_of = name;
  return target;
}

}  // namespace mote
