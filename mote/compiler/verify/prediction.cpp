#include "mote/compiler/verify/prediction.h"

#include <algorithm>

namespace mote {
namespace {

// The caches of the flash, and a buffer of one read for what they do not serve.
std::vector<FlashCache> caches_and_buffers(const FlashTiming& flash) {
  std::vector<FlashCache> caches = flash.caches;
  const auto serves = [&](bool FlashCache::*reads) {
    return std::any_of(caches.begin(), caches.end(), [&](const FlashCache& cache) { return cache.*reads; });
  };
  if (!serves(&FlashCache::code)) caches.push_back({true, false, flash.read_bytes, 1});
  if (!serves(&FlashCache::data)) caches.push_back({false, true, flash.read_bytes, 1});
  return caches;
}

Interval scaled(const Cycles& cycles, double factor) {
  return {static_cast<double>(cycles.low) * factor, static_cast<double>(cycles.nominal) * factor,
          static_cast<double>(cycles.high) * factor};
}

}  // namespace

std::vector<CacheShape> caches_to_watch(const FlashTiming& flash) {
  std::vector<CacheShape> shapes;
  if (flash.read_bytes == 0 || flash.wait_states == 0) return shapes;
  for (const FlashCache& cache : caches_and_buffers(flash))
    for (const uint32_t bytes : {cache.bytes, cache.bytes / 2})
      shapes.push_back({cache.code, cache.data, bytes, flash.read_bytes, cache.ways});
  return shapes;
}

Expected<std::vector<Cycles>> predict_cycles(const Target& target, const Elf& elf, const EmulatorRun& run) {
  const CoreModel* core = find_core_model(target.pipeline);
  if (!core) return internal_error("no cycle model is named \"" + target.pipeline + "\"").at(target.name);
  MOTE_TRY(std::vector<Cycles> by_mark, count_cycles(*core, elf, run));
  for (size_t mark = 0; mark < by_mark.size(); ++mark)
    for (size_t cache = 0; cache < run.misses[mark].size(); ++cache) {
      const uint64_t waits = run.misses[mark][cache] * target.board.flash.wait_states;
      (cache % 2 == 0 ? by_mark[mark].nominal : by_mark[mark].high) += waits;
    }
  return by_mark;
}

Prediction predict(const Board& board, const Cycles& cycles) {
  Prediction prediction{cycles, {}, {}};
  if (board.clock_hz == 0 || board.flash.read_bytes == 0) return prediction;
  prediction.latency_ms = scaled(cycles, 1e3 / board.clock_hz);
  if (board.active_ma > 0 && board.supply_v > 0)  // V * mA * s is mJ
    prediction.energy_uj = scaled(cycles, 1e3 * board.supply_v * board.active_ma / board.clock_hz);
  return prediction;
}

}  // namespace mote
