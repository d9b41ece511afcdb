// What a firmware's recorder hands out (mote/device/record.h, docs/RECORDER.md), read and checked: bytes from outside.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/compiler/base/bytes.h"
#include "mote/compiler/base/expected.h"
#include "mote/compiler/ir/decision.h"

namespace mote {

struct DumpRecord {
  Decision decision = {};
  Bytes state;  // the decider's, before the decision
  std::vector<int8_t> scores;
  std::vector<uint32_t> checks;  // by call; empty: not kept
};

struct Dump {
  std::string build;                // 64 hexadecimal digits
  uint32_t hops = 0;                // decisions since the stream began
  uint32_t since = 0;               // samples that came after the newest decision
  std::vector<DumpRecord> records;  // the oldest first
  Bytes samples;                    // as push_samples() took them, the oldest first
};

// The build alone, of a dump that is whole: magic, version, lengths and CRC are right.
Expected<std::string> read_dump_build(std::span<const uint8_t> bytes);

// Refuses what the recorder of such a decision, with a program of so many calls, does not write.
Expected<Dump> read_dump(std::span<const uint8_t> bytes, const DecisionPlan& decision, size_t calls);

}  // namespace mote
