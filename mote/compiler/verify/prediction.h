// Cycles, latency and energy of a board: the core's cycles, the flash's waits, the clock and the data sheet's current.
// docs/PREDICTIONS.md says what may be claimed of them.
#pragma once
#include <optional>
#include <vector>

#include "mote/compiler/verify/cycles.h"

namespace mote {

struct Interval {
  double low = 0, nominal = 0, high = 0;
};

struct Prediction {
  Cycles cycles;                       // of one inference
  std::optional<Interval> latency_ms;  // where the board's clock and flash are known
  std::optional<Interval> energy_uj;   // where its current and voltage are known, too
};

// What the emulator has to watch for predict_cycles(): each cache of the flash, and one of half its size.
std::vector<CacheShape> caches_to_watch(const FlashTiming& flash);

// By mark, of a run recorded with these caches. Low: every read from flash hits. Nominal: a read that misses waits.
// High: as if the caches had half their size, for code and weights may lie less fortunately on the board.
Expected<std::vector<Cycles>> predict_cycles(const Target& target, const Elf& elf, const EmulatorRun& run);

Prediction predict(const Board& board, const Cycles& cycles);

}  // namespace mote
